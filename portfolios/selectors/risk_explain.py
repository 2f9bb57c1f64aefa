"""What risk figures are made of: the returns, levels and means from which each follows by its rule.

The rules, with which the rows make the figure again, are in docs/algorithms/explain.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from portfolios.domain import risk
from portfolios.domain.arrays import Floats, Ints, day_number, day_of
from portfolios.domain.reasons import Figure
from portfolios.selectors.risk import RiskView


@dataclass(frozen=True, slots=True)
class RiskPart:
    """One row: `amount` is what the rule takes, `weight` what it is multiplied by where the rule weighs.

    An observation is of the days after `since` until `day`; `value` is its return or the level of an
    index, `counted_from` what `amount` is the distance from. Fractions, except numbers of periods.
    """

    kind: str
    amount: float
    since: date | None = None
    day: date | None = None
    value: float | None = None
    counted_from: float | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class RiskExplanation:
    """A figure, the rule by which its parts make it, and the parts; none where it is not defined."""

    value: Figure[float]
    rule: str
    parts: list[RiskPart]


def explained(found: RiskView, figure: str) -> RiskExplanation:
    """Answer what a risk figure is made of.

    Raises:
        KeyError: there is no such figure.
    """
    rule, parts = _FIGURES[figure]
    value = found.figures[figure]
    return RiskExplanation(value, rule, [] if value.value is None else list(parts(found)))


@dataclass(frozen=True, slots=True)
class _Known:
    """The observations of which the return is known; `first` and `last` are positions of days."""

    returns: Floats
    first: Ints
    last: Ints

    @classmethod
    def of(cls, found: RiskView) -> _Known:
        seen = found.observed
        at = np.flatnonzero(~np.isnan(seen.returns))
        return cls(seen.returns[at], seen.spans.first[at], seen.spans.last[at])

    def part(self, found: RiskView, at: int, kind: str = "return", **more: float) -> RiskPart:
        days = found.observed.days
        since, day = day_of(int(days[self.first[at] - 1])), day_of(int(days[self.last[at]]))
        value = float(self.returns[at])
        return RiskPart(kind, more.pop("amount", value), since, day, value, **more)


def _deviation(found: RiskView) -> Iterable[RiskPart]:
    """Square how far each return lies from their mean."""
    known = _Known.of(found)
    mean = float(known.returns.mean())
    for at, off in enumerate((known.returns - mean).tolist()):
        yield known.part(found, at, amount=off * off, counted_from=mean)


def _below(found: RiskView) -> Iterable[RiskPart]:
    """Square how far each return lies below the target; above it that is 0."""
    known, target = _Known.of(found), found.terms.per_period(found.terms.target)
    for at, off in enumerate(np.minimum(known.returns - target, 0.0).tolist()):
        yield known.part(found, at, amount=off * off, counted_from=target)


def _sharpe(found: RiskView) -> Iterable[RiskPart]:
    free = found.terms.per_period(found.terms.risk_free)
    excess = _Known.of(found).returns - free
    yield RiskPart("mean_excess", float(excess.mean()), value=float(excess.mean()) + free, counted_from=free)
    yield RiskPart("deviation", float(excess.std(ddof=1)))
    yield RiskPart("periods", float(found.terms.periods))


def _sortino(found: RiskView) -> Iterable[RiskPart]:
    target = found.terms.per_period(found.terms.target)
    returns, periods = _Known.of(found).returns, found.terms.periods
    above, below = float((returns - target).mean()), risk.downside_deviation(returns, target, periods)
    yield RiskPart("mean_excess", above, value=float(returns.mean()), counted_from=target)
    yield RiskPart("downside_deviation", below.value or 0.0)
    yield RiskPart("periods", float(periods))


def _calmar(found: RiskView) -> Iterable[RiskPart]:
    returns = _Known.of(found).returns
    yield RiskPart("annual_return", risk.annual_return(returns, found.terms.periods).value or 0.0)
    yield RiskPart("max_drawdown", risk.max_drawdown(returns).value or 0.0)


def _deepest(found: RiskView) -> Iterable[RiskPart]:
    """Name the high before the deepest fall, the low, and where the high was regained."""
    for fall in found.falls[:1]:
        yield _level(found, "peak", fall.start)
        yield _level(found, "trough", fall.trough)
        if fall.recovered is not None:
            yield _level(found, "recovery", fall.recovered)


def _now(found: RiskView) -> Iterable[RiskPart]:
    path, days = 1.0 + found.found.cumulative, found.observed.days
    # the last of several days at the high
    high = len(path) - 1 - int(path[::-1].argmax())
    yield _level(found, "peak", day_of(int(days[high])))
    yield _level(found, "last", day_of(int(days[-1])))


def _level(found: RiskView, kind: str, day: date) -> RiskPart:
    at = day_number(day) - int(found.observed.days[0])
    level = 1.0 + float(found.found.cumulative[at])
    return RiskPart(kind, level, day=day, value=level)


def _quantile(found: RiskView) -> Iterable[RiskPart]:
    """Sort the returns; the two around the quantile are weighed by how near it lies."""
    known = _Known.of(found)
    order = np.argsort(known.returns, kind="stable")
    place = (len(order) - 1) * (1.0 - found.terms.confidence)
    low = int(place)
    weights = {low: 1.0 - (place - low), low + 1: place - low}
    for rank, at in enumerate(order.tolist()):
        yield known.part(found, at, weight=weights.get(rank, 0.0))


def _tail(found: RiskView) -> Iterable[RiskPart]:
    known = _Known.of(found)
    order = np.argsort(known.returns, kind="stable")
    number = int((len(order) - 1) * (1.0 - found.terms.confidence)) + 1
    for at in order[:number].tolist():
        yield known.part(found, at, weight=1.0 / number)


def _extreme(highest: bool) -> Callable[[RiskView], Iterable[RiskPart]]:
    def parts(found: RiskView) -> Iterable[RiskPart]:
        known = _Known.of(found)
        at = known.returns.argmax() if highest else known.returns.argmin()
        yield known.part(found, int(at), weight=1.0)

    return parts


_FIGURES: Final[dict[str, tuple[str, Callable[[RiskView], Iterable[RiskPart]]]]] = {
    "volatility": ("deviation", _deviation),
    "downside_deviation": ("semideviation", _below),
    "sharpe": ("reward", _sharpe),
    "sortino": ("downside_reward", _sortino),
    "calmar": ("depth", _calmar),
    "max_drawdown": ("fall", _deepest),
    "drawdown": ("fall", _now),
    "value_at_risk": ("weighted", _quantile),
    "conditional_value_at_risk": ("weighted", _tail),
    "best": ("weighted", _extreme(True)),
    "worst": ("weighted", _extreme(False)),
}
RULES: Final = {name: rule for name, (rule, _parts) in _FIGURES.items()}
