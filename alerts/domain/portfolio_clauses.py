"""When what a clause says of a portfolio is so; docs/algorithms/alerts.md defines each figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import numpy as np

from alerts.domain.rules import Direction, Kind

_FINEST: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a clause asks: `level` in the portfolio's currency, a `percent` of 5 is 5 %."""

    kind: Kind
    level: Decimal | None = None
    percent: Decimal | None = None
    direction: str = ""
    instrument: int | None = None


@dataclass(frozen=True, slots=True)
class PortfolioFigures:
    """What is known of a portfolio now: amounts in its currency, everything else in per cent.

    None: it is not known, or hangs on a price that is missing or stale. `weights` are of all that is worth
    something and cash, by instrument; `of_total` of the total, as targets are. What is not in them is 0.
    """

    value: Decimal | None = None
    cash: Decimal | None = None
    day_change: Decimal | None = None
    drawdown: Decimal | None = None
    weights: Mapping[int, Decimal] | None = None
    of_total: Mapping[int, Decimal] | None = None
    targets: Mapping[int, Decimal] = field(default_factory=dict)


def figure(asked: Asked, now: PortfolioFigures) -> Decimal | None:
    """Answer the figure that a clause is about; None where it is not known."""
    return _FIGURES[asked.kind](asked, now)


def is_so(asked: Asked, found: Decimal) -> bool:
    """Tell whether a figure is what a clause asks for; equality is enough."""
    limit = asked.level if asked.percent is None else asked.percent
    if limit is None:
        raise ValueError(asked.kind)
    if asked.kind in _AT_MOST:
        return found <= limit
    if asked.kind is Kind.PORTFOLIO_DAY_CHANGE:
        rises, falls = found >= limit, found <= -limit
        return {Direction.UP: rises, Direction.DOWN: falls}.get(Direction(asked.direction), rises or falls)
    return (abs(found) if asked.kind is Kind.WEIGHT_DRIFT else found) >= limit


def drawdown(returns: np.ndarray) -> Decimal:
    """Tell by how many per cent an index stands below its highest value; `returns` are cumulative fractions.

    Shape (days + 1,), the first one 0.
    """
    index = 1.0 + returns
    return percent(1.0 - float(index[-1]) / float(index.max()))


def percent(fraction: float) -> Decimal:
    """Turn a fraction into per cent, to the sixth decimal."""
    return (Decimal(repr(fraction)) * 100).quantize(_FINEST)


def _weight(asked: Asked, weights: Mapping[int, Decimal] | None) -> Decimal | None:
    return None if weights is None or asked.instrument is None else weights.get(asked.instrument, Decimal(0))


def _drift(asked: Asked, now: PortfolioFigures) -> Decimal | None:
    weight = _weight(asked, now.of_total)
    if weight is None or asked.instrument is None or not now.targets:
        return None
    return weight - now.targets.get(asked.instrument, Decimal(0))


_AT_MOST: Final = frozenset({Kind.PORTFOLIO_BELOW, Kind.WEIGHT_BELOW, Kind.CASH_BELOW})
_FIGURES: Final[Mapping[Kind, Callable[[Asked, PortfolioFigures], Decimal | None]]] = {
    Kind.PORTFOLIO_ABOVE: lambda _asked, now: now.value,
    Kind.PORTFOLIO_BELOW: lambda _asked, now: now.value,
    Kind.PORTFOLIO_DAY_CHANGE: lambda _asked, now: now.day_change,
    Kind.PORTFOLIO_DRAWDOWN: lambda _asked, now: now.drawdown,
    Kind.WEIGHT_ABOVE: lambda asked, now: _weight(asked, now.weights),
    Kind.WEIGHT_BELOW: lambda asked, now: _weight(asked, now.weights),
    Kind.WEIGHT_DRIFT: _drift,
    Kind.CASH_BELOW: lambda _asked, now: now.cash,
}
KINDS: Final = frozenset(_FIGURES)
