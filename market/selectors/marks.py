"""What a chart marks: splits, dividends, and the reader's own trades, each at the bar that it falls into."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.ports import OwnTrade, own_trades
from market.models import CorporateAction, Instrument
from market.selectors import actions

_MARKED = (CorporateAction.Kind.SPLIT, CorporateAction.Kind.STOCK_DIVIDEND, CorporateAction.Kind.DIVIDEND)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing at the bar dated `bar`: a corporate action, or a trade of the reader's."""

    bar: date
    what: CorporateAction | OwnTrade


def marks(user: Any, instrument: Instrument, bars: Sequence[date]) -> list[Mark]:
    """Tell what falls on the bars (dates, ascending): each at the first bar on or after its day.

    A bar of a week or month is dated by its last day. What is before the first bar or after the last
    is left out.
    """
    if not bars:
        return []
    told: list[tuple[date, CorporateAction | OwnTrade]] = [
        (one.ex_date, one)
        for one in actions.for_instrument(instrument)
        if one.kind in _MARKED and one.ex_date > bars[0]
    ]
    for rows in own_trades.collect(user, instrument.pk).values():
        told += [(one.day, one) for one in rows if one.day >= bars[0]]
    placed = [(bisect_left(bars, day), what) for day, what in told if day <= bars[-1]]
    return [Mark(bars[at], what) for at, what in sorted(placed, key=lambda one: one[0])]
