"""Alerts, what fired them, and what people were told."""

from __future__ import annotations

from alerts.models.alerts import Alert, Level, Trigger
from alerts.models.notifications import Notification

__all__ = ["Alert", "Level", "Notification", "Trigger"]
