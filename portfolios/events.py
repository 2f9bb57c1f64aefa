"""What happens in portfolios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.events import Event


@dataclass(frozen=True, slots=True)
class PortfolioChanged(Event):
    """The transactions or settings of a portfolio changed; `revision` is the new one."""

    portfolio_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class PortfolioDeleted(Event):
    """A portfolio and all its transactions are gone."""

    portfolio_id: UUID


@dataclass(frozen=True, slots=True)
class MemberInvited(Event):
    """Somebody was asked to be a member; the event carries no address."""

    portfolio_id: UUID
    invitation_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class MemberJoined(Event):
    """Somebody accepted an invitation."""

    portfolio_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class MemberChanged(Event):
    """A member's role is another now; an owner is made by `OwnerChanged`."""

    portfolio_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    """Somebody is no member any more; `how` is removed, left (of their own accord) or erased."""

    portfolio_id: UUID
    user_id: UUID
    how: str


@dataclass(frozen=True, slots=True)
class OwnerChanged(Event):
    """A portfolio was handed over; the former owner is an editor."""

    portfolio_id: UUID
    from_user_id: UUID
    to_user_id: UUID


@dataclass(frozen=True, slots=True)
class ImportQueued(Event):
    """A large file waits for a task to read it or to bring it into the ledger."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ImportFinished(Event):
    """A file of transactions came to an end of what was done with it.

    `outcome` is ready (read by a task, and to be looked at), applied, undone (by a task) or failed; `rows`
    how many transactions came in, or would. Published in the transaction that ends it.
    """

    import_id: UUID
    portfolio_id: UUID
    user_id: UUID
    outcome: str
    rows: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ArchiveFinished(Event):
    """An archive is in, or was refused; `portfolios` is how many were made of it."""

    archive_id: UUID
    user_id: UUID
    outcome: str
    portfolios: int


@dataclass(frozen=True, slots=True)
class ArchiveQueued(Event):
    """A large archive waits for a task to bring it in."""

    archive_id: UUID


@dataclass(frozen=True, slots=True)
class QualityChecked(Event):
    """The quality checks ran over a portfolio and found other than before; counts by severity.

    `new_high` is how many more findings of high severity there are than at the last run; 0 where somebody
    put a finding aside or brought it back, who knows of it.
    """

    portfolio_id: UUID
    revision: int
    high: int
    medium: int
    low: int
    new_high: int
