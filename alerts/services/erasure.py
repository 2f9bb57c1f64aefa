"""What alerts delete of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from alerts.models import Alert, Notification


def erase_alerts_of(*, user_id: UUID) -> None:
    """Delete a person's alerts, when they fired, and what the person was told."""
    Notification.objects.filter(user_id=user_id).delete()
    Alert.objects.filter(owner_id=user_id).delete()
