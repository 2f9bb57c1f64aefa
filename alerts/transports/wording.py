"""A message as plain text, for where there is neither HTML nor much room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import ngettext

from alerts.transports.base import Item, Message

# more than these are told in a line each
FEW: Final = 5


def plain_text(message: Message) -> str:
    """Write what a message says line by line, all of it; a proof says its code."""
    if message.code:
        told = [line for one in message.items for line in (one.text, one.url) if line]
        return "\n".join([message.subject, message.code, *told])
    if not message.items:
        return message.subject
    if len(message.items) == 1:
        return _item_text(message.items[0])
    if len(message.items) <= FEW:
        return "\n\n".join([message.subject, *map(_item_text, message.items)])
    return "\n".join([message.subject, *(f"· {one.title}" for one in message.items)])


def fitting_text(message: Message, most: int, size: Callable[[str], int]) -> str:
    """Write what a message says in one piece of at most so much; what is left out is counted, with a link."""
    text = plain_text(message)
    if size(text) <= most or message.code or not message.items:
        return text
    if len(message.items) == 1:
        return _fitting_item(message.items[0], most, size)
    fitting = _list_of(message, 0)
    for count in range(1, len(message.items)):
        longer = _list_of(message, count)
        if size(longer) > most:
            break
        fitting = longer
    return fitting


def _list_of(message: Message, count: int) -> str:
    """List so many of the things, and tell how many more there are."""
    more = len(message.items) - count
    rest = ngettext("and %(count)d more: %(url)s", "and %(count)d more: %(url)s", more)
    url = f"{settings.PUBLIC_URL}{reverse('notification-list')}"
    lines = [f"· {one.title}" for one in message.items[:count]]
    return "\n".join([message.subject, *lines, rest % {"count": more, "url": url}])


def _fitting_item(item: Item, most: int, size: Callable[[str], int]) -> str:
    text = item.text
    while text and size(_item_text(replace(item, text=f"{text}…"))) > most:
        text = text[: len(text) * 3 // 4]
    return _item_text(replace(item, text=f"{text}…" if text else ""))


def _item_text(item: Item) -> str:
    lines = [item.title, item.text if item.text != item.title else "", item.url]
    return "\n".join(one for one in lines if one)
