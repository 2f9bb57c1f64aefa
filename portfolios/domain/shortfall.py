"""What is held, and which entries give away more than was there, by quantity alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from market.domain.actions import Action
from portfolios.domain.corporate.moves import INCOMING, OUTGOING, Walk
from portfolios.domain.entries import Entry, EntryId, Split, in_order
from portfolios.domain.exact import ZERO, exact

__all__ = ["INCOMING", "OUTGOING", "shortfalls", "units", "units_before"]


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


def units_before(
    entries: Iterable[Entry],
    splits: Iterable[Split],
    actions: Iterable[Action],
    wanted: Iterable[tuple[int, date]],
    *,
    allow_short: bool = False,
) -> dict[tuple[int, date], Decimal]:
    """Tell for each (instrument, day) how many units are held when the day begins, before it counts at all.

    The rest as for `units`; one walk answers all.
    """
    walk, found = Walk(splits, actions, None, allow_short=allow_short), dict[tuple[int, date], Decimal]()
    rows, at = in_order(entries), 0
    with exact():
        for instrument, day in sorted(wanted, key=lambda one: one[1]):
            while at < len(rows) and rows[at].day < day:
                walk.book(rows[at])
                at += 1
            walk.reach(day - timedelta(days=1))
            found[instrument, day] = walk.held.get(instrument, ZERO)
    return found


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
