"""What alerts delete of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from alerts.models import Alert, Channel, Notification, NotificationSettings
from alerts.services.evaluation import CONSUMER
from core.models import LIVE_WORLD
from market.services.quotes.log import hold_cursor


def erase_alerts_of(*, user_id: UUID) -> None:
    """Delete a person's alerts, when they fired, what the person was told, and where it went."""
    hold_cursor(CONSUMER, LIVE_WORLD)
    Channel.objects.filter(owner_id=user_id).delete()
    NotificationSettings.objects.filter(user_id=user_id).delete()
    Notification.objects.filter(user_id=user_id).delete()
    Alert.objects.filter(owner_id=user_id).delete()
