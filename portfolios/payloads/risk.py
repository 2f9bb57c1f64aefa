"""JSON shapes of risk figures and benchmarks: fractions as decimal strings, reasons where one is null."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from math import isnan
from typing import Any

from portfolios import payloads
from portfolios.domain.arrays import day_of
from portfolios.domain.months import Month
from portfolios.domain.reasons import Figure, Reason
from portfolios.domain.rolling import Rolling
from portfolios.selectors.benchmarks import Benchmark, Comparison
from portfolios.selectors.risk import FallView, Observed, RiskView, Rival, Terms


def risk(found: RiskView, currency: str, worst: int) -> dict[str, Any]:
    """Write every figure of a period, the `worst` falls, and the grid of months."""
    return {
        "start": found.found.period.start,
        "end": found.found.period.end,
        "currency": currency,
        **terms(found.terms),
        "observations": len(found.observed.returns),
        **payloads.figures(**found.figures),
        "longest_drawdown_days": found.longest,
        "drawdowns": [fall(one) for one in found.falls[:worst]],
        "months": [month(one) for one in found.months],
        "years": [month(one) for one in found.years],
        "benchmark": rival(found.rival) if found.rival else None,
        "incomplete": bool(found.found.series.incomplete.any()),
    }


def terms(chosen: Terms) -> dict[str, Any]:
    """Write how it was measured."""
    return {
        "frequency": chosen.frequency.value,
        "periods_per_year": chosen.periods,
        "risk_free": payloads.ratio(chosen.risk_free),
        "target": payloads.ratio(chosen.target),
        "confidence": payloads.ratio(chosen.confidence),
    }


def fall(one: FallView) -> dict[str, Any]:
    """Write one drawdown; `depth` as a fraction ≤ 0."""
    return {
        "depth": payloads.ratio(-one.depth),
        "from": one.start,
        "to": one.trough,
        "recovered": one.recovered,
        "days": one.days,
    }


def month(one: Month) -> dict[str, Any]:
    """Write what a month (or a year: `month` null) earned."""
    return {
        "year": one.year,
        "month": one.month or None,
        "time_weighted": payloads.ratio(one.earned.value),
        "partial": one.partial,
        "reason": one.earned.reason.value if one.earned.reason else None,
    }


def rival(found: Rival) -> dict[str, Any]:
    """Write a benchmark and its own figures over the same observations."""
    return {
        **benchmark(found.benchmark),
        "known_from": found.known_from,
        **payloads.figures(**found.alone),
    }


def benchmark(found: Benchmark | None) -> dict[str, Any]:
    """Write what a benchmark consists of; the weights add up to 1, and nothing has no parts."""
    return {
        "name": found.name if found else "",
        "parts": [
            {
                "instrument": part.instrument.uuid,
                "symbol": part.instrument.symbol,
                "weight": payloads.amount(part.weight),
            }
            for part in (found.parts if found else ())
        ],
    }


def comparison(found: Comparison, currency: str) -> dict[str, Any]:
    """Write a period beside a benchmark, in all and day by day; money in `currency`."""
    ours = found.found
    rows = zip(
        ours.series.days,
        ours.series.value.tolist(),
        found.worth.tolist(),
        ours.cumulative.tolist(),
        found.cumulative.tolist(),
        strict=True,
    )
    return {
        "start": ours.period.start,
        "end": ours.period.end,
        "currency": currency,
        "benchmark": benchmark(found.benchmark) if found.benchmark else None,
        "value": payloads.ratio(float(ours.series.value[-1])),
        **payloads.figures(
            same_flows=found.same_flows,
            difference=found.difference,
            time_weighted=ours.time_weighted,
            benchmark_time_weighted=found.time_weighted,
        ),
        "items": [
            {
                "date": day_of(day),
                "value": payloads.ratio(value),
                "same_flows": _known(worth),
                "time_weighted": payloads.ratio(return_) if at < ours.defined else None,
                "benchmark_time_weighted": _known(theirs),
            }
            for at, (day, value, worth, return_, theirs) in enumerate(rows)
        ],
    }


def _known(value: float) -> str | None:
    return None if isnan(value) else payloads.ratio(value)


def rolling(days: Iterable[date], found: Rolling | None, seen: Observed, window: int) -> dict[str, Any]:
    """Write the figures of each window by its last day, each null one with its reason."""
    rows = [] if found is None else _rows(found)
    return {
        "window": window,
        "observations": len(seen.returns),
        "reason": None if found else Reason.TOO_FEW_OBSERVATIONS.value,
        "items": [{"date": day, **row} for day, row in zip(days, rows, strict=True)],
    }


def _rows(found: Rolling) -> list[dict[str, Any]]:
    columns = [found.total.tolist(), found.volatility.tolist(), found.sharpe.tolist()]
    beta = [None] * len(found.total) if found.beta is None else found.beta.tolist()
    return [
        payloads.figures(
            time_weighted=Figure(total),
            volatility=Figure(spread),
            sharpe=_moving(ratio),
            beta=_moving(slope),
        )
        for total, spread, ratio, slope in zip(*columns, beta, strict=True)
    ]


def _moving(value: float | None) -> Figure[float]:
    if value is None:
        return Figure(None, Reason.NO_BENCHMARK)
    return Figure(None, Reason.NO_VARIATION) if isnan(value) else Figure(value)
