"""Returns: what is defined is exact, what is not is None with its reason."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.domain.reasons import Figure, Reason
from portfolios.domain.returns import (
    annualised,
    daily_returns,
    linked,
    simple,
    simple_of_days,
    time_weighted,
    xirr,
)
from tests.support.ledgers import entry
from tests.support.series import series

D = Decimal
ONE, TWO = date(2023, 1, 1), date(2024, 1, 1)


def of(value, inflow=None, outflow=None):
    zero = [0.0] * len(value)
    return daily_returns(np.array(value, float), np.array(inflow or zero), np.array(outflow or zero))


@given(st.lists(st.floats(0.8, 1.25), min_size=1, max_size=30), st.data())
def test_twr_of_an_index_is_the_same_whatever_flows_pass_through(factors, data):
    value, values, ins, outs = 1000.0, [1000.0], [0.0], [0.0]
    for factor in factors:
        inflow = data.draw(st.sampled_from([0.0, 0.0, 250.0, 5000.0]))
        grown = (value + inflow) * factor
        outflow = data.draw(st.sampled_from([0.0, 0.0, 0.3, 0.9])) * grown
        value = grown - outflow
        values.append(value)
        ins.append(inflow)
        outs.append(outflow)
    total = time_weighted(of(values, ins, outs)).value
    assert total == pytest.approx(np.prod(factors) - 1, rel=1e-9, abs=1e-12)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([100, 2500])), max_size=6))
def test_twr_of_a_fund_bought_in_parts_at_its_close_is_that_of_its_price(deposits):
    closes = {f"2024-01-{day:02d}": 50 + 3 * day % 7 for day in range(1, 11)}
    first = entry("2024-01-01", "buy", 4, closes["2024-01-01"], instrument=1)
    # Each purchase is at the close of the day before, from which the start of its day takes off.
    rows = [
        entry(f"2024-01-{day + 1:02d}", "buy", amount / 100, closes[f"2024-01-{day:02d}"], instrument=1)
        for day, amount in deposits
    ]
    found = series([first, *rows], "2024-01-01", "2024-01-10", prices={1: closes}, tracks_cash=False)
    total = linked(daily_returns(found.value, found.inflow, found.outflow).daily)[-1]
    assert total == pytest.approx(closes["2024-01-10"] / closes["2024-01-01"] - 1, rel=1e-9)


def test_twr_of_an_overdrawn_day_is_none_with_the_reason():
    returns = of([100, -50, -40])
    assert returns.negative.tolist() == [False, False, True]
    assert time_weighted(returns) == Figure(None, Reason.NEGATIVE_VALUE)


def test_twr_of_one_value_is_none_with_the_reason():
    assert time_weighted(of([100])) == Figure(None, Reason.SHORT_PERIOD)


def test_daily_return_of_a_total_loss_is_minus_one_and_stays():
    returns = of([100, 0, 0])
    assert returns.daily.tolist() == [0.0, -1.0, 0.0]
    assert linked(returns.daily).tolist() == [0.0, -1.0, -1.0]


def test_daily_return_of_the_dust_of_a_sold_out_portfolio_is_zero():
    daily = of([100, 2e-13, 6e-13], outflow=[0, 100, 0]).daily
    assert daily[1] == pytest.approx(0.0, abs=1e-12)
    assert daily[2] == 0.0


def test_annualised_under_a_year_is_none_and_from_a_year_on_a_power():
    assert annualised(0.1, 364) == Figure(None, Reason.SHORT_PERIOD)
    assert annualised(0.21, 730).value == pytest.approx(0.1, abs=1e-15)
    assert annualised(-1.0, 730).value == -1.0
    assert annualised(-1.2, 730) == Figure(None, Reason.TOTAL_LOSS)


def test_simple_return_of_nothing_put_in_is_none_with_the_reason():
    assert simple(D(0), D(0), D(0)) == Figure(None, Reason.NO_FLOWS)
    assert simple(D(100), D(10), D(-150)) == Figure(None, Reason.NEGATIVE_VALUE)
    assert simple(D(100), D(165), D(50)).value == D("0.1")


def test_simple_return_of_days_counts_small_units_as_money():
    zero = np.zeros(2)
    assert simple_of_days(np.array([0.0, 0.006]), np.array([0.0, 0.004]), zero).value == 0.5


def test_simple_return_of_days_whose_flows_cancel_is_none_with_the_reason():
    flows = np.array([0.0, 0.1, 0.2, 0.0]), np.array([0.0, 0.0, 0.0, 0.3])
    assert sum(flows[0]) != sum(flows[1])
    found = simple_of_days(np.zeros(4), *flows)
    assert found == Figure(None, Reason.NO_FLOWS)


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        ([], Reason.NO_FLOWS),
        ([(ONE, D(0)), (TWO, D(0))], Reason.NO_FLOWS),
        ([(ONE, D(-5)), (TWO, D(-5))], Reason.NO_SIGN_CHANGE),
        ([(ONE, D(-5)), (ONE, D(6))], Reason.SAME_DAY),
        ([(ONE, D(-100)), (TWO, D(230)), (date(2025, 1, 1), D(-132))], Reason.SEVERAL_ROOTS),
    ],
)
def test_xirr_without_an_answer_is_none_with_the_reason(flows, reason):
    assert xirr(flows) == Figure(None, reason)


@given(
    st.floats(-0.9, 3.0),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 10_000)), min_size=1, max_size=20),
)
def test_xirr_of_money_that_grew_at_one_rate_is_that_rate(rate, deposits):
    end = date(2030, 1, 1)
    paid = [(date.fromordinal(end.toordinal() - 100 - days), -float(amount)) for days, amount in deposits]
    back = sum(-amount * (1 + rate) ** ((end - day).days / 365) for day, amount in paid)
    assert xirr([*paid, (end, back)]).value == pytest.approx(rate, abs=1e-7)


@pytest.mark.parametrize(("value", "reason"), [(None, None), (1.0, Reason.NO_PRICE)])
def test_figure_with_both_or_neither_is_refused(value, reason):
    with pytest.raises(ValueError, match="either"):
        Figure(value, reason)
