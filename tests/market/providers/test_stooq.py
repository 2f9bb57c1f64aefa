"""Tables of CSV as Stooq has them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.errors import ValidationFailed
from market.domain.basis import RAW, AdjustmentBasis
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderFailed, ProviderLimited, ProviderRefused, ProviderUnreadable
from market.models import Instrument
from market.providers import Ability, CannotDo
from tests.market.providers.conftest import utc, wanted
from tests.support.sources import payload, says

pytestmark = pytest.mark.django_db
NOW = utc("2024-03-28T20:30:00")


@pytest.fixture
def stooq(adapter):
    return adapter("stooq", key="")


def test_quotes_are_delayed_and_their_time_is_that_of_warsaw(source, stooq, listing):
    apple = listing("AAPL")
    source.on("/q/l/", payload("stooq-quotes.csv"))
    assert stooq.quotes(wanted(apple, listing("NOPE"), listing("KZAP", "XKAZ")), NOW) == [
        NewQuote(
            instrument=apple.pk,
            price=Decimal("171.48"),
            at=utc("2024-03-28T20:00:18"),
            source="stooq",
            quality=Quality.DELAYED,
            open=Decimal("171.75"),
            high=Decimal("172.23"),
            low=Decimal("170.51"),
            volume=Decimal(65672690),
        )
    ]
    assert source.asked[0].params == {"s": "aapl.us nope.us", "f": "sd2t2ohlcv", "h": "", "e": "csv"}


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (("BRK.B", "XNYS"), "brk-b.us"),
        (("VOD", "XLON"), "vod.uk"),
        (("SAP", "XETR"), "sap.de"),
        (("PKO", "XWAR"), "pko"),
    ],
)
def test_symbol_follows_from_the_exchange(stooq, listing, place, named):
    assert stooq.symbol_of(listing(*place)) == named


def test_pair_is_a_symbol(stooq, listing):
    pair = listing("EUR/USD", None, kind=Instrument.Kind.CURRENCY_PAIR)
    assert stooq.symbol_of(pair) == "eurusd"


def test_history_that_is_adjusted_for_dividends_is_not_offered(stooq, listing):
    assert Ability.HISTORY not in stooq.abilities
    with pytest.raises(CannotDo):
        stooq.history(listing("AAPL"), date(2024, 3, 27), date(2024, 3, 28))


@pytest.mark.parametrize(
    ("adjusted", "basis"), [("none", RAW), ("split", AdjustmentBasis(date(2024, 3, 28)))]
)
def test_history_of_a_server_that_says_what_it_is(source, adapter, listing, adjusted, basis):
    source.on("/q/d/l/", payload("stooq-daily.csv"))
    own = adapter("stooq", options={"adjusted": adjusted})
    rows = own.history(listing("AAPL"), date(2024, 3, 27), date(2024, 3, 28))
    assert [(row.day, row.close, row.high) for row in rows] == [
        (date(2024, 3, 27), Decimal("173.31"), Decimal("173.6")),
        (date(2024, 3, 28), Decimal("171.48"), Decimal("172.23")),
    ]
    assert own.basis(date(2024, 3, 28)) == basis
    asked = {name: source.asked[0].params[name] for name in ("s", "d1", "d2", "i")}
    assert asked == {"s": "aapl.us", "d1": "20240327", "d2": "20240328", "i": "d"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("Exceeded the daily hits limit", ProviderLimited),
        ("Get your apikey:\n1. Open https://stooq.com/q/d/?s=spy.us&get_apikey", ProviderRefused),
        ("Warning: mysql_connect()", ProviderUnreadable),
        ("<html><head></head></html>", ProviderUnreadable),
        ("", ProviderUnreadable),
        ("a\x00b,c", ProviderUnreadable),
        ('Symbol,Date,Time,Close\n"' + "x" * 200_000, ProviderUnreadable),
    ],
)
def test_what_comes_instead_of_a_table(source, stooq, listing, body, error):
    source.on("/q/l/", says(body))
    with pytest.raises(ProviderFailed) as raised:
        stooq.quotes(wanted(listing("AAPL")), NOW)
    assert raised.type is error


def test_row_that_is_cut_off_is_left_out(source, adapter, listing):
    source.on("/q/d/l/", says(payload("stooq-daily.csv").body[:-30]))
    own = adapter("stooq", options={"adjusted": "none"})
    assert [row.day for row in own.history(listing("AAPL"), date(2024, 3, 1), date(2024, 3, 28))] == [
        date(2024, 3, 26),
        date(2024, 3, 27),
    ]
    source.on("/q/d/l/", says("No data"))
    assert own.history(listing("MSFT"), date(2024, 3, 1), date(2024, 3, 28)) == []


@pytest.mark.parametrize(
    ("options", "name"), [({"adjusted": "maybe"}, "adjusted"), ({"zone": "Mars/Base"}, "zone")]
)
def test_wrong_option_is_named(adapter, options, name):
    with pytest.raises(ValidationFailed) as raised:
        adapter("stooq", options=options)
    assert [one.field for one in raised.value.errors] == [f"options.{name}"]
