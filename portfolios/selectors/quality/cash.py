"""Cash and units over time, as arrays: when cash was below zero, how many units were held before a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from operator import itemgetter

import numpy as np

from portfolios.domain.entries import EntryKind, Split, in_order
from portfolios.selectors.figures import reshaped
from portfolios.selectors.ledger import Ledger

_UNITS = {
    EntryKind.BUY: 1, EntryKind.TRANSFER_IN: 1, EntryKind.SELL: -1, EntryKind.TRANSFER_OUT: -1,
}  # fmt: skip
_CASH = {
    EntryKind.BUY: -1, EntryKind.SELL: 1, EntryKind.DEPOSIT: 1, EntryKind.WITHDRAWAL: -1,
    EntryKind.DIVIDEND: 1, EntryKind.INTEREST: 1, EntryKind.FEE: -1, EntryKind.TAX: -1,
}  # fmt: skip
# less than half a cent below zero is rounding
DUST = -0.005


def overdrawn(ledger: Ledger, until: date) -> Iterator[tuple[str, date, date]]:
    """List the stretches of days on which cash was below zero: currency, first day, first day after it.

    A stretch that goes on ends the day after `until`. Nothing where the portfolio tracks no cash.
    """
    if not ledger.portfolio.tracks_cash:
        return
    moved = _moved(ledger, until)
    for currency in sorted(moved):
        days = np.array(sorted(moved[currency]), dtype=np.int64)
        below = np.cumsum([moved[currency][day] for day in days]) < DUST
        starts = np.flatnonzero(below & ~np.concatenate([[False], below[:-1]]))
        ends = np.flatnonzero(~below & np.concatenate([[False], below[:-1]]))
        for number, start in enumerate(starts):
            end = days[ends[number]] if number < len(ends) else until.toordinal() + 1
            yield currency, date.fromordinal(int(days[start])), date.fromordinal(int(end))


def _moved(ledger: Ledger, until: date) -> dict[str, dict[int, float]]:
    """Sum what each day moved of each currency."""
    moved: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for entry in ledger.entries:
        if entry.day > until:
            continue
        day, currency = entry.day.toordinal(), entry.currency
        if sign := _CASH.get(entry.kind, 0):
            price = 1.0 if entry.price is None else float(entry.price)
            moved[currency][day] += sign * float(entry.quantity) * price
        if entry.fee:
            moved[entry.fee_currency or currency][day] -= float(entry.fee)
        if entry.tax:
            moved[entry.tax_currency or currency][day] -= float(entry.tax)
    for move in reshaped(ledger):
        if move.cash and move.ex_date <= until:
            moved[move.action.currency][move.ex_date.toordinal()] += float(move.cash)
    return moved


def held_before(ledger: Ledger, wanted: Sequence[tuple[int, date]]) -> list[float]:
    """Tell for each (instrument, day) how many units were held when the day began, in units of then.

    What was never acquired and yet went out counts as nothing held, as in the ledger.
    """
    asked = {instrument for instrument, _day in wanted}
    changes: dict[int, list[tuple[date, float]]] = {one: [] for one in asked}
    for move in reshaped(ledger):
        for instrument, number in move.changes:
            changes.get(instrument, []).append((move.ex_date, float(number)))
    for entry in in_order(one for one in ledger.entries if one.instrument in asked):
        if entry.instrument is not None and entry.kind in _UNITS:
            changes[entry.instrument].append((entry.day, _UNITS[entry.kind] * float(entry.quantity)))
    splits = {one: [split for split in ledger.splits if split.instrument == one] for one in asked}
    # what actions do comes at the start of a day
    lines = {one: _line(sorted(changes[one], key=itemgetter(0)), splits[one]) for one in asked}
    found = []
    for instrument, day in wanted:
        days, units = lines[instrument]
        at = int(np.searchsorted(days, day.toordinal(), side="left")) - 1
        now = _factor(splits[instrument], day)
        found.append(float(units[at]) * now if at >= 0 else 0.0)
    return found


def _line(changes: list[tuple[date, float]], splits: list[Split]) -> tuple[np.ndarray, np.ndarray]:
    """Return the days (ordinals) of changes and the units held after each, in units before all splits."""
    moves = np.array([units / _factor(splits, day, included=True) for day, units in changes])
    total = np.cumsum(moves)
    # what goes out beyond what is there lifts all that follows, so that the line never goes below zero
    lacking = np.minimum(np.minimum.accumulate(total), 0.0) if len(total) else total
    return np.array([day.toordinal() for day, _units in changes], dtype=np.int64), total - lacking


def _factor(splits: list[Split], day: date, *, included: bool = False) -> float:
    """Return how many units one unit before all splits is: before the day, or on it."""
    factor = 1.0
    for split in splits:
        if split.ex_date < day or (included and split.ex_date == day):
            factor *= split.numerator / split.denominator
    return factor
