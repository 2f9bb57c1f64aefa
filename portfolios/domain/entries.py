"""What a ledger is made of: entries as people typed them, and splits."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from market.domain.actions import Split
from portfolios.domain.exact import ZERO

__all__ = ["CarriedLot", "Entry", "EntryId", "EntryKind", "Ordered", "Pick", "Split", "in_order"]

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


class Entry(NamedTuple):
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


class Ordered(list[Entry]):
    """Entries in booking order; nobody changes it."""

    def with_more(self, entries: Iterable[Entry]) -> Ordered:
        """Return these and a few more, each in its place."""
        found = Ordered(self)
        for one in entries:
            insort(found, one, key=_key)
        return found

    def shared_with(self, other: Ordered) -> int:
        """Return how many entries these and others begin with in common."""
        for at, (one, two) in enumerate(zip(self, other, strict=False)):
            if one is not two and one != two:
                return at
        return min(len(self), len(other))

    def ending_with(self, other: Ordered, most: int) -> int:
        """Return how many entries these and others end with in common, `most` at the most."""
        for at, (one, two) in enumerate(zip(reversed(self), reversed(other), strict=False)):
            if at == most or (one is not two and one != two):
                return at
        return min(len(self), len(other), most)


def in_order(entries: Iterable[Entry]) -> Ordered:
    """Return the entries in booking order: day, time, incoming before outgoing, sequence."""
    return entries if isinstance(entries, Ordered) else Ordered(sorted(entries, key=_key))
