"""Risk figures over a window that moves along the observations; docs/algorithms/risk.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from portfolios.domain.arrays import Floats

_DUST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Rolling:
    """Figures of each window, in order of its last observation; shapes (observations - window + 1,).

    `total` is of the window, the others a year; NaN where a window does not vary or, for `beta`, where the
    benchmark does not or is not known. `beta` is None without a benchmark.
    """

    total: Floats
    volatility: Floats
    sharpe: Floats
    beta: Floats | None


def rolling(
    returns: Floats, theirs: Floats | None, window: int, periods: int, free: float = 0.0
) -> Rolling | None:
    """Compute the figures of every window of so many observations; None where there is not one."""
    if len(returns) < window or window < 2:  # noqa: PLR2004
        return None
    views = np.lib.stride_tricks.sliding_window_view(returns, window)
    excess = views - free
    spread = views.std(axis=1, ddof=1)
    flat = spread <= _DUST * np.abs(views).max(axis=1)
    ratio = np.divide(
        excess.mean(axis=1) * np.sqrt(periods), spread, out=np.full(len(views), np.nan), where=~flat
    )
    return Rolling(
        total=(1.0 + views).prod(axis=1) - 1.0,
        volatility=np.where(flat, 0.0, spread * np.sqrt(periods)),
        sharpe=ratio,
        beta=None if theirs is None else _beta(views, theirs, window),
    )


def _beta(ours: Floats, theirs: Floats, window: int) -> Floats:
    views = np.lib.stride_tricks.sliding_window_view(theirs, window)
    off = views - views.mean(axis=1, keepdims=True)
    below = (off**2).sum(axis=1)
    varies = np.sqrt(below / window) > _DUST * np.abs(views).max(axis=1)
    above = (off * (ours - ours.mean(axis=1, keepdims=True))).sum(axis=1)
    beta: Floats = np.divide(above, below, out=np.full(len(views), np.nan), where=varies)
    return beta
