"""Figures beside a benchmark, its total return, blends, and the same flows in it."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain import relative
from portfolios.domain.arrays import day_number
from portfolios.domain.benchmark import blended, same_flows, total_return
from portfolios.domain.reasons import Reason
from portfolios.domain.relative import Pair

returns = st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=40).map(np.array)


@settings(max_examples=50)
@given(returns, st.floats(-3, 3), st.floats(-0.01, 0.01))
def test_beta_and_alpha_of_a_straight_line_are_its_slope_and_start(theirs, slope, start):
    pair = Pair.known(start + slope * theirs, theirs)
    if relative.beta(pair).reason is Reason.NO_VARIATION or theirs.std() < 1e-6:
        return
    assert relative.beta(pair).value == pytest.approx(slope, abs=1e-6)
    assert relative.alpha(pair, periods=1).value == pytest.approx(start, abs=1e-6)


def test_of_the_benchmark_itself_nothing_is_active():
    theirs = np.array([0.01, -0.02, 0.03, np.nan])
    pair = Pair.known(theirs, theirs)
    assert len(pair.ours) == 3
    assert relative.beta(pair).value == pytest.approx(1.0)
    assert relative.correlation(pair).value == 1.0
    assert relative.tracking_error(pair).value == 0.0
    assert relative.information_ratio(pair).reason is Reason.NO_VARIATION
    assert (relative.up_capture(pair).value, relative.down_capture(pair).value) == (1.0, 1.0)


def test_captures_compare_the_spans_in_which_the_benchmark_rose_or_fell():
    pair = Pair.known(np.array([0.1, -0.1, 0.21]), np.array([0.2, -0.2, 0.2]))
    # 1.1 × 1.21 over two spans against 1.2²
    assert relative.up_capture(pair).value == pytest.approx((1.331**0.5 - 1) / 0.2)
    assert relative.down_capture(pair).value == pytest.approx(0.5)
    rose = Pair(np.array([0.1, 0.2]), np.array([0.1, 0.2]))
    assert relative.down_capture(rose).reason is Reason.NO_LOSS
    assert relative.up_capture(Pair(-rose.ours, -rose.theirs)).reason is Reason.NO_GAIN
    flat = Pair(np.array([0.1, 0.2]), np.zeros(2))
    assert relative.beta(flat).reason is relative.correlation(flat).reason is Reason.NO_VARIATION
    none = Pair(np.zeros(0), np.zeros(0))
    assert relative.beta(none).reason is relative.up_capture(none).reason is Reason.TOO_FEW_OBSERVATIONS


def test_a_dividend_buys_units_at_the_close_of_its_day():
    price = np.array([np.nan, 100.0, 96.0, 120.0])
    index = total_return(price, np.array([0.0, 0.0, 4.0, 0.0]))
    # (96 + 4) / 100 = 1: the fall on the ex-date is the dividend
    assert index[1:] == pytest.approx([100.0, 100.0, 125.0])
    assert np.isnan(index[0])


def test_a_blend_returns_to_its_weights_at_the_end_of_a_month():
    days = day_number(date(2024, 1, 30)) + np.arange(4)  # 30, 31 January, 1, 2 February
    one, other = np.array([1.0, 2.0, 2.0, 4.0]), np.array([np.nan, 1.0, 1.0, 1.0])
    both = blended(days, [one, other], [0.5, 0.5])
    assert np.isnan(both[0])
    assert both[1:].tolist() == [1.0, 1.0, 1.5]
    full = blended(days, [one, np.ones(4)], [0.5, 0.5])
    # January +50 %; then again half of it in each, of which one doubles
    assert full.tolist() == [1.0, 1.5, 1.5, 2.25]


def test_same_flows_buy_and_sell_at_the_level_of_their_day():
    index = np.array([10.0, 20.0, 40.0, 20.0])
    found = same_flows(index, 100.0, np.array([9.0, 40.0, 0.0, 0.0]), np.array([0.0, 0.0, 80.0, 0.0]))
    # 10 units, 2 more, 2 less; the opening's own flows are in its value
    assert found.value.tolist() == [100.0, 240.0, 400.0, 200.0]
    assert found.final.value == 200.0


def test_same_flows_that_the_benchmark_could_not_follow_are_none_with_the_reason():
    nothing = np.zeros(3)
    late = same_flows(np.array([np.nan, np.nan, 1.0]), 0.0, np.array([0.0, 5.0, 0.0]), nothing)
    assert late.final.reason is Reason.NO_PRICE
    spent = same_flows(np.array([10.0, 5.0, 5.0]), 10.0, nothing, np.array([0.0, 8.0, 0.0]))
    assert spent.final.reason is Reason.NEGATIVE_VALUE
    assert np.isnan(spent.value).tolist() == [False, True, True]
    early = same_flows(np.array([np.nan, 1.0, 2.0]), 0.0, np.array([0.0, 5.0, 0.0]), nothing)
    assert early.final.value == 10.0


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 100)), min_size=2, max_size=20))
def test_money_taken_out_at_once_leaves_nothing(rows):
    index = np.array([level for level, _ in rows])
    paid = np.array([money for _, money in rows])
    assert same_flows(index, 0.0, paid, paid).final.value == 0.0
