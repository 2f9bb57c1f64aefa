"""A person's channels, what went to them, and how the person wants to be told."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from alerts.models import Attempt, Channel, Delivery, NotificationSettings
from core.errors import NotFound


def channels_of(user: Any) -> QuerySet[Channel]:
    """List the user's channels, the address of the account first."""
    return Channel.objects.filter(owner=user).select_related("owner").order_by("-is_account", "id")


def get(user: Any, uuid: UUID, *, for_update: bool = False) -> Channel:
    """Answer a channel of the user's; locked, it still lets others be told of things on it.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    rows = channels_of(user)
    if for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def leads_to(channel: Channel) -> str:
    """Tell where a channel leads, as far as it may be shown."""
    return channel.owner.email if channel.is_account else channel.hint


def config_of(channel: Channel) -> dict[str, str]:
    """Open what a channel needs; nothing of it may be shown. The account's has nothing.

    Raises:
        SecretUnreadable: no key that is set opens it.
    """
    if channel.is_account:
        return {}
    opened: dict[str, str] = json.loads(channel.config.reveal())
    return opened


def waits_for_code(channel: Channel) -> bool:
    """Tell whether the code that was sent there is waited for."""
    return channel.state == Channel.State.UNVERIFIED


def proof_path(channel: Channel, code: str) -> str:
    """Tell the page of ours on which a code is taken, with the code filled in."""
    return f"{reverse('settings-channel-verify', args=[channel.uuid])}?code={code}"


def deliveries_of(channel: Channel) -> QuerySet[Delivery]:
    """List what was to go to a channel, newest first, with every try."""
    rows = Delivery.objects.filter(channel=channel).select_related("notification__trigger__alert__instrument")
    return rows.prefetch_related("tries").order_by("-id")


def delivery_of(channel: Channel, uuid: UUID) -> Delivery:
    """Answer one of a channel's deliveries.

    Raises:
        NotFound: there is none.
    """
    found = deliveries_of(channel).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def tries_of(delivery: Delivery) -> list[Attempt]:
    """List the tries of a delivery, the last first."""
    return sorted(delivery.tries.all(), key=lambda one: -one.pk)


def settings_of(user: Any) -> NotificationSettings:
    """Answer how the user wants to be told; the defaults where nothing was chosen."""
    return NotificationSettings.objects.filter(user=user).first() or NotificationSettings(user=user)
