"""Figures of returns beside a benchmark's; docs/algorithms/benchmarks.md has the conventions.

Returns are simple, as fractions, both of the same spans; a span of which one is missing (NaN) is left
out. `periods` is how many make a year, `free` the risk-free return per period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from portfolios.domain import risk
from portfolios.domain.arrays import Floats
from portfolios.domain.reasons import Figure, Reason

_DUST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Pair:
    """Returns and the benchmark's, of the same spans and all known; shapes (n,)."""

    ours: Floats
    theirs: Floats

    @classmethod
    def known(cls, ours: Floats, theirs: Floats) -> Pair:
        """Pair them, without the spans of which one is missing."""
        both = ~np.isnan(ours) & ~np.isnan(theirs)
        return cls(ours[both], theirs[both])


def beta(pair: Pair) -> Figure[float]:
    """Return covariance over the benchmark's variance: how far one moves when the benchmark moves by 1."""
    if len(pair.ours) < 2:  # noqa: PLR2004
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    off = pair.theirs - pair.theirs.mean()
    if _is_flat(pair.theirs):
        return Figure(None, Reason.NO_VARIATION)
    return Figure(float(off @ (pair.ours - pair.ours.mean()) / (off @ off)))


def alpha(pair: Pair, free: float = 0.0, periods: int = risk.TRADING_DAYS) -> Figure[float]:
    """Return Jensen's alpha a year, ``(1 + mean((r - f) - beta (b - f)))^periods - 1``.

    Source: empyrical, which compounds it as a return is compounded.
    """
    slope = beta(pair)
    if slope.value is None:
        return slope
    left = (pair.ours - free) - slope.value * (pair.theirs - free)
    return risk.compounded(float(left.mean()), periods)


def correlation(pair: Pair) -> Figure[float]:
    """Return Pearson's correlation, -1 to 1."""
    if len(pair.ours) < 2:  # noqa: PLR2004
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    if _is_flat(pair.theirs) or _is_flat(pair.ours):
        return Figure(None, Reason.NO_VARIATION)
    ours, theirs = pair.ours - pair.ours.mean(), pair.theirs - pair.theirs.mean()
    raw = float(ours @ theirs / np.sqrt((ours @ ours) * (theirs @ theirs)))
    return Figure(max(-1.0, min(1.0, raw)))


def tracking_error(pair: Pair, periods: int = risk.TRADING_DAYS) -> Figure[float]:
    """Return the sample deviation of the active returns, a year."""
    return risk.volatility(pair.ours - pair.theirs, periods)


def information_ratio(pair: Pair, periods: int = 1) -> Figure[float]:
    """Return mean over sample deviation of the active returns; not annualised unless `periods` says so."""
    return risk.sharpe(pair.ours, pair.theirs, periods)


def up_capture(pair: Pair) -> Figure[float]:
    """Return our mean return over the benchmark's, both geometric, of the spans in which it rose."""
    return _capture(pair, pair.theirs > 0.0, Reason.NO_GAIN)


def down_capture(pair: Pair) -> Figure[float]:
    """Return the same of the spans in which it fell; below 1 is less of the fall."""
    return _capture(pair, pair.theirs < 0.0, Reason.NO_LOSS)


def _capture(pair: Pair, counts: np.ndarray, none: Reason) -> Figure[float]:
    if not len(pair.ours):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    if not counts.any():
        return Figure(None, none)
    ours = risk.annual_return(pair.ours[counts], periods=1)
    theirs = risk.annual_return(pair.theirs[counts], periods=1)
    if ours.value is None or theirs.value is None:
        return Figure(None, ours.reason or theirs.reason)
    if theirs.value == 0.0:
        return Figure(None, Reason.NO_VARIATION)
    return Figure(ours.value / theirs.value)


def _is_flat(values: Floats) -> bool:
    return bool(values.std() <= _DUST * np.abs(values).max())
