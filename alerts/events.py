"""What alerts say happened."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.events import Event


@dataclass(frozen=True, slots=True)
class NotificationsAdded(Event):
    """These people have new notifications: a hint to read them."""

    user_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class NotificationsRead(Event):
    """A person read some of what they were told: a hint to count what is unread anew."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveriesQueued(Event):
    """So many deliveries wait in the outbox: a hint that there is work."""

    count: int
