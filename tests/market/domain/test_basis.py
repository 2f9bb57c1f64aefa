"""Prices that a source adjusts for splits come back as they were traded, exactly."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.domain.actions import Split
from market.domain.bars import BarRow
from market.domain.basis import RAW, AdjustmentBasis, agree, basis_of, restored, restored_row, unfit

START = date(2020, 1, 1)


def split(day: str, new: int, old: int = 1) -> Split:
    return Split(1, date.fromisoformat(day), new, old)


def as_a_source_does(raw: Decimal, ratio: Fraction) -> Decimal:
    """Adjust as the convention says, from its other end: divide by the ratio, keep 18 decimals."""
    exact = Fraction(raw) / ratio
    wide = Context(prec=80)
    quotient = wide.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return quotient.quantize(Decimal("1E-18"), ROUND_HALF_EVEN, wide)


def product(splits, day, as_of):
    found = Fraction(1)
    for one in splits:
        if day < one.ex_date <= as_of:
            found *= Fraction(one.numerator, one.denominator)
    return found


units = st.integers(1, 20)
days = st.integers(0, 40).map(lambda at: START + timedelta(days=at))
splits = st.lists(st.builds(Split, st.just(1), days, units, units), max_size=6)


@given(
    splits,
    days,
    st.integers(0, 60),
    st.decimals("0.0001", "1000000", places=4),
    st.integers(0, 10**9),
)
def test_what_is_adjusted_for_any_splits_comes_back_as_it_was(history, day, later, price, volume):
    basis = AdjustmentBasis(day + timedelta(days=later))
    ratio = product(history, day, basis.as_of)
    assert basis.ratio(history, day) == ratio
    traded = BarRow(day, price, price, price * 2, price / 2, Decimal(volume))
    source = BarRow(
        day, *(as_a_source_does(one, ratio) for one in (price, price, price * 2, price / 2)),
        as_a_source_does(Decimal(volume), 1 / ratio),
    )  # fmt: skip
    assert restored_row(source, basis.ratio(history, day)) == traded
    assert agree(price, source.close, ratio)


def test_only_splits_between_the_day_and_the_as_of_day_count():
    history = [split("2020-01-10", 2), split("2020-02-10", 3), split("2020-03-10", 1, 10)]
    basis = AdjustmentBasis(date(2020, 2, 10))
    days = ("2020-01-09", "2020-01-10", "2020-02-09", "2020-02-10")
    assert [basis.ratio(history, date.fromisoformat(one)) for one in days] == [6, 3, 3, 1]
    assert RAW.ratio(history, START) == 1
    assert AdjustmentBasis(date(2020, 3, 10)).ratio(history, START) == Fraction(6, 10)


@pytest.mark.parametrize(
    ("value", "ratio", "expected"),
    [
        ("37.26", Fraction(7), "260.82"),
        ("3.333333333333333333", Fraction(3), "10"),
        ("3.3333", Fraction(3), "9.9999"),
        ("10", Fraction(1, 3), "3.333333333333333333"),
        ("20", Fraction(1, 3), "6.666666666666666667"),
        ("0.000000000000000001", Fraction(10), "0.00000000000000001"),
        ("0.000000000000000001", Fraction(1, 3), "0"),
    ],
)
def test_conversion_is_exact_down_to_what_the_given_number_carries(value, ratio, expected):
    assert restored(Decimal(value), ratio) == Decimal(expected)


def test_number_that_no_column_holds_is_named():
    fine = BarRow(START, Decimal(1))
    assert unfit(fine) == ""
    assert unfit(BarRow(START, Decimal(0))) == "close"
    assert unfit(BarRow(START, Decimal(1), high=Decimal(10) ** 20)) == "high"
    assert unfit(BarRow(START, Decimal(1), volume=Decimal(10) ** 20)) == "volume"
    assert unfit(BarRow(START, Decimal(1), volume=Decimal(0))) == ""


@pytest.mark.parametrize(
    ("raw", "given", "ratio", "same"),
    [
        ("260.83", "37.26", 7, True),
        ("260.85", "37.26", 7, True),
        ("260.87", "37.26", 7, False),
        ("260.82", "37.259998", 7, True),
        ("260.83", "37.259998", 7, False),
        ("120", "119.40", 1, False),
        ("52", "53", 1, False),
        ("100.01", "50", 2, True),
        ("0.1234567890123456789", "0.123456789012345678", 1, True),
    ],
)
def test_prices_agree_as_far_as_both_are_rounded(raw, given, ratio, same):
    assert agree(Decimal(raw), Decimal(given), Fraction(ratio)) is same


def test_name_and_day_of_a_basis_go_together():
    assert basis_of("none", None) == basis_of("", None) == RAW
    assert basis_of("split", START) == AdjustmentBasis(START)
    assert basis_of("split", None) is None
    assert basis_of("none", START) is None
