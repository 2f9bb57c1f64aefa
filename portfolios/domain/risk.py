"""Risk figures of a series of returns; docs/algorithms/risk.md has the conventions.

Returns are simple, as fractions, one a period; a missing one (NaN) is left out unless a function
says otherwise. `periods` is how many of them make a year (252, 52, 12). A figure that is not defined
is None with its reason, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from portfolios.domain.arrays import Floats
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
    return compounded(float(linked(returns)[-1]), periods / len(returns))


def compounded(rate: float, times: float) -> Figure[float]:
    """Return ``(1 + rate)^times - 1``; what no number can hold says nothing of a year."""
    if rate <= -1.0:
        return Figure(None, Reason.TOTAL_LOSS)
    with np.errstate(over="ignore"):
        found = float(np.power(1.0 + rate, times) - 1.0)
    return Figure(found) if np.isfinite(found) else Figure(None, Reason.SHORT_PERIOD)


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


def sortino(returns: Floats, target: float = 0.0, periods: int = TRADING_DAYS) -> Figure[float]:
    """Return the mean return above `target`, a year, over the downside deviation from it."""
    below = downside_deviation(returns, target, periods)
    if below.value is None:
        return below
    if below.value == 0.0:
        return Figure(None, Reason.NO_LOSS)
    return Figure(float((_known(returns) - target).mean() * periods / below.value))


def omega(returns: Floats, target: float = 0.0) -> Figure[float]:
    """Return the sum of what lies above `target` over the sum of what lies below it."""
    above = _known(returns) - target
    if len(above) < 2:  # noqa: PLR2004
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    lost = -float(above[above < 0.0].sum())
    if lost == 0.0:
        return Figure(None, Reason.NO_LOSS)
    return Figure(float(above[above > 0.0].sum()) / lost)


def stability(returns: Floats) -> Figure[float]:
    """Return R² of a straight line through the linked log returns: 1 is steady growth."""
    known = _known(returns)
    if len(known) < 2:  # noqa: PLR2004
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    if (known <= -1.0).any():
        return Figure(None, Reason.TOTAL_LOSS)
    path = np.log1p(known).cumsum()
    if path.std() <= _DUST * np.abs(path).max():
        return Figure(None, Reason.NO_VARIATION)
    return Figure(float(np.corrcoef(np.arange(len(path)), path)[0, 1] ** 2))


def tail_ratio(returns: Floats) -> Figure[float]:
    """Return the size of the 95 % quantile over that of the 5 % quantile."""
    known = _known(returns)
    if not len(known):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    low, high = (float(abs(np.quantile(known, one))) for one in (0.05, 0.95))
    return Figure(high / low) if low else Figure(None, Reason.NO_LOSS)


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


def conditional_value_at_risk(returns: Floats, cutoff: float = 0.05) -> Figure[float]:
    """Return the mean of the worst ``⌊(n - 1) · cutoff⌋ + 1`` returns; a loss is negative.

    Source: empyrical.
    """
    known = _known(returns)
    if not len(known):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    number = int((len(known) - 1) * cutoff) + 1
    return Figure(float(np.partition(known, number - 1)[:number].mean()))


def _known(returns: Floats) -> Floats:
    return returns[~np.isnan(returns)]
