"""Risk figures of a series of returns; docs/algorithms/risk.md has the conventions.

Returns are simple, as fractions, one a period; a missing one (NaN) is left out unless a function
says otherwise. `periods` is how many of them make a year (252, 52, 12). A figure that is not defined
is None with its reason, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

import numpy as np

from portfolios.domain.arrays import Bools, Floats
from portfolios.domain.reasons import Figure, Reason
from portfolios.domain.returns import linked

TRADING_DAYS: Final = 252
# A spread this small against the size of the returns is the dust of float sums.
_DUST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of an index: `depth` as a positive fraction of the peak.

    `peak`, `trough` and `recovery` (where the peak's level is regained; None: not yet) are positions in
    the series; `longest` is the largest number of periods from a peak to the next higher one, the open
    one included.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None
    longest: int


def drawdowns(index: Floats) -> Floats:
    """Return how far an index stands below its highest so far, ``index / peak - 1``; 0 or negative."""
    return index / np.maximum.accumulate(index) - 1.0


def drawdown(index: Floats) -> Figure[Drawdown]:
    """Return the deepest fall of an index (such as ``1 + linked(returns)``), its first value included.

    It exceeds 1 where the index falls below zero.
    """
    if not len(index):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    below, highest = drawdowns(index), np.maximum.accumulate(index)
    trough = int(below.argmin())
    peaks = np.flatnonzero(np.concatenate([[True], index[1:] > highest[:-1]]))
    regained = np.flatnonzero(index[trough:] >= highest[trough])
    recovery = trough + int(regained[0]) if len(regained) else None
    longest = int(np.diff(np.append(peaks, len(index) - 1)).max())
    return Figure(Drawdown(float(-below[trough]), int(peaks[peaks <= trough][-1]), trough, recovery, longest))


def max_drawdown(returns: Floats) -> Figure[float]:
    """Return the deepest fall of the linked returns from a start of 1, as a fraction ≤ 0."""
    if not len(returns):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    return Figure(float(drawdowns(np.concatenate([[1.0], 1.0 + linked(returns)])).min()))


def annual_return(returns: Floats, periods: int = TRADING_DAYS) -> Figure[float]:
    """Return ``(1 + total)^(periods / n) - 1``; a missing return counts as a period without change."""
    if not len(returns):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    total = float(linked(returns)[-1])
    if total <= -1.0:
        return Figure(None, Reason.TOTAL_LOSS)
    return Figure(float((1.0 + total) ** (periods / len(returns)) - 1.0))


def volatility(returns: Floats, periods: int = TRADING_DAYS) -> Figure[float]:
    """Return the sample standard deviation (n - 1), annualised by ``√periods``."""
    known = _known(returns)
    if len(known) < 2:  # noqa: PLR2004
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    return Figure(float(known.std(ddof=1) * np.sqrt(periods)))


def period_volatility(returns: Floats) -> tuple[Figure[float], Figure[float]]:
    """Return volatility and semi-volatility of log returns, scaled to the whole period by ``√n``.

    Semi: only what lies below the mean, by the same n - 1. Source: Portfolio Performance; it is not a
    rate a year and not Sortino's denominator.
    """
    logs = np.log1p(_known(returns))
    if len(logs) < 2:  # noqa: PLR2004
        missing: Figure[float] = Figure(None, Reason.TOO_FEW_OBSERVATIONS)
        return missing, missing
    off, scale = logs - logs.mean(), len(logs) / (len(logs) - 1)
    below = np.minimum(off, 0.0)
    return Figure(float(np.sqrt((off**2).sum() * scale))), Figure(float(np.sqrt((below**2).sum() * scale)))


def counts_for_volatility(days: Sequence[date], totals: Floats) -> Bools:
    """Return the days whose return counts: held that day and the day before, and no weekend."""
    held = totals != 0
    weekday = np.array([day.weekday() < 5 for day in days], dtype=bool)  # noqa: PLR2004
    counts: Bools = held & np.concatenate([[False], held[:-1]]) & weekday
    return counts


def sharpe(returns: Floats, free: Floats | float = 0.0, periods: int = TRADING_DAYS) -> Figure[float]:
    """Return mean over sample deviation of the excess returns, annualised; `free` is per period."""
    excess = _known(returns - free)
    if len(excess) < 2:  # noqa: PLR2004
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    spread = excess.std(ddof=1)
    if spread <= _DUST * np.abs(excess).max():
        return Figure(None, Reason.NO_VARIATION)
    return Figure(float(excess.mean() / spread * np.sqrt(periods)))


def information_ratio(returns: Floats, benchmark: Floats | float) -> Figure[float]:
    """Return mean over sample deviation of the active returns; not annualised."""
    return sharpe(returns, benchmark, periods=1)


def downside_deviation(returns: Floats, target: float = 0.0, periods: int = TRADING_DAYS) -> Figure[float]:
    """Return ``√mean(min(r - target, 0)²)`` over all observations, annualised; `target` is per period."""
    known = _known(returns)
    if not len(known):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    below = np.minimum(known - target, 0.0)
    return Figure(float(np.sqrt((below**2).mean()) * np.sqrt(periods)))


def calmar(returns: Floats, periods: int = TRADING_DAYS) -> Figure[float]:
    """Return annual return over the depth of the deepest drawdown."""
    rate, deepest = annual_return(returns, periods), max_drawdown(returns)
    if rate.value is None or deepest.value is None:
        return Figure(None, rate.reason or deepest.reason)
    if deepest.value == 0.0:
        return Figure(None, Reason.NO_LOSS)
    return Figure(rate.value / abs(deepest.value))


def value_at_risk(returns: Floats, cutoff: float = 0.05) -> Figure[float]:
    """Return the historical quantile `cutoff`, linear between observations; a loss is negative."""
    known = _known(returns)
    if not len(known):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    return Figure(float(np.quantile(known, cutoff)))


def aggregated(days: Sequence[date], returns: Floats, by: str) -> list[tuple[date, float]]:
    """Link daily returns over calendar periods; return the last day of each and its return.

    `by`: "week" (Monday to Sunday), "month" or "year".
    """
    numbered = groupby(range(len(days)), key=lambda at: _period(days[at], by))
    spans = [list(span) for _, span in numbered]
    return [(days[span[-1]], float(linked(returns[span])[-1])) for span in spans]


def _known(returns: Floats) -> Floats:
    return returns[~np.isnan(returns)]


def _period(day: date, by: str) -> tuple[int, ...]:
    if by == "week":
        return day.isocalendar()[:2]
    return (day.year, day.month) if by == "month" else (day.year,)
