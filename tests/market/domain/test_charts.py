"""Bars as charts show them, against numbers worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.domain import charts
from market.domain.actions import Split, factor
from market.domain.bars import BarRow
from market.domain.charts import Step

ONE = Decimal(1)


def d(text: str) -> date:
    return date.fromisoformat(text)


def bar(day: str, close: str, *others: str) -> BarRow:
    """Make a bar: close, then open, high, low, volume."""
    return BarRow(d(day), Decimal(close), *(Decimal(one) for one in others))


def split(day: str, new: int, old: int) -> Split:
    return Split(1, d(day), new, old)


def test_factor_counts_splits_after_the_first_day_and_up_to_the_last():
    splits = [split("2024-01-02", 2, 1), split("2024-01-03", 3, 1), split("2024-01-04", 5, 1)]
    assert factor(splits, d("2024-01-02"), d("2024-01-03")) == Fraction(1, 3)
    assert factor(splits, d("2024-01-01"), d("2024-01-04")) == Fraction(1, 30)
    assert factor(splits, d("2024-01-04"), d("2024-01-09")) == 1


def test_adjusted_prices_fall_and_volumes_grow_by_each_later_split():
    rows = [
        bar("2024-01-02", "60", "54", "66", "48", "10"),
        bar("2024-01-03", "30", "33", "36", "27", "20"),
        bar("2024-01-04", "10", "11", "12", "9", "60"),
    ]
    splits = [split("2024-01-03", 2, 1), split("2024-01-04", 3, 1)]
    assert charts.adjusted(rows, splits, ONE) == [
        bar("2024-01-02", "10", "9", "11", "8", "60"),
        bar("2024-01-03", "10", "11", "12", "9", "60"),
        bar("2024-01-04", "10", "11", "12", "9", "60"),
    ]


def test_a_split_after_the_last_bar_changes_nothing():
    rows = [bar("2024-01-02", "60")]
    assert charts.adjusted(rows, [split("2024-01-03", 2, 1)], ONE) == rows


def test_reverse_split_raises_earlier_prices():
    rows = [bar("2024-01-02", "0.5"), bar("2024-01-03", "5")]
    assert charts.adjusted(rows, [split("2024-01-03", 1, 10)], ONE)[0] == bar("2024-01-02", "5")


def test_quote_unit_turns_prices_but_not_volumes_into_the_currency():
    rows = [bar("2024-01-02", "250", "240", "260", "230", "7")]
    assert charts.adjusted(rows, [], Decimal("0.01")) == [
        bar("2024-01-02", "2.50", "2.40", "2.60", "2.30", "7")
    ]


def test_what_does_not_come_out_even_has_15_digits():
    assert charts.scaled(Decimal(100), Fraction(1, 3)) == Decimal("33.3333333333333")
    assert charts.scaled(Decimal("123456789.123456789123"), Fraction(1)) == Decimal("123456789.123456789123")


def test_unknown_prices_stay_unknown():
    rows = [BarRow(d("2024-01-02"), Decimal(4), high=Decimal(6)), bar("2024-01-03", "2")]
    assert charts.adjusted(rows, [split("2024-01-03", 2, 1)], ONE)[0] == BarRow(
        d("2024-01-02"), Decimal(2), high=Decimal(3)
    )


def test_weeks_merge_by_iso_week_and_are_dated_by_their_last_day():
    rows = [
        bar("2024-01-05", "11", "10", "12", "9", "1"),
        bar("2024-01-08", "12", "11", "15", "10", "2"),
        bar("2024-01-10", "9", "12", "13", "8", "3"),
    ]
    assert charts.resampled(rows, Step.WEEK) == [
        bar("2024-01-05", "11", "10", "12", "9", "1"),
        bar("2024-01-10", "9", "11", "15", "8", "5"),
    ]


def test_months_merge_and_the_turn_of_the_year_does_not():
    rows = [bar("2023-12-29", "1"), bar("2024-12-30", "2"), bar("2024-12-31", "3")]
    assert charts.resampled(rows, Step.MONTH) == [bar("2023-12-29", "1"), bar("2024-12-31", "3")]


@pytest.mark.parametrize(
    ("days", "step"), [(800, Step.DAY), (801, Step.WEEK), (5593, Step.WEEK), (5607, Step.MONTH)]
)
def test_step_is_the_finest_with_800_points(days, step):
    first = d("2001-01-01")  # a Monday
    rows = [BarRow(first + timedelta(days=number), ONE) for number in range(days)]
    assert charts.step_for(rows) == step


@given(
    closes=st.lists(st.decimals("0.01", "1000", places=2), min_size=1, max_size=60),
    step=st.sampled_from(list(Step)),
)
def test_merging_keeps_first_open_last_close_extremes_and_volume(closes, step):
    rows = [
        BarRow(d("2024-01-29") + timedelta(days=at), one, one, one, one, one) for at, one in enumerate(closes)
    ]
    merged = charts.resampled(rows, step)
    assert (merged[0].open, merged[-1].close) == (closes[0], closes[-1])
    assert max(row.high for row in merged) == max(closes)
    assert min(row.low for row in merged) == min(closes)
    assert sum(row.volume for row in merged) == sum(closes)


@given(
    closes=st.lists(st.decimals("0.01", "1000", places=2), min_size=1, max_size=40),
    window=st.integers(1, 12),
)
def test_moving_average_is_the_mean_of_the_last_closes(closes, window):
    for at, mean in enumerate(charts.moving_average(closes, window)):
        last = closes[at - window + 1 : at + 1] if at >= window - 1 else []
        if not last:
            assert mean is None
        else:
            assert abs(Fraction(mean) - Fraction(sum(last)) / window) < Fraction(1, 10**10)


def test_change_since_a_price_is_in_percent():
    assert charts.change_since([Decimal(100), Decimal("112.5"), Decimal(80)], Decimal(100)) == [
        Decimal(0), Decimal("12.5"), Decimal(-20),
    ]  # fmt: skip
