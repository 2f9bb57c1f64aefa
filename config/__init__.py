"""The roof: settings, routes, servers. Composes the apps, contains no logic."""

from __future__ import annotations

from config.celery import app as celery_app

__all__ = ["celery_app"]
