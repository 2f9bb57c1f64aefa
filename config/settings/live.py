"""Sockets: how often they are told, and how many there may be."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

__all__ = ["LIVE_FLUSHES_A_SECOND", "LIVE_SOCKETS_A_PERSON", "LIVE_SOCKETS_MOST"]

LIVE_FLUSHES_A_SECOND: float = env.float("LIVE_FLUSHES_A_SECOND", default=4.0)
LIVE_SOCKETS_A_PERSON: int = env.int("LIVE_SOCKETS_A_PERSON", default=20)
LIVE_SOCKETS_MOST: int = env.int("LIVE_SOCKETS_MOST", default=5000)
if not 0 < LIVE_FLUSHES_A_SECOND <= 20:  # noqa: PLR2004
    raise ImproperlyConfigured("LIVE_FLUSHES_A_SECOND is above 0 and at most 20.")
if LIVE_SOCKETS_A_PERSON < 1 or LIVE_SOCKETS_MOST < 1:
    raise ImproperlyConfigured("LIVE_SOCKETS_A_PERSON and LIVE_SOCKETS_MOST are 1 or more.")
