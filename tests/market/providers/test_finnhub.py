"""Finnhub, as finnhub.io/docs/api shows its answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow
from market.domain.basis import AdjustmentBasis
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import (
    ProviderLimited,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnknown,
    ProviderUnreadable,
)
from market.models import Instrument
from market.providers import Company
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import payload, says, truncated

pytestmark = pytest.mark.django_db
AT = utc("2020-02-25T14:30:00")


@pytest.fixture
def finnhub(adapter):
    return adapter("finnhub", options={"plan": "paid"})


def test_quote_is_live_and_says_what_the_day_was(source, finnhub, listing):
    apple = listing("AAPL")
    source.on("/quote", payload("finnhub-quote.json"))
    assert finnhub.quotes(wanted(apple), AT) == [
        NewQuote(
            instrument=apple.pk,
            price=Decimal("261.74"),
            at=AT,
            source="finnhub",
            quality=Quality.LIVE,
            currency="",
            open=Decimal("261.07"),
            high=Decimal("263.31"),
            low=Decimal("260.68"),
            previous_close=Decimal("259.45"),
        )
    ]
    assert source.asked[0].params == {"symbol": "AAPL"}
    assert source.asked[0].headers["x-finnhub-token"] == KEY


def test_quote_of_yesterday_is_a_close(source, finnhub, listing):
    source.on("/quote", payload("finnhub-quote.json"))
    (quote,) = finnhub.quotes(wanted(listing("AAPL")), utc("2020-02-26T13:00:00"))
    assert (quote.quality, quote.at) == (Quality.CLOSE, AT)


@pytest.mark.parametrize(
    ("place", "named", "quality"),
    [
        (("BRK.B", "XNYS"), "BRK.B", Quality.LIVE),
        (("VOD", "XLON"), "VOD.L", Quality.DELAYED),
        (("SAP", "XETR"), "SAP.DE", Quality.DELAYED),
    ],
)
def test_symbol_follows_from_the_exchange(source, adapter, listing, place, named, quality):  # noqa: PLR0917
    source.on("/quote", payload("finnhub-quote.json"))
    (quote,) = adapter("finnhub").quotes(wanted(listing(*place)), AT)
    assert (source.asked[0].params["symbol"], quote.quality) == (named, quality)


def test_symbol_of_staff_wins_and_lets_coins_be_asked(source, adapter, listing):
    coin = listing("BTC", None, kind=Instrument.Kind.CRYPTO)
    source.on("/quote", payload("finnhub-quote.json"))
    assert adapter("finnhub").quotes(wanted(coin), AT) == []
    (quote,) = adapter("finnhub", symbols={coin.pk: "BINANCE:BTCUSDT"}).quotes(wanted(coin), AT)
    assert (source.asked[0].params["symbol"], quote.quality) == ("BINANCE:BTCUSDT", Quality.LIVE)


def test_unknown_symbol_and_exchange_are_left_out(source, finnhub, listing):
    source.on("/quote", payload("finnhub-quote-unknown.json"), payload("finnhub-quote.json"))
    known = listing("AAPL")
    found = finnhub.quotes(wanted(listing("NOPE"), listing("KZAP", "XKAZ"), known), AT)
    assert [one.instrument for one in found] == [known.pk]


def test_one_that_cannot_be_read_costs_itself_only(source, finnhub, listing):
    source.on("/quote", says({"c": "n/a", "t": 1582641000}), payload("finnhub-quote.json"))
    one, other = listing("ONE"), listing("TWO")
    assert [quote.instrument for quote in finnhub.quotes(wanted(one, other), AT)] == [other.pk]


def test_what_came_before_the_limit_is_kept(source, finnhub, listing):
    source.on("/quote", payload("finnhub-quote.json"), says({"error": "API limit reached."}, 429))
    one, other = listing("ONE"), listing("TWO")
    assert [quote.instrument for quote in finnhub.quotes(wanted(one, other, other), AT)] == [one.pk]
    assert len(source.asked) == 2
    with pytest.raises(ProviderLimited):
        finnhub.quotes(wanted(one), AT)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (says("<html><body>blocked</body></html>"), ProviderUnreadable),
        (says([]), ProviderUnreadable),
        (says({"c": None, "t": 1582641000}), ProviderUnreadable),
        (says('{"c": NaN, "t": 1582641000}'), ProviderUnreadable),
        (says('{"c": 1e40, "t": 1582641000}'), ProviderUnreadable),
        (says({"c": 5, "t": None}), ProviderUnreadable),
        (says({"c": 5, "t": 1e30}), ProviderUnreadable),
        (says({"error": "Invalid API key"}, 401), ProviderRefused),
        (says({"error": "You don't have access to this resource."}, 403), ProviderRefused),
        (says("", 502), ProviderUnavailable),
        (truncated(b'{"c": 5', 60), ProviderUnavailable),
    ],
)
def test_answer_that_is_none_is_told_by_its_kind(source, finnhub, listing, reply, error):
    source.on("/quote", reply)
    with pytest.raises(error):
        finnhub.quotes(wanted(listing("AAPL")), AT)


def test_history_is_adjusted_for_splits_and_says_so(source, finnhub, listing):
    source.on("/stock/candle", payload("finnhub-candle.json"))
    rows = finnhub.history(listing("AAPL"), date(2019, 9, 25), date(2019, 9, 26))
    assert rows == [
        BarRow(
            date(2019, 9, 25),
            Decimal("221.03"),
            Decimal("218.55"),
            Decimal("221.5"),
            Decimal("217.1402"),
            Decimal(24018876),
        ),
        BarRow(
            date(2019, 9, 26),
            Decimal("219.89"),
            Decimal(220),
            Decimal("220.94"),
            Decimal("218.83"),
            Decimal(20730608),
        ),
    ]
    assert source.asked[0].params == {
        "symbol": "AAPL",
        "resolution": "D",
        "from": "1569369600",
        "to": "1569542399",
    }
    assert finnhub.basis(date(2024, 1, 2)) == AdjustmentBasis(date(2024, 1, 2))


def test_history_without_data_is_empty(source, finnhub, listing):
    source.on("/stock/candle", says({"s": "no_data"}))
    assert finnhub.history(listing("AAPL"), date(2019, 9, 25), date(2019, 9, 26)) == []
    source.on("/stock/candle", says({"s": "ok", "t": [1569369600]}))
    with pytest.raises(ProviderUnreadable, match="no list “c”"):
        finnhub.history(listing("MSFT"), date(2019, 9, 25), date(2019, 9, 26))


def test_profile_leaves_the_currency_of_reports_out(source, finnhub, listing):
    source.on("/stock/profile2", payload("finnhub-profile2.json"), says({}))
    assert finnhub.profile(listing("AAPL")) == Company(
        symbol="AAPL",
        name="Apple Inc",
        currency="",
        mic="XNAS",
        sector="Technology",
        country="US",
        website="https://www.apple.com/",
        logo="https://static.finnhub.io/logo/87cb30d8-80df-11ea-8951-00000000092a.png",
        id="AAPL",
    )
    with pytest.raises(ProviderUnknown):
        finnhub.profile(listing("NOPE"))


def test_search_tells_exchanges_where_it_knows_them(source, finnhub):
    source.on("/search", payload("finnhub-search.json"))
    assert [(one.symbol, one.mic, one.id) for one in finnhub.search("apple")] == [
        ("AAPL", "", "AAPL"),
        ("AAPL", "XSWX", "AAPL.SW"),
        ("APC", "XETR", "APC.DE"),
        ("BRK.B", "", "BRK.B"),
    ]


def test_rates_are_those_asked_for(source, finnhub):
    source.on("/forex/rates", payload("finnhub-forex-rates.json"))
    found = finnhub.rates("EUR", ["USD", "JPY", "SEK"], date(2020, 1, 2))
    assert found == {"USD": Decimal("1.1"), "JPY": Decimal("120.5")}
    assert source.asked[0].params == {"base": "EUR", "date": "2020-01-02"}


def test_actions_are_as_they_were_made_and_paid(source, finnhub, listing):
    apple = listing("AAPL")
    source.on("/stock/split", payload("finnhub-split.json"))
    source.on("/stock/dividend", payload("finnhub-dividend.json"))
    assert finnhub.actions(apple, date(2014, 5, 1), date(2020, 12, 31)) == [
        Dividend(apple.pk, date(2014, 5, 8), Decimal("3.29"), "USD"),
        Split(apple.pk, date(2014, 6, 9), 7, 1),
        Dividend(apple.pk, date(2019, 11, 7), Decimal("0.77"), "USD"),
        Split(apple.pk, date(2020, 8, 31), 4, 1),
    ]


@pytest.mark.parametrize("key", ["", "with space", "with\nline", "schlüssel"])
def test_key_that_cannot_be_one_is_refused_before_it_is_sent(adapter, key):
    with pytest.raises(ProviderRefused, match="needs a key"):
        adapter("finnhub", key=key)
