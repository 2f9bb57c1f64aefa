"""Which entries give away more than was there, by quantity alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from market.domain.actions import Action
from portfolios.domain.corporate.moves import INCOMING, OUTGOING, Walk
from portfolios.domain.entries import Entry, EntryId, Split, in_order
from portfolios.domain.exact import ZERO, exact

__all__ = ["INCOMING", "OUTGOING", "shortfalls", "units"]


def shortfalls(
    entries: Iterable[Entry],
    splits: Iterable[Split],
    actions: Iterable[Action] = (),
    *,
    allow_short: bool = False,
) -> dict[EntryId, Decimal]:
    """Tell, for each sale or transfer out, how many units it lacks.

    `entries`, `splits` and `actions` are of all instruments that turn into each other; the rest of a
    sale that lacks units takes the holding to 0, as the ledger does. With `allow_short` no sale lacks any.
    """
    return _walked(entries, splits, actions, None, allow_short=allow_short).missing


def units(
    entries: Iterable[Entry],
    splits: Iterable[Split],
    actions: Iterable[Action],
    instrument: int,
    day: date,
    *,
    allow_short: bool = False,
) -> Decimal:
    """Tell how many units of an instrument are held at the end of `day`; the rest as for `shortfalls`.

    Negative: so many are sold short.
    """
    return _walked(entries, splits, actions, day, allow_short=allow_short).held.get(instrument, ZERO)


def _walked(
    entries: Iterable[Entry],
    splits: Iterable[Split],
    actions: Iterable[Action],
    until: date | None,
    *,
    allow_short: bool,
) -> Walk:
    walk = Walk(splits, actions, None, allow_short=allow_short)
    with exact():
        for entry in in_order(entries):
            if until is not None and entry.day > until:
                break
            walk.book(entry)
        walk.reach(until or date.max)
    return walk
