"""What the market says happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
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
class DividendAnnounced(Event):
    """A dividend was recorded whose ex-date is today or to come; `amount` per unit, in `currency`."""

    instrument_id: int
    action_uuid: UUID
    ex_date: date
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class InstrumentChanged(Event):
    """An instrument was created, changed or deleted."""

    instrument_id: int
    instrument_uuid: UUID


@dataclass(frozen=True, slots=True)
class PricesUpdated(Event):
    """A batch of moves was appended to the log of a world: a hint to read on from one's cursor."""

    world_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class SplitTookEffect(Event):
    """From here on quotes in that world are per new unit: new `numerator` for `denominator` old ones.

    Published in the transaction that holds the world's log, before the first move in new units.
    """

    world_id: int
    instrument_id: int
    ex_date: date
    numerator: int
    denominator: int
