"""Tiingo, as tiingo.com/documentation shows its answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow
from market.domain.basis import RAW
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderRefused, ProviderUnknown, ProviderUnreadable
from market.models import Instrument
from market.providers import Company
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import payload, says

pytestmark = pytest.mark.django_db
NOW = utc("2019-01-30T15:34:00")
KIND = Instrument.Kind


@pytest.fixture
def tiingo(adapter):
    return adapter("tiingo")


@pytest.fixture
def coin(listing):
    return listing("BTC", None, kind=KIND.CRYPTO)


@pytest.fixture
def pair(listing):
    return listing("EURUSD", None, kind=KIND.CURRENCY_PAIR)


def test_quotes_of_listings_are_one_request_without_what_is_of_one_exchange(source, tiingo, listing):
    apple, microsoft = listing("AAPL"), listing("MSFT")
    source.on("/iex/", payload("tiingo-iex.json"))
    assert tiingo.quotes(wanted(apple, microsoft, listing("VOD", "XLON")), NOW) == [
        NewQuote(
            instrument=apple.pk,
            price=Decimal("162.33"),
            at=utc("2019-01-30T15:33:38.186520"),
            source="tiingo",
            quality=Quality.LIVE,
            currency="USD",
            bid=Decimal("162.34"),
            ask=Decimal("163.0"),
            previous_close=Decimal("154.68"),
        ),
        NewQuote(
            instrument=microsoft.pk,
            price=Decimal("104.1"),
            at=utc("2019-01-30T15:33:38"),
            source="tiingo",
            quality=Quality.LIVE,
            currency="USD",
            previous_close=Decimal("102.94"),
        ),
    ]
    assert source.asked[0].params == {"tickers": "aapl,msft"}
    assert source.asked[0].headers["authorization"] == f"Token {KEY}"


def test_listings_coins_and_currencies_have_places_of_their_own(source, tiingo, listing, coin, pair):
    source.on("/iex/", payload("tiingo-iex.json"))
    source.on("/tiingo/crypto/top", payload("tiingo-crypto-top.json"))
    source.on("/tiingo/fx/top", payload("tiingo-fx-top.json"))
    apple = listing("AAPL")
    found = {one.instrument: one for one in tiingo.quotes(wanted(coin, apple, pair), NOW)}
    assert list(found) == [coin.pk, apple.pk, pair.pk]
    bitcoin, euro = found[coin.pk], found[pair.pk]
    assert (bitcoin.price, bitcoin.bid, bitcoin.ask, bitcoin.currency) == (
        Decimal("3447.89"),
        Decimal("3447.5"),
        Decimal("3448.0"),
        "USD",
    )
    assert (euro.price, euro.currency, euro.at) == (
        Decimal("1.128595"),
        "USD",
        utc("2019-07-01T21:00:01.289000"),
    )


def test_wrong_currency_is_named(source, tiingo, listing):
    source.on("/iex/", payload("tiingo-iex.json"))
    assert [one.currency for one in tiingo.quotes(wanted(listing("AAPL", currency="EUR")), NOW)] == ["USD"]


def test_class_shares_are_written_with_a_dash(source, tiingo, listing):
    source.on("/iex/", says([]))
    assert tiingo.quotes(wanted(listing("BRK.B", "XNYS")), NOW) == []
    assert source.asked[0].params == {"tickers": "brk-b"}


@pytest.mark.parametrize(
    "row",
    [
        {"ticker": "AAPL", "timestamp": "2019-01-30T10:33:38-05:00"},
        {"ticker": "AAPL", "tngoLast": 5},
        {"ticker": "AAPL", "tngoLast": 5, "timestamp": "noon"},
        {"ticker": "AAPL", "tngoLast": "Infinity", "timestamp": "2019-01-30T10:33:38-05:00"},
    ],
)
def test_row_without_price_or_time_is_unreadable(source, tiingo, listing, row):
    source.on("/iex/", says([row]))
    with pytest.raises(ProviderUnreadable):
        tiingo.quotes(wanted(listing("AAPL")), NOW)


def test_history_takes_the_raw_columns(source, tiingo, listing):
    source.on("/tiingo/daily/AAPL/prices", payload("tiingo-daily.json"))
    rows = tiingo.history(listing("AAPL"), date(2020, 8, 28), date(2020, 8, 31))
    assert rows == [
        BarRow(
            date(2020, 8, 28), Decimal("499.23"), Decimal("504.05"), Decimal("505.77"), Decimal("498.31"),
            Decimal(46907479),
        ),
        BarRow(
            date(2020, 8, 31), Decimal("129.04"), Decimal("127.58"), Decimal("131.0"), Decimal("126.0"),
            Decimal(225702688),
        ),
    ]  # fmt: skip
    assert source.asked[0].params == {"startDate": "2020-08-28", "endDate": "2020-08-31"}
    assert tiingo.basis(date(2020, 8, 31)) == RAW


def test_history_of_coins_and_currencies(source, tiingo, coin, pair):
    source.on("/tiingo/crypto/prices", payload("tiingo-crypto-prices.json"))
    source.on("/tiingo/fx/eurusd/prices", payload("tiingo-fx-prices.json"))
    (bitcoin,) = tiingo.history(coin, date(2019, 1, 1), date(2019, 1, 3))
    (euro,) = tiingo.history(pair, date(2019, 7, 1), date(2019, 7, 2))
    assert (bitcoin.day, bitcoin.close) == (date(2019, 1, 2), Decimal("3873.16"))
    assert (euro.day, euro.close, euro.volume) == (date(2019, 7, 1), Decimal("1.1285"), None)
    source.on("/tiingo/crypto/prices", says([]))
    assert tiingo.history(coin, date(2019, 1, 1), date(2019, 1, 4)) == []


def test_actions_stand_in_the_rows_of_days(source, tiingo, listing):
    apple = listing("AAPL")
    source.on("/tiingo/daily/AAPL/prices", payload("tiingo-daily.json"))
    assert tiingo.actions(apple, date(2020, 8, 1), date(2020, 12, 1)) == [
        Split(apple.pk, date(2020, 8, 31), 4, 1),
        Dividend(apple.pk, date(2020, 11, 6), Decimal("0.205"), "USD"),
    ]


def test_reverse_split_is_a_ratio_of_whole_numbers(source, tiingo, listing):
    stock = listing("GE", "XNYS")
    row = {"date": "2021-08-02T00:00:00.000Z", "close": 103.2, "divCash": 0, "splitFactor": 0.125}
    source.on("/tiingo/daily/GE/prices", says([row]))
    found = tiingo.actions(stock, date(2021, 8, 1), date(2021, 8, 31))
    assert found == [Split(stock.pk, date(2021, 8, 2), 1, 8)]


def test_profile_and_search(source, tiingo, listing):
    source.on("/tiingo/daily/AAPL", payload("tiingo-meta.json"))
    source.on("/tiingo/utilities/search", payload("tiingo-search.json"))
    assert tiingo.profile(listing("AAPL")) == Company("AAPL", "Apple Inc", "USD", mic="XNAS", id="AAPL")
    assert tiingo.search("apple") == [Company("AAPL", "Apple Inc", "USD", country="US", id="AAPL")]


def test_rates_are_closes_of_the_day(source, tiingo):
    source.on("/tiingo/fx/eurusd/prices", payload("tiingo-fx-prices.json"))
    source.on("/tiingo/fx/eurjpy/prices", says([]))
    assert tiingo.rates("EUR", ["USD", "JPY"], date(2019, 7, 1)) == {"USD": Decimal("1.1285")}


def test_unknown_symbol_and_wrong_key(source, tiingo, listing):
    source.on("/tiingo/daily/NOPE", says({"detail": "Error: Ticker 'NOPE' not found"}, 404))
    with pytest.raises(ProviderUnknown, match="Ticker 'NOPE' not found"):
        tiingo.profile(listing("NOPE"))
    source.on("/iex/", says({"detail": "Invalid token."}, 401))
    with pytest.raises(ProviderRefused, match="Invalid token"):
        tiingo.quotes(wanted(listing("AAPL")), NOW)
    with pytest.raises(ProviderUnknown):
        tiingo.symbol_of(listing("VOD", "XLON"))
