"""Alerts and deliveries in the admin: how they stand and what staff do, not what people are told."""

from __future__ import annotations

from alerts.admin import alerts, outbox

__all__ = ["alerts", "outbox"]
