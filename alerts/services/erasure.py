"""What alerts delete of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from django.db.models.fields.json import KT

from alerts.models import Alert, Channel, Delivery, Notification, NotificationSettings
from alerts.services.delivery.cleaning import delete_channels
from alerts.services.evaluation import CONSUMER
from core.models import LIVE_WORLD
from market.services.quotes.log import hold_cursor


def erase_alerts_of(*, user_id: UUID) -> None:
    """Delete a person's alerts, when they fired, what the person was told, and where it went."""
    hold_cursor(CONSUMER, LIVE_WORLD)
    delete_channels(channel_ids=Channel.objects.filter(owner_id=user_id).values_list("pk", flat=True))
    NotificationSettings.objects.filter(user_id=user_id).delete()
    Notification.objects.filter(user_id=user_id).delete()
    _forget("person", user_id)
    Alert.objects.filter(owner_id=user_id).delete()


def forget_portfolio(*, portfolio_id: UUID) -> None:
    """Delete what anybody was told about a portfolio, in the transaction that deletes it."""
    _forget("portfolio", portfolio_id)


def _forget(name: str, key: UUID) -> None:
    """Delete what others were told that names somebody or something; an index has those that name any."""
    told = Notification.objects.filter(data__has_key=name).annotate(named=KT(f"data__{name}"))
    named = told.filter(named=str(key))
    waits = Delivery.objects.filter(notification__in=named, state=Delivery.State.PENDING)
    # as whoever decides about these deliveries does it, so that the two do not wait in a circle
    channels = Channel.objects.filter(pk__in=waits.values("channel")).order_by("pk")
    list(channels.select_for_update(no_key=True).values_list("pk", flat=True))
    named.delete()
