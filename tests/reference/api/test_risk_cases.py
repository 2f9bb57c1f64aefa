"""Risk figures of the outside cases, read over the REST API.

Returns become the closes of one instrument of which one unit is held: on weekdays, on Fridays, at the
ends of months, or on consecutive days where an index is given.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tests.reference.api.program import text
from tests.support.reference import reference

MONDAY = date(2020, 1, 6)
FRIDAYS = [date(2020, 1, 3) + timedelta(days=7 * week) for week in range(20)]
MONTHS = [date(2020, month + 1, 1) - timedelta(days=1) for month in range(1, 12)]
WEEKDAYS = [day for offset in range(40) if (day := MONDAY + timedelta(days=offset)).weekday() < 5]
EVERY_DAY = [MONDAY + timedelta(days=offset) for offset in range(1200)]


def held(program, index, days=WEEKDAYS):
    """Hold one unit of what closes at `index`; the portfolio and its query for the whole period."""
    closes = {day.isoformat(): text(round(level, 15)) for day, level in zip(days, index, strict=False)}
    key = program.instrument(f"ONE{len(program.symbols)}", closes=closes)
    first, last = min(closes), max(closes)
    portfolio = program.portfolio(tracks_cash=False)
    portfolio.trade(first, "buy", key, 1, closes[first])
    return portfolio, {"start": first, "end": last}


def path(returns):
    """Turn returns, of which the first may be the opening (null), into an index from 100."""
    known = [one for one in returns if one is not None]
    return [100.0, *(100.0 * np.cumprod(1.0 + np.array(known)))]


def risk_of(program, returns, days=WEEKDAYS, **query):
    portfolio, whole = held(program, path(returns), days)
    return portfolio.read("risk", **whole, **query)


def near(case):
    return {"abs": max(case["tolerance"], 1e-9)}


def number(found, name):
    return None if found[name] is None else float(found[name])


@reference("pp-volatility")
def test_volatility_of_the_period(case, program):
    found = risk_of(program, case["inputs"]["returns"])
    for name, ours in (
        ("volatility_period", "period_volatility"),
        ("semi_volatility_period", "period_semi_volatility"),
    ):
        assert number(found, ours) == pytest.approx(case["expected"][name], **near(case))


@reference("pp-drawdown-multiple")
def test_longest_drawdown(case, program):
    portfolio, whole = held(program, 1.0 + np.array(case["inputs"]["cumulative_returns"]), EVERY_DAY)
    found = portfolio.read("risk", **whole)
    assert -number(found, "max_drawdown") == pytest.approx(case["expected"]["max_drawdown"], **near(case))
    assert found["longest_drawdown_days"] == case["expected"]["longest_duration_days"]


@reference("empyrical-cumulative")
def test_linked_returns(case, program):
    portfolio, whole = held(program, path(case["inputs"]["mixed"]), EVERY_DAY)
    rows = portfolio.rows("series", **whole)
    found = [float(row["time_weighted"]) for row in rows]
    assert found == pytest.approx(case["expected"]["cumulative_mixed"], **near(case))


@reference("empyrical-aggregate")
def test_returns_by_month_and_year(case, program):
    first = date.fromisoformat(case["inputs"]["first_day"])
    days = [first + timedelta(days=offset - 1) for offset in range(len(case["inputs"]["daily"]) + 1)]
    portfolio, whole = held(program, path(case["inputs"]["daily"]), days)
    found = portfolio.read("risk", **whole)
    for by in ("month", "year"):
        ours = [float(row["time_weighted"]) for row in found[f"{by}s"]]
        assert ours == pytest.approx(case["expected"][f"{by}ly"], **near(case))


@reference("empyrical-max-drawdown")
def test_deepest_drawdown(case, program):
    for name in ("mixed", "positive", "negative"):
        found = risk_of(program, case["inputs"][name])
        assert number(found, "max_drawdown") == pytest.approx(case["expected"][name], **near(case))


@reference("empyrical-annual-volatility")
def test_volatility_a_year(case, program):
    given = case["inputs"]
    for name, returns, days in (
        ("daily", given["daily_252"], WEEKDAYS),
        ("weekly", given["weekly_52"], FRIDAYS),
        ("monthly", given["monthly_12"], MONTHS),
    ):
        found = risk_of(program, returns, days, frequency=name)
        assert number(found, "volatility") == pytest.approx(case["expected"][name], **near(case))


@reference("empyrical-sharpe")
def test_sharpe(case, program):
    for name in ("mixed", "positive", "negative"):
        found = risk_of(program, case["inputs"][name])
        assert number(found, "sharpe") == pytest.approx(case["expected"][f"{name}_rf0"], **near(case))
    found = risk_of(program, [0.01])
    assert (found["sharpe"], found["reasons"]["sharpe"]) == (None, "too-few-observations")


@reference("empyrical-downside-risk")
def test_downside_deviation(case, program):
    found = risk_of(program, case["inputs"]["mixed_daily"])
    ours = number(found, "downside_deviation")
    assert ours == pytest.approx(case["expected"]["daily_mar0"], **near(case))


@reference("empyrical-calmar")
def test_calmar(case, program):
    for name, days in (("weekly", FRIDAYS), ("monthly", MONTHS)):
        found = risk_of(program, case["inputs"][name], days, frequency=name)
        assert number(found, "calmar") == pytest.approx(case["expected"][name], **near(case))


@reference("empyrical-omega")
def test_omega_beside_a_target_a_year(case, program):
    found = risk_of(program, case["inputs"]["mixed_daily"], target="10")
    assert number(found, "omega") == pytest.approx(case["expected"]["mixed_required_annual_10"], **near(case))


@reference("empyrical-stability-tail")
def test_stability_and_tail_ratio(case, program):
    found = risk_of(program, case["inputs"]["mixed"])
    assert number(found, "stability") == pytest.approx(case["expected"]["stability_r2"], abs=1e-8)
    assert number(found, "tail_ratio") == pytest.approx(case["expected"]["tail_ratio_95_5"], **near(case))


@reference("empyrical-excess-sharpe")
def test_information_ratio_beside_a_constant_benchmark(case, program):
    portfolio, whole = held(program, path(case["inputs"]["returns"]))
    for name, constant in (("vs_zero", 0.0), ("vs_1pct", case["inputs"]["benchmark_constant"])):
        levels = 100.0 * (1.0 + constant) ** np.arange(len(case["inputs"]["returns"]))
        closes = {day.isoformat(): text(level) for day, level in zip(WEEKDAYS, levels, strict=False)}
        rival = program.instrument(name.replace("_", "").upper(), closes=closes)
        found = portfolio.read("risk", benchmark=rival, **whole)
        assert number(found, "information_ratio") == pytest.approx(case["expected"][name], **near(case))


@reference("empyrical-var")
def test_value_at_risk(case, program):
    for name in ("a", "b"):
        for cutoff in set(case["expected"][name]) & {"0.1", "0.2", "0.3"}:
            found = risk_of(program, case["inputs"][name], confidence=text(round(1 - float(cutoff), 6)))
            expected = case["expected"][name][cutoff]
            assert number(found, "value_at_risk") == pytest.approx(expected, abs=1e-6)
