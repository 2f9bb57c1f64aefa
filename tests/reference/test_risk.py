"""Returns, drawdowns and risk against empyrical and Portfolio Performance."""

from datetime import date

import numpy as np
import pytest

from portfolios.domain import risk
from portfolios.domain.arrays import day_number, day_of
from portfolios.domain.observations import Frequency, calendar_spans, month_numbers, observed
from portfolios.domain.reasons import Reason
from portfolios.domain.returns import linked
from tests.support.reference import reference

PERIODS = {"daily": 252, "weekly": 52, "monthly": 12}


def array(values):
    return np.array([np.nan if value is None else value for value in values])


@reference("empyrical-cumulative")
def test_linked_returns_count_a_missing_one_as_zero(case):
    for name in ("mixed", "negative"):
        found = linked(array(case["inputs"][name]))
        assert found == pytest.approx(case["expected"][f"cumulative_{name}"], abs=case["tolerance"])
        assert found[-1] == pytest.approx(case["expected"][f"final_{name}"], abs=case["tolerance"])


@reference("empyrical-aggregate")
def test_spans_link_the_days_of_weeks_months_and_years(case):
    first = day_number(date.fromisoformat(case["inputs"]["first_day"]))
    daily = np.concatenate([[0.0], array(case["inputs"]["daily"])])
    days = first - 1 + np.arange(len(daily))
    numbers = {"week": (days + 3) // 7, "month": month_numbers(days), "year": month_numbers(days) // 12}
    for by, grouped in numbers.items():
        found = calendar_spans(grouped).linked(daily)
        assert found == pytest.approx(case["expected"][f"{by}ly"], abs=case["tolerance"])


@reference("empyrical-max-drawdown")
def test_max_drawdown_counts_the_start_as_a_peak(case):
    for name, expected in case["expected"].items():
        found = risk.max_drawdown(array(case["inputs"][name])).value
        assert found == pytest.approx(expected, abs=case["tolerance"])


@reference("pp-drawdown-below-minus-100", "pp-drawdown-multiple")
def test_drawdown_of_an_index_has_depth_and_length(case):
    found = risk.drawdown(1.0 + array(case["inputs"]["cumulative_returns"])).value
    assert found.depth == pytest.approx(case["expected"]["max_drawdown"], abs=case["tolerance"])
    assert found.longest == case["expected"]["longest_duration_days"]


@reference("empyrical-annual-return")
def test_annual_return_counts_every_period(case):
    for name, periods in PERIODS.items():
        found = risk.annual_return(array(case["inputs"][f"{name}_{periods}"]), periods).value
        assert found == pytest.approx(case["expected"][name], abs=case["tolerance"])


@reference("empyrical-cagr")
def test_annual_return_of_a_constant_return_is_its_power(case):
    one, flat = risk.annual_return(array([0.01])), risk.annual_return(np.full(1000, 0.01))
    yearly = risk.annual_return(array(case["inputs"]["flat_3pct_yearly"]), 1)
    assert one.value == pytest.approx(case["expected"]["one_daily"], abs=case["tolerance"])
    assert flat.value == pytest.approx(case["expected"]["flat_daily"], abs=case["tolerance"])
    assert yearly.value == pytest.approx(case["expected"]["yearly"], abs=case["tolerance"])


@reference("empyrical-annual-volatility")
def test_volatility_is_the_sample_deviation_annualised(case):
    for name, periods in PERIODS.items():
        found = risk.volatility(array(case["inputs"][f"{name}_{periods}"]), periods).value
        assert found == pytest.approx(case["expected"][name], abs=case["tolerance"])


@reference("pp-volatility")
def test_period_volatility_is_that_of_portfolio_performance(case):
    whole, semi = risk.period_volatility(array(case["inputs"]["returns"]))
    assert whole.value == pytest.approx(case["expected"]["volatility_period"], abs=case["tolerance"])
    assert semi.value == pytest.approx(case["expected"]["semi_volatility_period"], abs=case["tolerance"])


@reference("pp-volatility-filter")
def test_period_volatility_counts_trading_days_with_holdings_only(case):
    days = np.array([day_number(date.fromisoformat(day)) for day in case["inputs"]["dates"]])
    totals = array(case["inputs"]["totals"])
    spans = observed(days, totals, np.zeros(len(days), dtype=bool), Frequency.DAILY)
    assert [day_of(number).isoformat() for number in days[spans.last]] == case["expected"]["days_used"]
    whole, semi = risk.period_volatility(spans.linked(array(case["inputs"]["returns"])))
    assert whole.value == pytest.approx(case["expected"]["volatility_period"], abs=case["tolerance"])
    assert semi.value == pytest.approx(case["expected"]["semi_volatility_period"], abs=case["tolerance"])


@reference("empyrical-sharpe")
def test_sharpe_is_mean_over_deviation_of_excess_returns(case):
    given, expected, near = case["inputs"], case["expected"], case["tolerance"]
    mixed = array(given["mixed"])
    assert risk.sharpe(mixed).value == pytest.approx(expected["mixed_rf0"], abs=near)
    free = array(given["rf_daily_series"])
    assert risk.sharpe(mixed, free).value == pytest.approx(expected["mixed_rf_series"], abs=near)
    for name in ("positive", "negative"):
        assert risk.sharpe(array(given[name])).value == pytest.approx(expected[f"{name}_rf0"], abs=near)


@reference("empyrical-sharpe")
def test_sharpe_of_too_little_is_none_with_the_reason(case):
    for name, returns in (("one_return", [0.01]), ("empty", [])):
        found = risk.sharpe(array(returns))
        assert (found.value, found.reason) == (case["expected"][name], Reason.TOO_FEW_OBSERVATIONS)
    # Constant returns give infinity there; a ratio over nothing is none here.
    assert risk.sharpe(np.full(9, 0.01)).reason is Reason.NO_VARIATION


@reference("empyrical-downside-risk")
def test_downside_deviation_divides_by_all_observations(case):
    for name, expected in case["expected"].items():
        frequency, _, target = name.partition("_mar")
        returns = array(case["inputs"]["mixed_daily" if frequency == "daily" else frequency])
        found = risk.downside_deviation(returns, float(target), PERIODS[frequency]).value
        assert found == pytest.approx(expected, abs=case["tolerance"])


@reference("empyrical-calmar")
def test_calmar_is_annual_return_over_the_deepest_fall(case):
    for name, expected in case["expected"].items():
        returns = array(case["inputs"]["mixed_daily" if name == "daily" else name])
        assert risk.calmar(returns, PERIODS[name]).value == pytest.approx(expected, abs=case["tolerance"])


@reference("empyrical-excess-sharpe")
def test_information_ratio_is_not_annualised(case):
    returns = array(case["inputs"]["returns"])
    near = case["tolerance"]
    assert risk.information_ratio(returns, 0.0).value == pytest.approx(case["expected"]["vs_zero"], abs=near)
    assert risk.information_ratio(returns, 0.01).value == pytest.approx(case["expected"]["vs_1pct"], abs=near)


@reference("empyrical-var")
def test_value_at_risk_is_linear_between_observations(case):
    for name in ("a", "b"):
        for cutoff, expected in case["expected"][name].items():
            found = risk.value_at_risk(array(case["inputs"][name]), float(cutoff)).value
            assert found == pytest.approx(expected, abs=case["tolerance"])


@reference("empyrical-omega")
def test_omega_is_gains_over_losses_beside_a_threshold(case):
    given, expected, near = case["inputs"], case["expected"], case["tolerance"]
    mixed, positive = array(given["mixed_daily"]), array(given["positive_daily"])
    yearly = risk.omega(mixed, (1 + 10) ** (1 / 252) - 1)
    assert yearly.value == pytest.approx(expected["mixed_required_annual_10"], abs=near)
    assert risk.omega(mixed, 0.01).value == pytest.approx(expected["mixed_rf_1pct"], abs=near)
    assert risk.omega(positive, 0.011).value == pytest.approx(expected["positive_rf_1.1pct"], abs=near)
    assert risk.omega(positive, 0.02).value == pytest.approx(expected["positive_rf_2pct"], abs=near)
    found = risk.omega(positive, 0.01)
    assert (found.value, found.reason) == (expected["positive_rf_1pct"], Reason.NO_LOSS)


@reference("empyrical-stability-tail")
def test_stability_is_the_fit_of_a_line_and_tail_ratio_that_of_the_quantiles(case):
    mixed = array(case["inputs"]["mixed"])
    assert risk.stability(mixed).value == pytest.approx(case["expected"]["stability_r2"], abs=1e-8)
    assert risk.tail_ratio(mixed).value == pytest.approx(case["expected"]["tail_ratio_95_5"], abs=0.05)
