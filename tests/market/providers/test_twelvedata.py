"""Twelve Data, as twelvedata.com/docs shows its answers."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from market.domain.actions import Dividend, Split
from market.domain.basis import RAW
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import (
    ProviderFailed,
    ProviderLimited,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnreadable,
)
from market.models import Instrument
from market.providers import Company, Unread
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import payload, says

pytestmark = pytest.mark.django_db
NOW = utc("2021-09-16T20:00:00")
PENNY = Decimal("0.01")


@pytest.fixture
def twelve(adapter):
    return adapter("twelvedata", options={"plan": "paid"})


def test_listings_of_an_exchange_are_one_request_that_costs_each(source, adapter, listing):
    spent = []
    apple, nope = listing("AAPL"), listing("NOPE")
    source.on("/quote", payload("twelvedata-quote-batch.json"))
    assert adapter("twelvedata", spend=spent.append).quotes(wanted(apple, nope), NOW) == [
        NewQuote(
            instrument=apple.pk,
            price=Decimal("148.85001"),
            at=utc("2021-09-16T19:59:00"),
            source="twelvedata",
            quality=Quality.LIVE,
            currency="USD",
            volume=Decimal(67903927),
            open=Decimal("148.44000"),
            high=Decimal("148.97000"),
            low=Decimal("147.22099"),
            previous_close=Decimal("149.09000"),
        )
    ]
    assert [one.params for one in source.asked] == [{"symbol": "AAPL,NOPE", "mic_code": "XNAS"}]
    assert source.asked[0].headers["authorization"] == f"apikey {KEY}"
    assert spent == [2]


@pytest.mark.parametrize(
    ("unit", "prices"), [(PENNY, ("296.60001", "295.00000")), (Decimal(1), ("2.9660001", "2.9500000"))]
)
def test_pence_become_the_quote_unit_of_the_listing(source, twelve, listing, unit, prices):
    tesco = listing("TSCO", "XLON", currency="GBP", quote_unit=unit)
    source.on("/quote", payload("twelvedata-quote-pence.json"))
    (quote,) = twelve.quotes(wanted(tesco), utc("2024-03-28T16:40:00"))
    assert (quote.price, quote.open) == (Decimal(prices[0]), Decimal(prices[1]))
    assert (quote.currency, quote.quality, quote.volume) == ("GBP", Quality.DELAYED, Decimal(21041180))


def test_wrong_currency_is_named_and_not_converted(source, twelve, listing):
    source.on("/quote", payload("twelvedata-quote-pence.json"))
    (quote,) = twelve.quotes(wanted(listing("TSCO", "XLON", currency="EUR")), NOW)
    assert (quote.price, quote.currency) == (Decimal("296.60001"), "GBP")


def test_exchanges_and_pairs_are_asked_apart(source, twelve, listing):
    kind = Instrument.Kind
    asked_for = [
        listing("AAPL"),
        listing("TSCO", "XLON", currency="GBP", quote_unit=PENNY),
        listing("BTC", None, kind=kind.CRYPTO),
        listing("EURUSD", None, kind=kind.CURRENCY_PAIR),
        listing("FUND", None, kind=kind.FUND),
    ]
    pair = {"close": "1.07", "last_quote_at": 1631822340}
    source.on(
        "/quote",
        payload("twelvedata-quote-pence.json"),
        payload("twelvedata-quote-pence.json"),
        says({"BTC/USD": {"symbol": "BTC/USD", **pair}, "EUR/USD": {"symbol": "EUR/USD", **pair}}),
    )
    found = twelve.quotes(wanted(*asked_for), NOW)
    assert [one.params for one in source.asked] == [
        {"symbol": "AAPL", "mic_code": "XNAS"},
        {"symbol": "TSCO", "mic_code": "XLON"},
        {"symbol": "BTC/USD,EUR/USD"},
    ]
    assert [one.instrument for one in found] == [one.pk for one in asked_for[:4]]
    assert [one.currency for one in found] == ["GBP", "GBP", "USD", "USD"]


def test_minute_of_credits_is_the_largest_request(source, twelve, listing):
    source.on("/quote", payload("twelvedata-quote-pence.json"))
    twelve.quotes(wanted(*(listing(f"S{n}") for n in range(17))), NOW)
    assert [len(one.params["symbol"].split(",")) for one in source.asked] == [8, 8, 1]


def test_batches_before_a_limit_are_kept(source, twelve, listing):
    apple, tesco, pair = listing("AAPL"), listing("TSCO", "XLON"), listing("AB", "XETR")
    first = json.loads(payload("twelvedata-quote-batch.json").body)["AAPL"]
    source.on("/quote", says(first), payload("twelvedata-limit.json"))
    assert [one.instrument for one in twelve.quotes(wanted(apple, tesco, pair), NOW)] == [apple.pk]
    assert len(source.asked) == 2


def test_batches_that_take_too_long_are_left_to_the_next_time(source, adapter, listing):
    source.on("/quote", payload("twelvedata-quote-pence.json"))
    asked_for = wanted(listing("AAPL"), listing("TSCO", "XLON"))
    assert adapter("twelvedata", timeout=0.0).quotes(asked_for, NOW) == []
    assert source.asked == []


def test_quote_without_the_time_of_its_price_is_a_close(source, twelve, listing):
    row = {"symbol": "AAPL", "close": "148.85", "timestamp": 1631772000, "currency": "USD"}
    source.on("/quote", says(row))
    (quote,) = twelve.quotes(wanted(listing("AAPL")), NOW)
    assert (quote.quality, quote.at) == (Quality.CLOSE, utc("2021-09-16T06:00:00"))


@pytest.mark.parametrize(
    ("reply", "error", "retry_after"),
    [
        (payload("twelvedata-limit.json"), ProviderLimited, 60),
        (says({"code": 429, "message": "no credits for the day", "status": "error"}), ProviderLimited, 3600),
        (says({"code": 429, "message": "run out", "status": "error"}, 429), ProviderLimited, None),
        (payload("twelvedata-key.json"), ProviderRefused, None),
        (says({"code": 403, "message": "available with Pro", "status": "error"}), ProviderRefused, None),
        (says({"code": 500, "message": "oops", "status": "error"}), ProviderUnavailable, None),
        (says({"code": 400, "message": "bad", "status": "error"}), ProviderFailed, None),
        (says({"status": "error"}), ProviderFailed, None),
        (says({"symbol": "AAPL", "last_quote_at": 1631822340}), ProviderUnreadable, None),
    ],
)  # fmt: skip
def test_errors_come_in_the_body(source, listing, adapter, reply, error, retry_after):  # noqa: PLR0917
    source.on("/quote", reply)
    with pytest.raises(error) as raised:
        adapter("twelvedata").quotes(wanted(listing("AAPL")), NOW)
    assert (raised.type, raised.value.retry_after) == (error, retry_after)


def test_history_is_raw_and_in_quote_units(source, twelve, listing):
    source.on("/time_series", payload("twelvedata-time-series.json"))
    pence = listing("TSCO", "XLON", currency="GBP", quote_unit=PENNY)
    rows = twelve.history(pence, date(2024, 3, 27), date(2024, 3, 28))
    assert [(row.day, row.close, row.volume) for row in rows] == [
        (date(2024, 3, 27), Decimal("295.20001"), Decimal(18411005)),
        (date(2024, 3, 28), Decimal("296.60001"), Decimal(21041180)),
    ]
    assert source.asked[0].params == {
        "symbol": "TSCO",
        "mic_code": "XLON",
        "interval": "1day",
        "start_date": "2024-03-27",
        "end_date": "2024-03-29",
        "outputsize": "5000",
        "adjust": "none",
        "order": "ASC",
    }
    assert twelve.basis(date(2024, 3, 28)) == RAW
    pounds = listing("TSCL", "XLON", currency="GBP")
    assert twelve.history(pounds, date(2024, 3, 28), date(2024, 3, 28))[0].high == Decimal("2.9760001")


def test_history_in_another_currency_is_refused(source, twelve, listing):
    source.on("/time_series", payload("twelvedata-time-series.json"))
    with pytest.raises(ProviderUnreadable, match="in GBP, not in EUR"):
        twelve.history(listing("TSCO", "XLON", currency="EUR"), date(2024, 3, 27), date(2024, 3, 28))


def test_history_without_data_is_empty(source, twelve, listing):
    source.on("/time_series", payload("twelvedata-no-data.json"))
    assert twelve.history(listing("AAPL"), date(2024, 3, 29), date(2024, 3, 29)) == []


def test_profile_says_where_the_logo_is(source, adapter, listing):
    spent = []
    source.on("/profile", payload("twelvedata-profile.json")).on("/logo", payload("twelvedata-logo.json"))
    assert adapter("twelvedata", spend=spent.append, options={"plan": "paid"}).profile(
        listing("AAPL")
    ) == Company(
        symbol="AAPL",
        name="Apple Inc",
        currency="",
        mic="XNAS",
        sector="Technology",
        country="US",
        website="https://www.apple.com",
        logo="https://api.twelvedata.com/logo/apple.com",
        id="AAPL",
    )
    assert spent == [10, 1]


def test_search_tells_exchange_and_major_currency(source, twelve):
    source.on("/symbol_search", payload("twelvedata-search.json"))
    assert [(one.symbol, one.mic, one.currency) for one in twelve.search("AAPL")] == [
        ("AAPL", "XNAS", "USD"),
        ("AAPL", "XLON", "GBP"),
    ]


def test_rates_of_a_day_are_one_request(source, twelve):
    source.on("/exchange_rate", payload("twelvedata-rates.json"))
    found = twelve.rates("EUR", ["USD", "XXX", "JPY"], date(2024, 3, 28))
    assert found == {"USD": Decimal("1.07905"), "JPY": Decimal("163.36")}
    assert source.asked[0].params == {"symbol": "EUR/USD,EUR/XXX,EUR/JPY", "date": "2024-03-28"}
    source.on("/exchange_rate", says({"symbol": "EUR/USD", "rate": 1.07905, "timestamp": 1711670400}))
    assert twelve.rates("EUR", ["USD"], date(2024, 3, 28)) == {"USD": Decimal("1.07905")}
    assert twelve.rates("EUR", [], date(2024, 3, 28)) == {}
    assert len(source.asked) == 2


def test_splits_and_dividends_are_counted_together_or_not_at_all(source, adapter, listing):
    spent = []

    def spend(count):
        spent.append(count)
        if len(spent) > 2:
            raise ProviderLimited

    source.on("/splits", payload("twelvedata-splits.json"))
    source.on("/dividends", payload("twelvedata-dividends.json"))
    twelve = adapter("twelvedata", spend=spend, options={"plan": "paid"})
    apple = listing("AAPL")
    twelve.actions(apple, date(2020, 1, 1), date(2021, 12, 31))
    with pytest.raises(ProviderLimited):
        twelve.actions(apple, date(2020, 1, 1), date(2021, 12, 31))
    assert spent == [40, 0, 40]
    assert len(source.asked) == 2


def test_splits_are_read_by_their_description(source, twelve, listing):
    apple = listing("AAPL")
    source.on("/splits", payload("twelvedata-splits.json"))
    source.on("/dividends", payload("twelvedata-dividends.json"))
    assert twelve.actions(apple, date(2020, 1, 1), date(2021, 12, 31)) == [
        Dividend(apple.pk, date(2020, 8, 7), Decimal("0.82"), "USD"),
        Split(apple.pk, date(2020, 8, 31), 4, 1),
        Dividend(apple.pk, date(2021, 8, 6), Decimal("0.22"), "USD"),
    ]
    row = {"date": "2020-08-31", "description": "", "ratio": 0.25, "from_factor": 4, "to_factor": 1}
    good = {**row, "date": "2020-10-01", "description": "4-for-1 split"}
    source.on("/splits", says({"meta": {}, "splits": [row, good]}))
    assert twelve.actions(apple, date(2020, 8, 8), date(2020, 12, 31)) == [
        Unread(date(2020, 8, 31), "A split does not say how many units there are for how many."),
        Split(apple.pk, date(2020, 10, 1), 4, 1),
    ]
