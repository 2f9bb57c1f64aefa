"""Rates, prices and splits as they are read: the last known, carried over splits, never from the future."""

from datetime import date
from decimal import Decimal

import pytest

from portfolios.domain.entries import Split
from portfolios.domain.exact import exact
from portfolios.domain.prices import PriceUsed, SplitTable, Valuer
from portfolios.domain.rates import RateUsed
from tests.support.ledgers import prices, rates
from tests.support.tables import CrossRates

D = Decimal
DAY = date(2024, 3, 8)


def test_rate_between_two_days_is_the_earlier_one_with_its_day_and_source():
    table = rates("EUR", USD={"2024-03-01": "0.92", "2024-03-11": "0.95"})
    assert table.rate("USD", DAY) == RateUsed(D("0.92"), date(2024, 3, 1), "market")


@pytest.mark.parametrize(("currency", "day"), [("USD", date(2024, 2, 29)), ("CHF", DAY)])
def test_rate_before_the_first_or_of_an_unknown_currency_is_none(currency, day):
    assert rates("EUR", USD={"2024-03-01": "0.92"}).rate(currency, day) is None


def test_rate_of_the_portfolios_own_currency_is_exactly_one_and_of_that_day():
    assert rates("EUR").rate("EUR", DAY) == RateUsed(D(1), DAY, "identity")


def test_cross_rate_is_the_quotient_and_as_old_as_the_older_side():
    per_euro = {"USD": [(date(2024, 3, 7), D("1.08"))], "CHF": [(date(2024, 3, 1), D("0.9558"))]}
    table = CrossRates("CHF", "EUR", per_euro, source="ecb")
    with exact():
        assert table.rate("USD", DAY) == RateUsed(D("0.885"), date(2024, 3, 1), "ecb")
        assert table.rate("EUR", DAY) == RateUsed(D("0.9558"), date(2024, 3, 1), "ecb")
        assert table.rate("JPY", DAY) is None
        assert table.rate("CHF", DAY) == RateUsed(D(1), DAY, "identity")


def test_price_between_two_days_is_the_earlier_one_with_its_day():
    table = prices({1: "USD"}, i1={"2024-03-01": 10, "2024-03-11": 12})
    assert table.price(1, DAY) == PriceUsed(D(10), "USD", date(2024, 3, 1), "close")
    assert table.price(1, date(2024, 2, 1)) is None
    assert table.price(2, DAY) is None


def test_price_carried_over_splits_is_divided_by_each_of_them():
    table = SplitTable([Split(1, date(2024, 3, 4), 2, 1), Split(1, DAY, 3, 2), Split(2, DAY, 10, 1)])
    with exact():
        assert table.carried(D(60), 1, date(2024, 3, 1), DAY) == 20
        assert table.carried(D(60), 1, date(2024, 3, 4), DAY) == 40
        assert table.carried(D(60), 1, DAY, date(2024, 4, 1)) == 60


def test_own_trade_price_stands_in_only_where_no_market_price_is_known():
    table = prices({1: "EUR"}, i1={"2024-03-05": 50})
    valuer = Valuer(table, rates("EUR"), SplitTable([]))
    own = PriceUsed(D(44), "EUR", date(2024, 3, 1), "trade")
    assert valuer.price(1, "EUR", date(2024, 3, 4), own) == own
    assert valuer.price(1, "EUR", DAY, own).price == 50
    assert valuer.price(1, "EUR", date(2024, 2, 28), own) is None


def test_price_in_another_currency_is_converted_into_that_of_the_instrument():
    table = prices({1: "USD"}, i1={"2024-03-05": 50})
    valuer = Valuer(table, rates("EUR", USD={"2024-03-05": "0.9"}), SplitTable([]))
    with exact():
        assert valuer.price(1, "EUR", DAY, None).price == 45
        assert valuer.price(1, "CHF", DAY, None) is None
