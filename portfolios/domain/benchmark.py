"""A benchmark day by day: total return, blend, and the same flows in it; docs/algorithms/benchmarks.md.

An index is what one unit of money in the benchmark became, dividends reinvested, in the portfolio's
currency; NaN before its first price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portfolios.domain.arrays import Floats, Ints, is_single
from portfolios.domain.observations import calendar_spans, month_numbers
from portfolios.domain.reasons import Figure, Reason

# What remains of units that were bought and sold is the dust of float sums below this share of all bought.
_DUST = 1e-11


def total_return(price: Floats, dividend: Floats) -> Floats:
    """Return price × units, where each dividend buys units at the close of its day; shapes (days,).

    `price` and `dividend` are per unit held before, in one currency and free of splits.
    """
    paid = np.where(np.isnan(price) | (price <= 0.0), 0.0, dividend / np.where(price > 0.0, price, 1.0))
    index: Floats = price * np.cumprod(1.0 + paid)
    return index


def blended(days: Ints, indices: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return the index of several in fixed weights, brought back to them at each month's end.

    It begins at 1 on the first day on which all are known.
    """
    if len(indices) == 1:
        return indices[0]
    parts = np.column_stack(indices)
    known = np.flatnonzero(~np.isnan(parts).any(axis=1))
    index = np.full(len(days), np.nan)
    if not len(known):
        return index
    first = int(known[0])
    index[first:] = _rebalanced(days[first:], parts[first:], np.array(weights) / sum(weights))
    return index


def _rebalanced(days: Ints, parts: Floats, weights: Floats) -> Floats:
    index = np.ones(len(days))
    if is_single(days):
        return index
    spans = calendar_spans(month_numbers(days))
    bought = np.repeat(spans.first - 1, spans.last - spans.first + 1)
    grown = (parts[1:] / parts[bought]) @ weights
    before = np.concatenate([[1.0], np.cumprod(grown[spans.last - 1])[:-1]])
    index[1:] = grown * np.repeat(before, spans.last - spans.first + 1)
    return index


@dataclass(frozen=True, slots=True)
class SameFlows:
    """What the same money in the benchmark would be worth; the portfolio's currency.

    `value` of each day is NaN where it is not defined; `final` is the last one.
    """

    value: Floats
    final: Figure[float]


def same_flows(index: Floats, opening: float, inflow: Floats, outflow: Floats) -> SameFlows:
    """Put the opening value and each day's flows into the benchmark at that day's level; shapes (days,).

    Undefined from the day on which money would have gone in before the benchmark's first price, or more
    would have come out than was there.
    """
    paid = inflow - outflow
    paid[0] = opening
    moved = paid != 0.0
    if (moved & np.isnan(index)).any():
        return SameFlows(np.full(len(index), np.nan), Figure(None, Reason.NO_PRICE))
    units = np.cumsum(np.divide(paid, index, out=np.zeros(len(index)), where=moved))
    dust = _DUST * np.cumsum(np.divide(np.abs(paid), index, out=np.zeros(len(index)), where=moved))
    units = np.where(np.abs(units) <= dust, 0.0, units)
    value = np.where(units == 0.0, 0.0, units * index)
    if (units < 0.0).any():
        value[int(np.argmax(units < 0.0)) :] = np.nan
        return SameFlows(value, Figure(None, Reason.NEGATIVE_VALUE))
    final = float(value[-1])
    return SameFlows(value, Figure(None, Reason.NO_PRICE) if np.isnan(final) else Figure(final))
