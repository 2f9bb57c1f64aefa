"""Exchange rates: the last known, the user's own first, crossed where need be, never made up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from core.models import LIVE_WORLD
from market.domain.rates import RateUsed
from market.selectors.rates import rate_table
from tests.market.builders import fx

pytestmark = pytest.mark.django_db
DAY = date(2024, 1, 5)


def rate(currency, base, day=DAY, user=None):
    return rate_table(user.pk if user else None, LIVE_WORLD, [currency], base).rate(currency, day)


def test_the_base_itself_is_exactly_one():
    assert rate("EUR", "EUR") == RateUsed(Decimal(1), DAY, "identity")


def test_an_unknown_rate_is_none_and_never_one():
    assert rate("USD", "EUR") is None


def test_a_later_rate_is_never_used():
    fx("EUR", "USD", "2024-01-08", "1.25")
    assert rate("USD", "EUR") is None


def test_a_direct_rate_is_taken_as_stored():
    fx("USD", "EUR", "2024-01-03", "0.912345678901234567")
    assert rate("USD", "EUR") == RateUsed(Decimal("0.912345678901234567"), date(2024, 1, 3), "ecb")


def test_an_inverse_is_rounded_once_to_18_places():
    fx("EUR", "USD", "2024-01-05", "1.0921")
    assert rate("USD", "EUR") == RateUsed(Decimal("0.915667063455727497"), DAY, "ecb")


def test_a_cross_divides_once_and_carries_the_older_day():
    fx("EUR", "USD", "2024-01-05", "1.0921")
    fx("EUR", "CHF", "2024-01-04", "0.9323")
    assert rate("USD", "CHF") == RateUsed(Decimal("0.853676403259774746"), date(2024, 1, 4), "ecb")


def test_an_own_rate_wins_on_the_same_day(ida):
    fx("EUR", "USD", "2024-01-05", "1.25")
    fx("USD", "EUR", "2024-01-05", "0.9", owner=ida, source="manual")
    assert rate("USD", "EUR", user=ida) == RateUsed(Decimal("0.9"), DAY, "manual")
    assert rate("USD", "EUR") == RateUsed(Decimal("0.8"), DAY, "ecb")


def test_the_later_of_own_and_public_wins(ida):
    fx("USD", "EUR", "2024-01-02", "0.9", owner=ida, source="manual")
    fx("EUR", "USD", "2024-01-04", "1.25")
    assert rate("USD", "EUR", date(2024, 1, 3), ida).rate == Decimal("0.9")
    assert rate("USD", "EUR", date(2024, 1, 4), ida).rate == Decimal("0.8")


def test_somebody_elses_rate_is_not_seen(ida, sven):
    fx("USD", "EUR", "2024-01-05", "0.9", owner=sven, source="manual")
    assert rate("USD", "EUR", user=ida) is None


def test_an_own_coin_rate_is_crossed_over_the_currency_it_is_told_in(ida):
    fx("BTC", "USD", "2024-01-05", "44000", owner=ida, source="manual")
    fx("EUR", "USD", "2024-01-05", "1.1")
    fx("EUR", "CHF", "2024-01-05", "0.95")
    assert rate("BTC", "EUR", user=ida) == RateUsed(Decimal(40000), DAY, "manual+ecb")
    assert rate("BTC", "CHF", user=ida) == RateUsed(Decimal(38000), DAY, "manual+ecb")


def test_a_cross_too_small_for_18_places_is_unknown_and_not_zero():
    fx("EUR", "XXX", "2024-01-05", "99999999999999999999")
    assert rate("XXX", "EUR") is None


def test_series_hold_the_same_rates_as_single_days(ida):
    fx("EUR", "USD", "2024-01-02", "1.10")
    fx("EUR", "CHF", "2024-01-03", "0.93")
    fx("EUR", "USD", "2024-01-05", "1.12")
    fx("USD", "CHF", "2024-01-05", "0.80", owner=ida, source="manual")
    table = rate_table(ida.pk, LIVE_WORLD, ["USD", "GBP"], "CHF")
    days, rates = table.series("USD")
    assert [date.fromordinal(day) for day in days.tolist()] == [date(2024, 1, 3), date(2024, 1, 5)]
    exact = [float(table.rate("USD", date.fromordinal(day)).rate) for day in days.tolist()]
    assert np.allclose(rates, exact, rtol=1e-15)
    assert rates[-1] == 0.8
    assert table.series("GBP")[0].tolist() == []
    assert table.series("CHF")[1].tolist() == [1.0]
    assert table.currencies() == ["EUR", "USD"]


def test_a_table_is_read_in_one_query(django_assert_num_queries, ida):
    fx("EUR", "USD", "2024-01-02", "1.10")
    with django_assert_num_queries(1):
        table = rate_table(ida.pk, LIVE_WORLD, ["USD", "GBP"], "CHF")
        table.rate("USD", DAY)
        table.series("USD")
