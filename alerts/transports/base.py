"""What the ways by which a message leaves have alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from alerts.domain.messages import Item, Message, Outcome, Result

__all__ = ["Item", "Message", "Outcome", "Result", "Transport"]


class Transport(Protocol):
    """Sends a message to where a channel's config leads; it raises nothing for what fails outside."""

    def send(self, config: Mapping[str, Any], message: Message) -> Result:
        """Try once, within a bounded time."""
        ...
