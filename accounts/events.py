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


@dataclass(frozen=True, slots=True)
class NewOriginSeen(Event):
    """Somebody signed in to an account from a device or a network that it was not seen at before.

    `device` is as `accounts.domain.Device` writes it, empty where it is not known. Published in the
    transaction of the sign-in; not for the first one, which has nothing to be compared with.
    """

    user_id: UUID
    origin_id: int
    device: str


@dataclass(frozen=True, slots=True)
class SecurityChanged(Event):
    """How a person signs in changed: a password, an address, a second factor, an account elsewhere.

    `verb` is that of the audit log, and `audit_id` the event there; `kind` says which factor it was.
    Published in the transaction of the change.
    """

    user_id: UUID
    verb: str
    kind: str
    audit_id: UUID


@dataclass(frozen=True, slots=True)
class PersonalTokenCreated(Event):
    """A person has a new personal access token."""

    user_id: UUID
    token_id: UUID
