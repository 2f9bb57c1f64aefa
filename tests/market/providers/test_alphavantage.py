"""Alpha Vantage, as alphavantage.co/documentation shows its answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from market.domain.actions import Dividend, Split
from market.domain.basis import RAW
from market.domain.prices import Quality
from market.errors import (
    ProviderFailed,
    ProviderLimited,
    ProviderRefused,
    ProviderUnknown,
    ProviderUnreadable,
)
from market.models import Instrument
from market.providers import Company, Unread
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import payload, says

pytestmark = pytest.mark.django_db
EVENING = utc("2024-03-28T22:00:00")


@pytest.fixture
def vantage(adapter):
    with time_machine.travel(utc("2024-04-02T12:00:00"), tick=True):
        yield adapter("alphavantage")


def test_last_close_is_true_at_the_end_of_its_day(source, vantage, listing):
    source.on("/query", payload("alphavantage-global-quote.json"))
    (quote,) = vantage.quotes(wanted(listing("IBM", "XNYS")), utc("2024-04-01T10:00:00"))
    assert (quote.price, quote.at, quote.quality) == (
        Decimal("225.7700"),
        utc("2024-03-29T03:59:59"),
        Quality.CLOSE,
    )
    assert (quote.open, quote.high, quote.low) == (Decimal("223.35"), Decimal("226.08"), Decimal("221.735"))
    assert (quote.volume, quote.previous_close) == (Decimal(3486200), Decimal(224))
    assert source.asked[0].params == {"function": "GLOBAL_QUOTE", "symbol": "IBM", "apikey": KEY}


def test_price_of_the_day_that_runs_is_delayed_and_of_now(source, vantage, listing):
    source.on("/query", payload("alphavantage-global-quote.json"))
    (quote,) = vantage.quotes(wanted(listing("IBM", "XNYS")), EVENING)
    assert (quote.at, quote.quality) == (EVENING, Quality.DELAYED)


@pytest.mark.parametrize(
    ("place", "named"),
    [(("BRK.B", "XNYS"), "BRK-B"), (("TSCO", "XLON"), "TSCO.LON"), (("MBG", "XETR"), "MBG.DEX")],
)
def test_symbol_follows_from_the_exchange(source, vantage, listing, place, named):
    source.on("/query", payload("alphavantage-global-quote.json"))
    vantage.quotes(wanted(listing(*place)), EVENING)
    assert source.asked[0].params["symbol"] == named


def test_unknown_symbol_is_left_out(source, vantage, listing):
    source.on("/query", says({"Global Quote": {}}))
    assert vantage.quotes(wanted(listing("NOPE"), listing("KZAP", "XKAZ")), EVENING) == []
    assert len(source.asked) == 1


@pytest.mark.parametrize(
    ("name", "error", "retry_after"),
    [
        ("alphavantage-limit.json", ProviderLimited, 3600),
        ("alphavantage-note.json", ProviderLimited, 3600),
        ("alphavantage-premium.json", ProviderRefused, None),
        ("alphavantage-key.json", ProviderRefused, None),
        ("alphavantage-error.json", ProviderUnknown, None),
    ],
)
def test_what_it_says_instead_of_an_answer(source, adapter, listing, name, error, retry_after):  # noqa: PLR0917
    source.on("/query", payload(name))
    with pytest.raises(ProviderFailed) as raised:
        adapter("alphavantage").history(listing("IBM", "XNYS"), date(2024, 3, 26), date(2024, 3, 28))
    assert (raised.type, raised.value.retry_after) == (error, retry_after)
    assert KEY not in raised.value.detail


def test_one_request_a_second_is_a_minute_of_waiting(source, vantage, listing):
    said = "Please consider spreading out your free API requests more sparingly (1 request per second)."
    source.on("/query", says({"Information": said}))
    with pytest.raises(ProviderLimited) as raised:
        vantage.quotes(wanted(listing("IBM", "XNYS")), EVENING)
    assert raised.value.retry_after == 60


@pytest.mark.parametrize(("start", "size"), [(date(2024, 3, 27), "compact"), (date(2023, 1, 2), "full")])
def test_history_is_raw_and_as_long_as_needed(source, vantage, listing, start, size):
    source.on("/query", payload("alphavantage-daily.json"))
    rows = vantage.history(listing("IBM", "XNYS"), start, date(2024, 3, 28))
    assert [(row.day, row.close) for row in rows][-2:] == [
        (date(2024, 3, 27), Decimal("190.8000")),
        (date(2024, 3, 28), Decimal("190.9600")),
    ]
    assert all(start <= row.day for row in rows)
    assert source.asked[0].params["outputsize"] == size
    assert vantage.basis(date(2024, 3, 28)) == RAW


@pytest.mark.parametrize(
    "body", [{"Time Series (Daily)": []}, {"Meta Data": {}}, [], {"Time Series (Daily)": None}]
)
def test_history_of_another_shape_is_unreadable(source, vantage, listing, body):
    source.on("/query", says(body))
    with pytest.raises(ProviderUnreadable):
        vantage.history(listing("IBM", "XNYS"), date(2024, 3, 26), date(2024, 3, 28))


def test_rows_that_make_no_bar_are_left_out(source, vantage, listing):
    rows = {
        "2024-03-26": {"4. close": "None"},
        "2024-03-27": {"1. open": "0", "4. close": "190.8", "5. volume": "-1"},
        "someday": {"4. close": "1"},
        "2024-03-28": "x",
    }
    source.on("/query", says({"Time Series (Daily)": rows}))
    (row,) = vantage.history(listing("IBM", "XNYS"), date(2024, 3, 1), date(2024, 3, 31))
    assert (row.day, row.close, row.open, row.volume) == (date(2024, 3, 27), Decimal("190.8"), None, None)


def test_pairs_and_coins_have_a_rate_of_now(source, vantage, listing):
    pair = listing("USDJPY", None, kind=Instrument.Kind.CURRENCY_PAIR, currency="JPY")
    source.on("/query", payload("alphavantage-rate.json"))
    (quote,) = vantage.quotes(wanted(pair), utc("2024-03-29T15:30:10"))
    assert (quote.price, quote.at, quote.quality, quote.currency) == (
        Decimal("151.37"),
        utc("2024-03-29T15:30:01"),
        Quality.LIVE,
        "JPY",
    )
    assert (quote.bid, quote.ask) == (Decimal("151.364"), Decimal("151.375"))
    assert source.asked[0].params["from_currency"] == "USD"


def test_profile_tells_what_it_knows(source, vantage, listing):
    source.on("/query", payload("alphavantage-overview.json"), says({}))
    assert vantage.profile(listing("IBM", "XNYS")) == Company(
        symbol="IBM",
        name="International Business Machines",
        currency="USD",
        mic="XNYS",
        sector="Technology",
        country="US",
        website="https://www.ibm.com",
        id="IBM",
    )
    with pytest.raises(ProviderUnknown):
        vantage.profile(listing("NOPE"))


def test_search_tells_the_major_currency(source, vantage):
    source.on("/query", payload("alphavantage-search.json"))
    assert [(one.symbol, one.mic, one.currency) for one in vantage.search("tesco")] == [
        ("TSCO", "XLON", "GBP"),
        ("TSCDF", "", "USD"),
    ]


def test_rates_are_closes_of_the_day(source, vantage):
    source.on("/query", payload("alphavantage-fx-daily.json"))
    assert vantage.rates("EUR", ["USD"], date(2024, 3, 28)) == {"USD": Decimal("1.07900")}
    assert vantage.rates("EUR", ["USD"], date(2024, 3, 30)) == {}


def test_actions_are_in_the_currency_of_the_listing_or_left_out_and_told(source, vantage, listing):
    ibm = listing("IBM", "XNYS")
    source.on("/query", payload("alphavantage-splits.json"), payload("alphavantage-dividends.json"))
    assert vantage.actions(ibm, date(1999, 1, 1), date(2024, 12, 31)) == [
        Dividend(ibm.pk, date(1999, 5, 10), Decimal("0.24"), "USD"),
        Split(ibm.pk, date(1999, 5, 27), 2, 1),
        Dividend(ibm.pk, date(2024, 2, 8), Decimal("1.66"), "USD"),
    ]
    pence = listing("TSCO", "XLON", currency="GBP", quote_unit=Decimal("0.01"))
    source.on("/query", payload("alphavantage-splits.json"), payload("alphavantage-dividends.json"))
    told = "The source does not say in which unit a dividend is."
    assert vantage.actions(pence, date(1999, 1, 1), date(2024, 12, 31)) == [
        Unread(date(1999, 5, 10), told),
        Split(pence.pk, date(1999, 5, 27), 2, 1),
        Unread(date(2024, 2, 8), told),
    ]
