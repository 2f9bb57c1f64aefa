"""Money adds up, on the page too; numbers are read exactly or refused by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ValidationFailed
from core.money import Money, minor_units, parse_decimal, plain, round_amount, round_parts

D = Decimal
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=18)


@pytest.mark.parametrize(
    ("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("BTC", 8), ("HUF", 2)]
)
def test_minor_units_of_a_currency_are_those_of_iso_4217(currency, places):
    assert minor_units(currency) == places


@pytest.mark.parametrize(
    ("amount", "shown"), [("2.345", "2.35"), ("-2.345", "-2.35"), ("2.3449999", "2.34"), ("0", "0.00")]
)
def test_round_amount_half_goes_away_from_zero(amount, shown):
    assert str(round_amount(D(amount), 2)) == shown


def test_round_parts_three_thirds_add_up_to_the_total():
    assert round_parts([D(1) / 3] * 3, 2, D(1)) == [D("0.34"), D("0.33"), D("0.33")]


def test_round_parts_negative_part_keeps_its_sign_and_the_sum():
    assert round_parts([D("10.006"), D("-3.334"), D("0.003")], 2) == [D("10.01"), D("-3.33"), D("0.00")]


def test_round_parts_without_parts_carries_zero_only():
    assert round_parts([], 2) == []
    with pytest.raises(ValueError, match="needs parts"):
        round_parts([], 2, D(1))


@given(st.lists(amounts, min_size=1, max_size=20), st.integers(0, 8))
def test_round_parts_of_anything_add_up_and_stay_within_one_unit(parts, places):
    rounded = round_parts(parts, places)
    unit = D(1).scaleb(-places)
    assert sum(rounded) == round_amount(sum(parts), places)
    assert all(abs(shown - part) <= unit for shown, part in zip(rounded, parts, strict=True))


def test_money_adds_subtracts_and_rounds_in_its_currency():
    total = Money(D("1.005"), "EUR") + Money(D(2), "EUR") - Money(D("0.001"), "EUR")
    assert total == Money(D("3.004"), "EUR")
    assert -total.rounded() == Money(D("-3.00"), "EUR")


def test_money_of_two_currencies_cannot_be_added():
    with pytest.raises(ValueError, match="USD cannot be added to EUR"):
        Money(D(1), "EUR") + Money(D(1), "USD")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u202f567,8", "1234567.8"),
        ("1'234.50", "1234.50"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("0,125", "0.125"),
        ("12,50", "12.50"),
        (".5", "0.5"),
        ("7.", "7"),
        ("−3", "-3"),
        ("+2", "2"),
        ("2e-8", "0.00000002"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("99999999999999999999", "99999999999999999999"),
    ],
)
def test_parse_decimal_of_the_ways_people_write_it_is_exact(text, number):
    assert parse_decimal(text, "price") == D(number)


@pytest.mark.parametrize(("mark", "number"), [(",", "1.234"), (".", "1234")])
def test_parse_decimal_with_a_known_mark_reads_it_that_way(mark, number):
    assert parse_decimal("1,234", "quantity", mark=mark) == D(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-a-number"),
        ("abc", "not-a-number"),
        ("NaN", "not-a-number"),
        ("Infinity", "not-a-number"),
        ("1,23,4.5", "not-a-number"),
        ("12.34.56", "not-a-number"),
        ("1,2,3", "not-a-number"),
        ("--1", "not-a-number"),
        ("1e999999999", "not-a-number"),
        ("٣", "not-a-number"),
        ("1,234", "ambiguous"),
        ("100000000000000000000", "too-large"),
        ("1e99", "too-large"),
        ("0.0000000000000000001", "too-fine"),
    ],
)
def test_parse_decimal_of_what_is_no_number_names_field_and_code(text, code):
    with pytest.raises(ValidationFailed) as refused:
        parse_decimal(text, "price")
    assert [(error.field, error.code) for error in refused.value.errors] == [("price", code)]
    assert refused.value.detail.startswith("price: ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+2", "100"),
        ("1.50", "1.5"),
        ("-0.00", "0"),
        ("0E-18", "0"),
        ("100", "100"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("-12345678901234567890.123456789012345678", "-12345678901234567890.123456789012345678"),
    ],
)
def test_plain_writes_no_exponent_and_no_trailing_zeros(value, text):
    assert plain(D(value)) == text
