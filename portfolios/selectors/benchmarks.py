"""An instrument beside a portfolio: what the same money would have earned in it, prices alone."""

from __future__ import annotations

import numpy as np

from market.models import Instrument
from market.selectors import actions, prices, rates
from portfolios.domain.arrays import Floats, Ints
from portfolios.selectors.figures import Performance
from portfolios.selectors.ledger import Ledger

_EPOCH = 719163  # date(1970, 1, 1).toordinal(): series of the market count days from the year 1


def line(ledger: Ledger, instrument: Instrument, found: Performance) -> Floats:
    """Return an instrument's cumulative price return over a period, as fractions; shape (days + 1,).

    In the portfolio's currency, adjusted for splits, without dividends. It starts at the portfolio's own
    return on the first day on which the price is known; NaN before that.
    """
    days = found.series.days
    value = _worth(ledger, instrument, days)
    known = np.flatnonzero(~np.isnan(value))
    if not len(known):
        return value
    first = known[0]
    growth: Floats = (1.0 + found.cumulative[first]) * value / value[first] - 1.0
    return growth


def _worth(ledger: Ledger, instrument: Instrument, days: Ints) -> Floats:
    """Return what one unit before all splits is worth on each day, in the portfolio's currency."""
    world = ledger.world_id
    closes = prices.close_series(world, [instrument.pk]).get(instrument.pk)
    if closes is None:
        return np.full(len(days), np.nan)
    raw = closes.closes.copy()
    for split in actions.splits([instrument.pk]):
        raw[closes.days >= split.ex_date.toordinal()] *= split.numerator / split.denominator
    table = rates.rate_table(ledger.owner_id, world, {instrument.currency}, ledger.base)
    return stepped(closes.days, raw, days) * stepped(*table.series(instrument.currency), days)


def stepped(known: np.ndarray, values: Floats, days: Ints) -> Floats:
    """Carry values forward: the last one known on or before each day, NaN where none is.

    `known` are ordinals from the year 1, ascending; `days` are numbers since 1970-01-01.
    """
    if not len(known):
        return np.full(len(days), np.nan)
    at = np.searchsorted(known, days + _EPOCH, side="right") - 1
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
