"""Alerts, what fired them, what people were told, and where it goes."""

from __future__ import annotations

from alerts.models.alerts import Alert, Clause, Level, Trigger
from alerts.models.delivery import Attempt, Channel, Delivery, Outbox, RefusedPlace
from alerts.models.notifications import Notification, NotificationSettings
from alerts.models.recent import RecentMinute

__all__ = [
    "Alert",
    "Attempt",
    "Channel",
    "Clause",
    "Delivery",
    "Level",
    "Notification",
    "NotificationSettings",
    "Outbox",
    "RecentMinute",
    "RefusedPlace",
    "Trigger",
]
