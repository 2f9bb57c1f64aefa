"""A message as plain text, for where there is neither HTML nor much room."""

from __future__ import annotations

from typing import Final

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


def _item_text(item: Item) -> str:
    lines = [item.title, item.text if item.text != item.title else "", item.url]
    return "\n".join(one for one in lines if one)
