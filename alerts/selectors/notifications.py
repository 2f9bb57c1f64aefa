"""What a person was told."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from alerts.models import Notification


def notifications_of(user: Any) -> QuerySet[Notification]:
    """List what the user was told, newest first, with what it is about."""
    return Notification.objects.filter(user=user).select_related("trigger__alert__instrument")


def unread_count(user: Any) -> int:
    """Count what the user has not read."""
    return Notification.objects.filter(user=user, read_at=None).count()
