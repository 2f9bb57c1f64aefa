"""What alerts delete of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from alerts.models import Alert, Notification
from alerts.services.evaluation import CONSUMER
from core.models import LIVE_WORLD
from market.services.quotes.log import hold_cursor


def erase_alerts_of(*, user_id: UUID) -> None:
    """Delete a person's alerts, when they fired, and what the person was told."""
    hold_cursor(CONSUMER, LIVE_WORLD)
    Notification.objects.filter(user_id=user_id).delete()
    Alert.objects.filter(owner_id=user_id).delete()
