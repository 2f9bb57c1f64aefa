"""Every risk figure of a period, alone and beside a benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from portfolios.domain import relative, risk
from portfolios.domain.arrays import Floats, Ints, day_number, day_of
from portfolios.domain.falls import falls
from portfolios.domain.months import Month, months, years
from portfolios.domain.observations import Frequency, Spans, held_before, observed
from portfolios.domain.reasons import Figure, Reason
from portfolios.domain.relative import Pair
from portfolios.domain.returns import daily_returns
from portfolios.domain.rolling import Rolling, rolling
from portfolios.selectors import benchmarks, reports
from portfolios.selectors.benchmarks import Benchmark
from portfolios.selectors.figures import Performance, Period
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.reports import Report

Figures = dict[str, Figure[float]]
ALONE = (
    "volatility", "downside_deviation", "sharpe", "sortino", "calmar", "omega", "stability", "tail_ratio",
    "period_volatility", "period_semi_volatility", "value_at_risk", "conditional_value_at_risk",
    "best", "worst", "positive_share",
)  # fmt: skip
# A quarter of trading days.
WINDOW = 63
FALLING = ("max_drawdown", "drawdown")
BESIDE = (
    "beta", "alpha", "correlation", "tracking_error", "information_ratio", "information_ratio_annualised",
    "up_capture", "down_capture", "benchmark_return", "active_return",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """How to measure: `risk_free` and `target` are rates a year, `confidence` is of the value at risk."""

    frequency: Frequency = Frequency.DAILY
    risk_free: float = 0.0
    target: float = 0.0
    confidence: float = 0.95

    @property
    def periods(self) -> int:
        """How many observations make a year."""
        return self.frequency.periods

    def per_period(self, yearly: float) -> float:
        """Return a yearly rate as that of one observation, ``(1 + r)^(1 / periods) - 1``."""
        return float((1.0 + yearly) ** (1.0 / self.periods) - 1.0)


@dataclass(frozen=True, slots=True)
class FallView:
    """A drawdown by days: `depth` as a positive fraction, `recovered` None while it lasts."""

    depth: float
    start: date
    trough: date
    recovered: date | None
    days: int


@dataclass(frozen=True, slots=True)
class Rival:
    """A benchmark beside the portfolio; `index` day by day, `known_from` None where it has no price."""

    benchmark: Benchmark
    index: Floats
    known_from: date | None
    alone: Figures


@dataclass(frozen=True, slots=True)
class Observed:
    """The observations of a period: their spans of days, and what each earned."""

    spans: Spans
    returns: Floats
    theirs: Floats | None
    days: Ints

    def last_days(self) -> list[date]:
        """List the last day of each."""
        return [day_of(number) for number in self.days[self.spans.last]]


@dataclass(frozen=True, slots=True)
class RiskView:
    """All figures of a period by name, and what they were computed from.

    `longest` is the largest number of days from a high to the next higher one, the open one included.
    """

    found: Performance
    terms: Terms
    observed: Observed
    figures: Figures
    falls: list[FallView]
    longest: int
    months: list[Month]
    years: list[Month]
    rival: Rival | None


def of(ledger: Ledger, found: Performance, terms: Terms, benchmark: Benchmark | None) -> RiskView:
    """Compute the risk figures of a period."""
    index = benchmarks.index(ledger, benchmark, found.series.days) if benchmark else None
    seen = observe(found, terms.frequency, index)
    path = 1.0 + found.cumulative
    lacking = found.time_weighted.reason
    series, daily = found.series, _daily(found)
    active = held_before(series.value) | (series.inflow != 0)
    longest = risk.drawdown(path).value
    return RiskView(
        found=found,
        terms=terms,
        observed=seen,
        figures=_figures(seen, path, terms, lacking),
        falls=[] if lacking else _falls(path, series.days),
        longest=longest.longest if longest and not lacking else 0,
        months=months(series.days, daily, active, found.defined),
        years=years(series.days, daily, active, found.defined),
        rival=None
        if benchmark is None or index is None
        else _rival(benchmark, index, seen, terms, series.days),
    )


def observe(found: Performance, frequency: Frequency, index: Floats | None = None) -> Observed:
    """Cut a period into observations, and link what portfolio and benchmark earned in each.

    Both count the same days only: those that began with something held.
    """
    series = found.series
    spans = observed(series.days, series.value, series.quoted, frequency)
    held = held_before(series.value)
    theirs = None
    if index is not None:
        moves = np.zeros(len(index))
        moves[1:] = index[1:] / index[:-1] - 1.0
        theirs = spans.linked(np.where(held, moves, 0.0))
    return Observed(spans, spans.linked(np.where(held, _daily(found), 0.0)), theirs, series.days)


def moving(seen: Observed, terms: Terms, window: int) -> tuple[list[date], Rolling | None]:
    """Compute rolling figures over so many observations; the days are the last of each window."""
    free = terms.per_period(terms.risk_free)
    found = rolling(seen.returns, seen.theirs, window, terms.periods, free)
    return (seen.last_days()[window - 1 :] if found else []), found


def moving_within(
    found: Report, period: Period, terms: Terms, benchmark: Benchmark | None, window: int
) -> tuple[Ints, Rolling | None]:
    """Compute the rolling figures of the windows that end in a period; they may begin before it.

    The days are numbers, one a window.
    """
    whole = reports.performance(found, reports.inception(found, period.end))
    index = benchmarks.index(found.parts[0], benchmark, whole.series.days) if benchmark else None
    seen = observe(whole, terms.frequency, index)
    rows = moving(seen, terms, window)[1]
    if rows is None or whole.time_weighted.reason:
        return np.zeros(0, dtype=np.int64), None
    days = seen.days[seen.spans.last][window - 1 :]
    inside = days > day_number(period.start)
    return days[inside], Rolling(
        rows.total[inside],
        rows.volatility[inside],
        rows.sharpe[inside],
        None if rows.beta is None else rows.beta[inside],
    )


def drawdown_line(index: Floats) -> Floats:
    """Return how far an index stands below its highest so far, as fractions ≤ 0; NaN where not known."""
    below = np.full(len(index), np.nan)
    known = ~np.isnan(index)
    below[known] = risk.drawdowns(index[known])
    return below


def _daily(found: Performance) -> Floats:
    series = found.series
    return daily_returns(series.value, series.inflow, series.outflow).daily


def _figures(seen: Observed, path: Floats, terms: Terms, lacking: Reason | None) -> Figures:
    if lacking:
        return {name: Figure(None, lacking) for name in (*ALONE, *FALLING, *BESIDE)}
    return alone(seen.returns, terms) | _falling(path) | beside(seen, terms)


def alone(returns: Floats, terms: Terms) -> Figures:
    """Compute the figures of one series of observations."""
    periods, cutoff = terms.periods, 1.0 - terms.confidence
    free, target = terms.per_period(terms.risk_free), terms.per_period(terms.target)
    known = returns[~np.isnan(returns)]
    whole, semi = risk.period_volatility(known)
    return {
        "volatility": risk.volatility(known, periods),
        "downside_deviation": risk.downside_deviation(known, target, periods),
        "sharpe": risk.sharpe(known, free, periods),
        "sortino": risk.sortino(known, target, periods),
        "calmar": risk.calmar(known, periods),
        "omega": risk.omega(known, target),
        "stability": risk.stability(known),
        "tail_ratio": risk.tail_ratio(known),
        "period_volatility": whole,
        "period_semi_volatility": semi,
        "value_at_risk": risk.value_at_risk(known, cutoff),
        "conditional_value_at_risk": risk.conditional_value_at_risk(known, cutoff),
        **_extremes(known),
    }


def _extremes(known: Floats) -> Figures:
    if not len(known):
        return {
            name: Figure(None, Reason.TOO_FEW_OBSERVATIONS) for name in ("best", "worst", "positive_share")
        }
    return {
        "best": Figure(float(known.max())),
        "worst": Figure(float(known.min())),
        "positive_share": Figure(float((known > 0.0).mean())),
    }


def _falling(path: Floats) -> Figures:
    """Compute the deepest fall and the present one, as fractions ≤ 0, of every day."""
    if not len(path):
        return {name: Figure(None, Reason.NO_PRICE) for name in FALLING}
    below = risk.drawdowns(path)
    return {"max_drawdown": Figure(float(below.min())), "drawdown": Figure(float(below[-1]))}


def beside(seen: Observed, terms: Terms) -> Figures:
    """Compute the figures beside the benchmark, where there is one."""
    if seen.theirs is None:
        return {name: Figure(None, Reason.NO_BENCHMARK) for name in BESIDE}
    pair, periods = Pair.known(seen.returns, seen.theirs), terms.periods
    if not len(pair.ours) and np.isnan(seen.theirs).any():
        return {name: Figure(None, Reason.NO_PRICE) for name in BESIDE}
    theirs, ours = _total(pair.theirs), _total(pair.ours)
    return {
        "beta": relative.beta(pair),
        "alpha": relative.alpha(pair, terms.per_period(terms.risk_free), periods),
        "correlation": relative.correlation(pair),
        "tracking_error": relative.tracking_error(pair, periods),
        "information_ratio": relative.information_ratio(pair),
        "information_ratio_annualised": relative.information_ratio(pair, periods),
        "up_capture": relative.up_capture(pair),
        "down_capture": relative.down_capture(pair),
        "benchmark_return": theirs,
        "active_return": Figure(None, theirs.reason)
        if theirs.value is None or ours.value is None
        else Figure(ours.value - theirs.value),
    }


def _total(returns: Floats) -> Figure[float]:
    if not len(returns):
        return Figure(None, Reason.TOO_FEW_OBSERVATIONS)
    return Figure(float((1.0 + returns).prod() - 1.0))


def _rival(benchmark: Benchmark, index: Floats, seen: Observed, terms: Terms, days: Ints) -> Rival:
    known = np.flatnonzero(~np.isnan(index))
    theirs = np.zeros(0) if seen.theirs is None else seen.theirs
    return Rival(
        benchmark=benchmark,
        index=index,
        known_from=day_of(days[known[0]]) if len(known) else None,
        alone=alone(theirs, terms) | _falling(index[known]),
    )


def _falls(path: Floats, days: Ints) -> list[FallView]:
    return [
        FallView(
            depth=one.depth,
            start=day_of(days[one.peak]),
            trough=day_of(days[one.trough]),
            recovered=None if one.recovery is None else day_of(days[one.recovery]),
            days=int(days[-1 if one.recovery is None else one.recovery] - days[one.peak]),
        )
        for one in falls(path)
    ]
