"""What happens to people."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.events import Event


@dataclass(frozen=True, slots=True)
class UserErased(Event):
    """A person's account is about to be deleted.

    Published in the transaction that deletes it, before the row goes: whoever keeps personal
    data listens ``in_transaction`` and deletes it, or the erasure does not happen.
    """

    user_id: UUID
