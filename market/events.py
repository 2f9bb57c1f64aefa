"""What the market says happened."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.events import Event


@dataclass(frozen=True, slots=True)
class PricesChanged(Event):
    """Bars or corporate actions of these instruments changed, in the world of that id."""

    world_id: int
    instrument_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RatesChanged(Event):
    """Exchange rates changed: the public ones (`user_id` None), or a user's own."""

    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class InstrumentChanged(Event):
    """An instrument was created, changed or deleted."""

    instrument_id: int
    instrument_uuid: UUID
