"""A message as plain text, for where there is neither HTML nor much room."""

from __future__ import annotations

from typing import Final

from alerts.transports.base import Item, Message

# more is told in the notification centre, which the last line leads to
MOST_ITEMS: Final = 40


def plain_text(message: Message) -> str:
    """Write what a message says line by line; a proof says its code."""
    if message.code:
        return f"{message.subject}\n{message.code}"
    parts = [_item_text(one) for one in message.items[:MOST_ITEMS]]
    left = len(message.items) - len(parts)
    if left:
        parts.append(f"+ {left}")
    if len(message.items) == 1:
        return parts[0]
    return "\n\n".join([message.subject, *parts])


def _item_text(item: Item) -> str:
    lines = [item.title, item.text if item.text != item.title else "", item.url]
    return "\n".join(one for one in lines if one)
