"""What a delisted instrument is worth: the price that its delisting leaves, from that day on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import numpy as np

from market.domain.actions import Action, ActionKind
from market.domain.prices import CloseSeries
from portfolios.domain.prices import PriceUsed

DELISTED: Final = "delisting"


def delisted_price(
    actions: Iterable[Action], pair: tuple[int, date], close: PriceUsed | None
) -> PriceUsed | None:
    """Return the price of (instrument, day): that of a delisting, unless a market had one after it."""
    instrument, day = pair
    found = close
    for action in _priced(actions):
        later = found is None or found.as_of <= action.ex_date
        if later and action.instrument == instrument and action.ex_date <= day and action.cash is not None:
            found = PriceUsed(action.cash, action.currency, action.ex_date, DELISTED)
    return found


def delisted_closes(actions: Iterable[Action], closes: Mapping[int, CloseSeries]) -> dict[int, CloseSeries]:
    """Return series of closes with the price that each delisting leaves as the close of its ex-date."""
    found = dict(closes)
    for action in _priced(actions):
        known = found.get(action.instrument)
        day = action.ex_date.toordinal()
        days = np.array([] if known is None else known.days, dtype=np.int32)
        values = np.array([] if known is None else known.closes, dtype=np.float64)
        keep, at = days != day, int(np.searchsorted(days[days != day], day))
        found[action.instrument] = CloseSeries(
            np.insert(days[keep], at, day).astype(np.int32),
            np.insert(values[keep], at, float(action.cash or 0)),
        )
    return found


def _priced(actions: Iterable[Action]) -> list[Action]:
    return [one for one in actions if one.kind is ActionKind.DELISTING and one.cash is not None]
