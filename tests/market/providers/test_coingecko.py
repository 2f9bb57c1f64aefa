"""CoinGecko, as docs.coingecko.com shows its answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from core.errors import ValidationFailed
from market.domain.bars import BarRow
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderLimited, ProviderUnknown, ProviderUnreadable
from market.models import Instrument
from market.providers import ADAPTERS, CannotDo, Company, SourceSettings
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import payload, says

pytestmark = pytest.mark.django_db
NOW = utc("2024-03-25T08:46:00")


@pytest.fixture
def gecko(adapter):
    with time_machine.travel(utc("2024-03-25T12:00:00"), tick=True):
        yield adapter("coingecko")


@pytest.fixture
def coin(listing):
    def make(coin_id, currency="USD"):
        fields = {"kind": Instrument.Kind.CRYPTO, "coin_id": coin_id, "currency": currency}
        return listing(f"{coin_id}-{currency}", None, **fields)

    return make


def test_coins_of_a_currency_are_one_request(source, gecko, coin):
    bitcoin, pepe, gone = coin("bitcoin"), coin("pepe"), coin("gone")
    source.on("/simple/price", payload("coingecko-simple-price.json"))
    assert gecko.quotes(wanted(bitcoin, pepe, gone, coin("")), NOW) == [
        NewQuote(
            bitcoin.pk, Decimal("67187.3358936566"), utc("2024-03-25T08:45:00"), "coingecko",
            Quality.LIVE, "USD",
        ),
        NewQuote(
            pepe.pk, Decimal("0.00000782347"), utc("2024-03-25T08:44:59"), "coingecko", Quality.LIVE, "USD"
        ),
    ]  # fmt: skip
    assert [one.params for one in source.asked] == [
        {
            "ids": "bitcoin,pepe,gone",
            "vs_currencies": "usd",
            "include_last_updated_at": "true",
            "precision": "full",
        }
    ]
    assert source.asked[0].headers["x-cg-demo-api-key"] == KEY


def test_each_currency_is_asked_apart(source, gecko, listing):
    kind = Instrument.Kind.CRYPTO
    one = listing("BTC", None, kind=kind, coin_id="bitcoin")
    other = listing("BTC-EUR", None, kind=kind, currency="EUR")
    source.on("/simple/price", says({"bitcoin": {"usd": 2, "last_updated_at": 1711356300}}))
    gecko.settings.symbols[other.pk] = "bitcoin"
    assert [quote.instrument for quote in gecko.quotes(wanted(one, other), NOW)] == [one.pk]
    assert [asked.params["vs_currencies"] for asked in source.asked] == ["usd", "eur"]


def test_price_finer_than_a_column_is_rounded_to_it(source, gecko, coin):
    body = '{"dust": {"usd": 1.23456789012345678901e-7, "last_updated_at": 1711356300}}'
    source.on("/simple/price", says(body))
    (quote,) = gecko.quotes(wanted(coin("dust")), NOW)
    assert quote.price == Decimal("0.000000123456789012")


@pytest.mark.parametrize("row", [{}, {"usd": None, "last_updated_at": 1}, {"usd": 5}, [], None])
def test_price_without_number_or_time_is_unreadable(source, gecko, coin, row):
    source.on("/simple/price", says({"bitcoin": row}))
    with pytest.raises(ProviderUnreadable):
        gecko.quotes(wanted(coin("bitcoin")), NOW)


def test_limit_is_told(source, gecko, coin):
    body = {"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}}
    source.on("/simple/price", says(body, 429, Retry_After="57"))
    with pytest.raises(ProviderLimited, match="exceeded the Rate Limit") as raised:
        gecko.quotes(wanted(coin("bitcoin")), NOW)
    assert raised.value.retry_after == 57


def test_price_of_midnight_closes_the_day_before_and_that_of_now_none(source, gecko, coin):
    source.on("/coins/bitcoin/market_chart/range", payload("coingecko-market-chart-range.json"))
    assert gecko.history(coin("bitcoin"), date(2024, 1, 1), date(2024, 1, 5)) == [
        BarRow(date(2024, 1, 1), Decimal("44168.6826")),
        BarRow(date(2024, 1, 2), Decimal("44994.6375")),
        BarRow(date(2024, 1, 3), Decimal("42821.9155")),
    ]
    asked = source.asked[0].params
    assert (asked["from"], asked["to"], asked["interval"]) == ("1704153600", "1704499201", "daily")


def test_demo_plan_reaches_a_year_back(source, adapter, gecko, coin):
    source.on("/coins/bitcoin/market_chart/range", says({"prices": []}))
    bitcoin = coin("bitcoin")
    assert gecko.history(bitcoin, date(2020, 1, 1), date(2021, 1, 1)) == []
    assert source.asked == []
    gecko.history(bitcoin, date(2020, 1, 1), date(2024, 3, 1))
    adapter("coingecko", options={"plan": "pro"}).history(bitcoin, date(2020, 1, 1), date(2021, 1, 1))
    begins = [utc("2023-03-28T00:00:00"), utc("2020-01-02T00:00:00")]
    assert [int(one.params["from"]) for one in source.asked] == [int(one.timestamp()) for one in begins]
    assert source.asked[1].headers["x-cg-pro-api-key"] == KEY


def test_profile_says_where_the_picture_is(source, gecko, coin):
    source.on("/coins/bitcoin", payload("coingecko-coin.json"))
    assert gecko.profile(coin("bitcoin")) == Company(
        symbol="BTC",
        name="Bitcoin",
        currency="",
        website="http://www.bitcoin.org",
        logo="https://assets.coingecko.com/coins/images/1/large/bitcoin.png",
        id="bitcoin",
    )
    with pytest.raises(ProviderUnknown):
        gecko.profile(coin("nosuch"))


def test_search_tells_the_id(source, gecko):
    source.on("/search", payload("coingecko-search.json"))
    (found,) = gecko.search("eth")
    assert (found.id, found.symbol, found.name) == ("ethereum", "ETH", "Ethereum")


def test_it_needs_no_key_and_says_what_it_cannot(source, adapter, coin):
    source.on("/simple/price", says({}))
    keyless = adapter("coingecko", key="")
    keyless.quotes(wanted(coin("bitcoin")), NOW)
    assert not [name for name in source.asked[0].headers if name.startswith("x-cg")]
    with pytest.raises(CannotDo):
        keyless.rates("USD", ["EUR"], date(2024, 1, 1))


@pytest.mark.parametrize("plan", ["free", 5, ["pro"]])
def test_plan_is_one_of_two(plan):
    with pytest.raises(ValidationFailed, match=r"options\.plan"):
        ADAPTERS["coingecko"](SourceSettings(options={"plan": plan}))
