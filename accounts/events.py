"""What happens to people."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.events import Event


@dataclass(frozen=True, slots=True)
class UserRegistered(Event):
    """There is a new account. Published in the transaction that makes it."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class RefreshTokenReused(Event):
    """A refresh token came back after its use: it was copied, or its program lost the answer.

    Published in the transaction that ends the sign-in.
    """

    user_id: UUID
    family_id: UUID
