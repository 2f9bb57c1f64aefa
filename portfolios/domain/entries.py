"""What a ledger is made of: entries as people typed them, and splits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from market.domain.actions import Split
from portfolios.domain.exact import ZERO

__all__ = ["CarriedLot", "Entry", "EntryId", "EntryKind", "Pick", "Split", "in_order"]

EntryId: TypeAlias = UUID | int | str


class Pick(NamedTuple):
    """Units of one acquisition that a sale takes, in units of its day."""

    acquisition: EntryId
    quantity: Decimal


class CarriedLot(NamedTuple):
    """A lot that came from another portfolio of the owner, in units of the day it came.

    `cost` is in the instrument's currency, `cost_base` and `charges` in `base`, that of the other portfolio.
    """

    acquired: date
    quantity: Decimal
    cost: Decimal | None
    cost_base: Decimal | None
    charges: Decimal | None
    base: str


class EntryKind(StrEnum):
    """What an entry does."""

    BUY = "buy"
    SELL = "sell"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FEE = "fee"
    TAX = "tax"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a ledger, raw: no split is folded in, nothing is rounded.

    `day` is the calendar date in the portfolio's time zone, `time` the instant (UTC);
    `sequence` breaks ties. `quantity` is in units of the instrument and positive;
    `price` is in the major unit of `currency` for one unit. Per kind:

    - buy, sell: ``quantity × price`` changes hands.
    - deposit, withdrawal, fee, tax, interest: the amount is ``quantity × price``, with
      price 1. Interest may be negative (charged); a negative fee or tax is a refund.
    - dividend: the gross amount is ``quantity × price``; `tax` is what was withheld.
    - transfer_in, transfer_out: in kind. `price` is the unit cost of what comes in,
      None if unknown (then its gain is unknown too).

    `fee` and `tax` leave the cash of their own currencies; an empty currency means
    `currency`. `fx_rate`: the user's own rate, portfolio currency for one unit of
    `currency`; it wins over the day's rate. `picks`: the lots that were chosen for a sale.
    `carried`: what a transfer in brings along, instead of one lot of its price.
    """

    id: EntryId
    day: date
    time: datetime
    kind: EntryKind
    instrument: int | None
    quantity: Decimal
    price: Decimal | None
    currency: str
    fee: Decimal = ZERO
    fee_currency: str = ""
    tax: Decimal = ZERO
    tax_currency: str = ""
    fx_rate: Decimal | None = None
    sequence: int = 0
    picks: tuple[Pick, ...] = ()
    carried: tuple[CarriedLot, ...] = ()


# Within one instant what comes in precedes what goes out, so that a sale typed
# before its purchase still finds the lot (Portfolio Performance orders alike).
_RANK = {
    EntryKind.DEPOSIT: 0,
    EntryKind.TRANSFER_IN: 0,
    EntryKind.BUY: 1,
    EntryKind.DIVIDEND: 1,
    EntryKind.INTEREST: 1,
    EntryKind.FEE: 2,
    EntryKind.TAX: 2,
    EntryKind.SELL: 2,
    EntryKind.TRANSFER_OUT: 2,
    EntryKind.WITHDRAWAL: 3,
}


def _key(entry: Entry) -> tuple[date, datetime, int, int]:
    return entry.day, entry.time, _RANK[entry.kind], entry.sequence


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries in booking order: day, time, incoming before outgoing, sequence."""
    return sorted(entries, key=_key)
