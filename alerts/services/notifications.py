"""Mark what a person was told as read."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from alerts.models import Notification
from core import clock


@transaction.atomic
def mark_read(*, user: Any, up_to: int) -> int:
    """Mark all of the user's notifications up to an id as read; answer how many were not yet."""
    rows = Notification.objects.filter(user=user, read_at=None, pk__lte=up_to)
    return rows.update(read_at=clock.now())
