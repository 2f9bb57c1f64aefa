"""Prices around splits: what is called, what is left open, and which moves look like a missed split."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from market.domain.actions import Split
from market.domain.jumps import Jump, Reading, across, missed
from market.domain.prices import CloseSeries


def day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def split(on: str, new: int, old: int = 1) -> Split:
    return Split(1, day(on), new, old)


def closes(**prices: str) -> dict[date, Decimal]:
    return {day(name[1:].replace("_", "-")): Decimal(price) for name, price in prices.items()}


def series(*prices: float, start: str = "03-01", gap: int = 1) -> CloseSeries:
    first = day(start).toordinal()
    days = np.arange(len(prices), dtype=np.int32) * gap + first
    return CloseSeries(days.astype(np.int32), np.array(prices, dtype=np.float64))


@pytest.mark.parametrize(
    ("ratio", "before", "after", "reading"),
    [
        ((2, 1), "100", "50", Reading.AS_TRADED),
        ((2, 1), "100", "41", Reading.AS_TRADED),
        ((2, 1), "100", "62", Reading.AS_TRADED),
        ((2, 1), "100", "100", Reading.ADJUSTED),
        ((2, 1), "100", "82", Reading.ADJUSTED),
        ((2, 1), "100", "70", Reading.UNCLEAR),
        ((2, 1), "100", "25", Reading.TWICE),
        ((2, 1), "100", "190", Reading.UNCLEAR),
        ((20, 1), "2000", "110", Reading.AS_TRADED),
        ((20, 1), "2000", "2300", Reading.ADJUSTED),
        ((20, 1), "2000", "1500", Reading.UNCLEAR),
        ((20, 1), "2000", "5.2", Reading.TWICE),
        ((1, 10), "0.5", "4.6", Reading.AS_TRADED),
        ((1, 10), "0.5", "0.45", Reading.ADJUSTED),
        ((1, 10), "0.5", "48", Reading.TWICE),
        ((3, 2), "90", "60", Reading.AS_TRADED),
        ((3, 2), "90", "90", Reading.ADJUSTED),
        ((3, 2), "90", "76", Reading.UNCLEAR),
        ((6, 5), "90", "90", Reading.UNCLEAR),
        ((21, 20), "90", "90", Reading.UNCLEAR),
    ],
)
def test_prices_across_a_split_are_read_where_they_mean_one_thing(ratio, before, after, reading):
    (one,) = across(closes(d03_04=before, d03_05=after), [split("03-05", *ratio)])
    assert one.reading is reading
    assert one.is_wrong is (reading in {Reading.ADJUSTED, Reading.TWICE})


def test_closes_are_the_nearest_within_a_week():
    rows = closes(d02_20="1", d03_01="100", d03_04="102", d03_07="51", d03_08="9")
    (one,) = across(rows, [split("03-06", 2)])
    assert (one.before_day, one.before, one.after_day, one.after) == (
        day("03-04"), Decimal(102), day("03-07"), Decimal(51),
    )  # fmt: skip
    assert (one.ex_date, one.expected) == (day("03-06"), Decimal(51))
    assert list(across(rows, [split("03-20", 2), split("02-28", 2)])) == []
    assert len(list(across(closes(d02_27="1", d03_05="1"), [split("03-05", 2)]))) == 1
    assert list(across(closes(d02_26="1", d03_05="1"), [split("03-05", 2)])) == []
    assert list(across(closes(d03_04="1", d03_12="1"), [split("03-05", 2)])) == []


def test_splits_between_the_same_closes_count_together():
    both = [split("03-05", 2), split("03-06", 3)]
    (one,) = across(closes(d03_04="60", d03_07="10"), both)
    assert (one.ratio, one.reading) == (Fraction(6), Reading.AS_TRADED)


def test_day_on_which_something_else_moves_the_price_is_not_judged():
    rows, known = closes(d03_04="100", d03_05="100"), [split("03-05", 2)]
    assert list(across(rows, known, [day("03-05")])) == []
    assert len(list(across(rows, known, [day("03-04"), day("03-06")]))) == 1


@pytest.mark.parametrize(
    ("prices", "on", "ratio"),
    [
        ([100, 100, 50, 50], 3, Fraction(2)),
        ([100, 110, 56, 50], 3, Fraction(2)),
        ([700, 690, 98, 99], 3, Fraction(7)),
        ([0.5, 0.5, 5.1, 5], 3, Fraction(1, 10)),
        ([100, 50, 50], 2, Fraction(2)),
    ],
)
def test_move_of_a_usual_ratio_that_stays_looks_like_a_missed_split(prices, on, ratio):
    assert missed(series(*prices), []) == [Jump(day(f"03-0{on - 1}"), day(f"03-0{on}"), ratio)]


@pytest.mark.parametrize(
    "prices",
    [
        [100, 100, 60, 60],
        [53.375, 53.5, 25.75, 24.25],  # Apple on 2000-09-29: a warning about its profit
        [100, 100, 50, 100],
        [100, 200, 100, 100],
        [100, 100, 43, 43],
        [100, 100, 50],
        [100, 50],
        [100, 100, 50, 0, 0],
        [100],
        [],
    ],
)
def test_other_moves_do_not(prices):
    assert missed(series(*prices), []) == []


def test_move_that_an_action_explains_or_that_spans_weeks_is_no_missed_split():
    prices = [100, 100, 50, 50]
    assert missed(series(*prices), [day("03-03")]) == []
    assert len(missed(series(*prices), [day("03-02"), day("03-04")])) == 1
    assert len(missed(series(*prices, gap=7), [])) == 1
    assert missed(series(*prices, gap=8), []) == []
