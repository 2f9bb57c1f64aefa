"""Cash over time, as arrays: when it was below zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import numpy as np

from portfolios.domain.entries import EntryKind
from portfolios.selectors.figures import reshaped
from portfolios.selectors.ledger import Ledger

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
