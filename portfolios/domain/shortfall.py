"""Which entries give away more than was there, by quantity alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from portfolios.domain.entries import Entry, EntryId, EntryKind, Split, in_order
from portfolios.domain.exact import ZERO, exact, share
from portfolios.domain.lots import shortage

INCOMING = frozenset({EntryKind.BUY, EntryKind.TRANSFER_IN})
OUTGOING = frozenset({EntryKind.SELL, EntryKind.TRANSFER_OUT})


def shortfalls(entries: Iterable[Entry], splits: Iterable[Split]) -> dict[EntryId, Decimal]:
    """Tell, for each sale or transfer out of one instrument, how many units it lacks.

    `entries` and `splits` are of that instrument alone; the rest of a sale that lacks units
    takes the holding to 0, as the ledger does.
    """
    return _walked(entries, splits, None)[1]


def units(entries: Iterable[Entry], splits: Iterable[Split], day: date) -> Decimal:
    """Tell how many units of one instrument are held at the end of `day`."""
    return _walked(entries, splits, day)[0]


def _walked(
    entries: Iterable[Entry], splits: Iterable[Split], until: date | None
) -> tuple[Decimal, dict[EntryId, Decimal]]:
    pending = sorted(splits, key=lambda split: split.ex_date)
    missing: dict[EntryId, Decimal] = {}
    held = ZERO
    with exact():
        for entry in in_order(entries):
            if until is not None and entry.day > until:
                break
            while pending and pending[0].ex_date <= entry.day:
                split = pending.pop(0)
                held = share(held, Decimal(split.numerator), Decimal(split.denominator))
            if entry.kind in INCOMING:
                held += entry.quantity
            elif entry.kind in OUTGOING:
                if lacking := shortage(entry.quantity, held):
                    missing[entry.id] = lacking
                held = max(held - entry.quantity, ZERO)
        for split in pending:
            if until is not None and split.ex_date <= until:
                held = share(held, Decimal(split.numerator), Decimal(split.denominator))
    return held, missing
