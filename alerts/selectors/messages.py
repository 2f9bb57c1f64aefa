"""From what people were told to messages that leave: in the reader's language, with addresses of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.transports import zone_of
from alerts.domain.messages import Item, Message
from alerts.models import Channel, Delivery
from alerts.selectors.channels import config_of, proof_path
from alerts.selectors.programs import data_of
from alerts.selectors.unsubscribing import unsubscribe_token
from alerts.selectors.words import Words, words

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with where it goes; the config has secrets."""

    channel: Channel
    config: Mapping[str, Any]
    message: Message


def letter_of(channel: Channel, key: UUID, deliveries: Sequence[Delivery]) -> Letter:
    """Write the message of deliveries of a channel; they are in the order in which people were told.

    Raises:
        SecretUnreadable: no key that is set opens what the channel needs.
    """
    owner = channel.owner
    zone = zone_of(owner.time_zone)
    with translation.override(owner.language), timezone.override(zone):
        items = tuple(_item(one) for one in deliveries)
        message = Message(
            key=key,
            purpose=deliveries[0].purpose,
            subject=_subject(items),
            items=items,
            at=min(one.created_at for one in deliveries),
            locale=owner.language,
            time_zone=zone.key,
            manage_url=absolute(reverse("settings-notifications")),
            unsubscribe_url=_unsubscribe_url(channel),
            code=_code(deliveries[0]),
        )
    return Letter(channel, _config(channel), message)


def _config(channel: Channel) -> Mapping[str, Any]:
    """Open what a channel's kind needs; the account's address is where the account says."""
    return {"address": channel.owner.email} if channel.is_account else config_of(channel)


def with_notifications(ids: Iterable[int]) -> list[Delivery]:
    """Read deliveries with all that their words need, in the order in which people were told."""
    rows = Delivery.objects.filter(pk__in=list(ids)).select_related(
        "notification__trigger__alert__instrument"
    )
    return list(rows.order_by("notification_id", "pk"))


def absolute(path: str) -> str:
    """Tell the whole address of a page of ours; empty where there is no path."""
    return f"{settings.PUBLIC_URL}{path}" if path else ""


def _item(delivery: Delivery) -> Item:
    notification = delivery.notification
    if notification is None:
        return _own(delivery)
    try:
        said, data = words(notification), data_of(notification)
    except Exception:
        # one that cannot be put into words takes no other along
        log.exception("delivery.no_words", notification=notification.pk)
        said, data = Words(str(notification.get_kind_display())), {}
    return Item(
        kind=notification.kind,
        event=notification.event,
        title=said.title,
        text=said.text,
        url=absolute(said.path),
        at=notification.created_at,
        data={"id": notification.pk, **data},
    )


def _own(delivery: Delivery) -> Item:
    """Say what a test or a proof is."""
    if delivery.purpose == Delivery.Purpose.TEST:
        title, text = _("A test from Florin"), _("You asked for it, and it arrived.")
    else:
        title = _("Proof of this address for Florin")
        text = _("Somebody wants to be told here by Florin. If it was not you, do nothing.")
    return Item("channel", delivery.purpose, title, text, _proof_url(delivery), delivery.created_at)


def _proof_url(delivery: Delivery) -> str:
    """Lead to the page that takes the code, with the code in it; a test and a proof by answer have none."""
    return absolute(proof_path(delivery.channel, code)) if (code := _code(delivery)) else ""


def _subject(items: Sequence[Item]) -> str:
    if len(items) == 1:
        return items[0].title
    return ngettext("%(count)d notification", "%(count)d notifications", len(items)) % {"count": len(items)}


def _code(delivery: Delivery) -> str:
    return delivery.content.reveal() if delivery.content is not None else ""


def _unsubscribe_url(channel: Channel) -> str:
    if channel.kind != Channel.Kind.EMAIL:
        return ""
    return absolute(reverse("notifications-unsubscribe", args=[unsubscribe_token(channel)]))
