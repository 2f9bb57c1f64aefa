"""Sources that staff describe: JSON and CSV by options."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal

import pytest

from core.errors import ValidationFailed
from market.domain.basis import RAW, AdjustmentBasis
from market.domain.prices import Quality
from market.errors import ProviderFailed, ProviderRefused, ProviderUnreadable
from market.providers import ADAPTERS, Ability, CannotDo, SourceSettings
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import says

pytestmark = pytest.mark.django_db
NOW = utc("2024-03-28T15:00:00")


@pytest.fixture
def described(source):
    """Make a source of options, whose addresses begin with a slash."""

    def make(**options):
        given = copy.deepcopy(options)
        for part in ("quotes", "history", "rates"):
            if part in given:
                given[part]["url"] = source.url + given[part]["url"]
        return ADAPTERS["generic"](SourceSettings(key=KEY, options=given, timeout=2.0, name="house"))

    return make


def test_quotes_of_many_symbols_in_a_nested_list(source, described, listing):
    one, other, third = listing("AAA"), listing("BBB"), listing("CCC")
    adapter = described(
        key_header="X-Key",
        most_at_once=2,
        quotes={
            "url": "/v1/last?ids={symbols}",
            "rows": "data.items",
            "symbol": "id.code",
            "price": "px.0",
            "time": "when",
            "time_format": "unix",
            "bid": "b",
            "ask": "a",
            "volume": "v",
            "previous_close": "pc",
            "currency": "ccy",
            "quality": "live",
        },
    )
    rows = [
        {
            "id": {"code": "BBB"},
            "px": ["7.25"],
            "when": 1711637990000,
            "b": 7.2,
            "a": 0,
            "v": 12,
            "ccy": "usd",
        },
        {"id": {"code": "AAA"}, "px": [5], "when": 1711637990, "pc": "4.75"},
        {"id": {}, "px": []},
        "nonsense",
    ]
    source.on("/v1/last", says({"data": {"items": rows}}))
    found = adapter.quotes(wanted(one, other, third), NOW)
    assert [(quote.instrument, quote.price, quote.at) for quote in found] == [
        (one.pk, Decimal(5), utc("2024-03-28T14:59:50")),
        (other.pk, Decimal("7.25"), utc("2024-03-28T14:59:50")),
    ]
    assert (found[0].previous_close, found[0].quality, found[0].source) == (
        Decimal("4.75"),
        Quality.LIVE,
        "house",
    )
    assert (found[1].bid, found[1].ask, found[1].volume, found[1].currency) == (
        Decimal("7.2"),
        None,
        Decimal(12),
        "USD",
    )
    assert [asked.params for asked in source.asked] == [{"ids": "AAA,BBB"}, {"ids": "CCC"}]
    assert source.asked[0].headers["x-key"] == KEY


def test_quotes_under_the_names_of_symbols(source, described, listing):
    stock = listing("AAA")
    adapter = described(
        key_param="token", quotes={"url": "/all?s={symbols}", "symbol": "@key", "price": "@value"}
    )
    source.on("/all", says({"AAA": 5.5, "ZZZ": 1}))
    (quote,) = adapter.quotes(wanted(stock), NOW)
    assert (quote.price, quote.at, quote.quality) == (Decimal("5.5"), NOW, Quality.DELAYED)
    assert source.asked[0].params == {"s": "AAA", "token": KEY}


def test_quote_of_one_symbol_is_an_object_and_the_symbol_cannot_leave_its_place(source, described, listing):
    stock = listing("A/../B?x=1&y")
    adapter = described(quotes={"url": "/q/{symbol}/last", "price": "last"})
    source.on("/q/A%2F..%2FB%3Fx%3D1%26y/last", says({"last": "5"}))
    assert [quote.price for quote in adapter.quotes(wanted(stock), NOW)] == [Decimal(5)]


def test_table_with_commas_pence_and_its_own_time(source, described, listing):
    stock = listing("TSCO", "XLON", currency="GBP")
    adapter = described(
        quotes={
            "url": "/kurse.csv?isin={symbol}",
            "format": "csv",
            "separator": ";",
            "decimal": ",",
            "symbol": "Kürzel",
            "price": "Kurs",
            "time": "Zeit",
            "time_format": "%d.%m.%Y %H:%M:%S",
            "zone": "Europe/Berlin",
            "unit": "GBX",
        }
    )
    table = "Kürzel;Kurs;Zeit\nXXX;1;28.03.2024 15:00:00\nTSCO;1.296,5;28.03.2024 15:30:00\nTSCO;5"
    source.on("/kurse.csv", says(table))
    (quote,) = adapter.quotes(wanted(stock), NOW)
    assert (quote.price, quote.currency, quote.at) == (Decimal("12.965"), "GBP", utc("2024-03-28T14:30:00"))


def test_table_without_a_head_has_columns_by_option(source, described, listing):
    adapter = described(
        quotes={
            "url": "/{symbol}",
            "format": "csv",
            "columns": ["name", "px"],
            "price": "px",
        }
    )
    source.on("/AAA", says("AAA,5\n"))
    assert [quote.price for quote in adapter.quotes(wanted(listing("AAA")), NOW)] == [Decimal(5)]


@pytest.mark.parametrize(
    ("adjusted", "basis"), [("none", RAW), ("split", AdjustmentBasis(date(2024, 3, 28)))]
)
def test_history_says_what_it_is_adjusted_for(source, described, listing, adjusted, basis):
    adapter = described(
        history={
            "url": "/h/{symbol}?from={start}&to={end}",
            "rows": "candles",
            "date": "t",
            "time_format": "unix",
            "zone": "America/New_York",
            "close": "c",
            "open": "o",
            "volume": "v",
            "adjusted": adjusted,
        }
    )
    rows = [
        {"t": 1711630800, "c": 6, "o": 5, "v": 10},  # 9:00 in New York
        {"t": 1711497600, "c": 5, "o": 0, "v": "x"},  # 20:00 of the 26th there
        {"t": "soon", "c": 5},
        {"t": 1711630800 - 86400 * 90, "c": 4},
    ]
    source.on("/h/AAA", says({"candles": rows}))
    found = adapter.history(listing("AAA"), date(2024, 3, 26), date(2024, 3, 28))
    assert [(row.day, row.close, row.open, row.volume) for row in found] == [
        (date(2024, 3, 26), Decimal(5), None, None),
        (date(2024, 3, 28), Decimal(6), Decimal(5), Decimal(10)),
    ]
    assert source.asked[0].params == {"from": "2024-03-26", "to": "2024-03-28"}
    assert adapter.basis(date(2024, 3, 28)) == basis


def test_rates_under_the_names_of_currencies(source, described):
    adapter = described(
        rates={
            "url": "/{day}?base={base}&to={quotes}",
            "rows": "rates",
            "currency": "@key",
            "rate": "@value",
        }
    )
    source.on("/2024-03-28", says({"base": "EUR", "rates": {"usd": 1.08, "JPY": "0", "SEK": 11.5}}))
    found = adapter.rates("EUR", ["USD", "JPY"], date(2024, 3, 28))
    assert found == {"USD": Decimal("1.08")}
    assert source.asked[0].params == {"base": "EUR", "to": "USD,JPY"}


def test_what_is_not_described_is_not_offered(described, listing):
    adapter = described(quotes={"url": "/{symbol}", "price": "p"})
    assert adapter.abilities == {Ability.QUOTES}
    with pytest.raises(CannotDo):
        adapter.history(listing("AAA"), date(2024, 3, 26), date(2024, 3, 28))
    with pytest.raises(CannotDo):
        adapter.rates("EUR", ["USD"], date(2024, 3, 28))


@pytest.mark.parametrize(
    "body",
    [
        {"p": None, "t": "2024-03-28T15:00:00Z"},
        {"p": "Infinity", "t": "2024-03-28T15:00:00Z"},
        {"p": {"a": 1}, "t": "2024-03-28T15:00:00Z"},
        {"p": True, "t": "2024-03-28T15:00:00Z"},
        {"p": 5, "t": 1711637990},
        {"p": 5},
        "text",
        5,
        None,
    ],
)
def test_answer_of_another_shape_is_unreadable(source, described, listing, body):
    adapter = described(quotes={"url": "/{symbol}", "price": "p", "time": "t"})
    source.on("/AAA", says(body if not isinstance(body, str) else f'"{body}"'))
    with pytest.raises(ProviderUnreadable):
        adapter.quotes(wanted(listing("AAA")), NOW)


def test_table_without_a_named_column_is_unreadable(source, described, listing):
    adapter = described(quotes={"url": "/{symbol}", "format": "csv", "price": "px"})
    source.on("/AAA", says("a,b\n1,2\n"))
    with pytest.raises(ProviderUnreadable, match="no column “px”"):
        adapter.quotes(wanted(listing("AAA")), NOW)


def test_address_inside_the_network_is_refused_unless_the_operator_allows_it(described, listing, settings):
    adapter = described(quotes={"url": "/{symbol}", "price": "p"})
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with pytest.raises(ProviderRefused, match="not public"):
        adapter.quotes(wanted(listing("AAA")), NOW)


def test_redirect_into_the_network_is_refused(source, described, listing):
    adapter = described(quotes={"url": "/{symbol}", "price": "p"})
    source.on("/AAA", says("", 302, Location="http://10.0.0.7/admin"))
    with pytest.raises(ProviderRefused):
        adapter.quotes(wanted(listing("AAA")), NOW)


URL = "https://example.org/{symbol}"
WRONG = [
    ({}, "quotes"),
    ({"quotes": "https://example.org"}, "quotes"),
    ({"quotes": {"price": "p"}}, "quotes.url"),
    ({"quotes": {"url": URL}}, "quotes.price"),
    ({"quotes": {"url": URL, "price": ""}}, "quotes.price"),
    ({"quotes": {"url": URL, "price": 5}}, "quotes.price"),
    ({"quotes": {"url": URL, "price": "p", "bid": ["b"]}}, "quotes.bid"),
    ({"quotes": {"url": URL, "price": "p", "prize": "x"}}, "quotes.prize"),
    ({"quotes": {"url": "https://example.org/", "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": "https://{symbol}.example.org/", "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": "https://example.org/{symbol}/{key}", "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": "https://example.org/{symbol}/{", "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": "file:///etc/{symbol}", "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": "https://u:p@example.org/{symbol}", "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": URL + "x" * 3000, "price": "p"}}, "quotes.url"),
    ({"quotes": {"url": "https://example.org/{symbols}", "price": "p"}}, "quotes.symbol"),
    ({"quotes": {"url": URL, "price": "p", "format": "xml"}}, "quotes.format"),
    ({"quotes": {"url": URL, "price": "p", "format": ["csv"]}}, "quotes.format"),
    ({"quotes": {"url": URL, "price": "p", "quality": "stale"}}, "quotes.quality"),
    ({"quotes": {"url": URL, "price": "p", "zone": "Mars"}}, "quotes.zone"),
    ({"quotes": {"url": URL, "price": "p", "zone": "../etc/passwd"}}, "quotes.zone"),
    ({"quotes": {"url": URL, "price": "p", "time_format": "dd.mm"}}, "quotes.time_format"),
    ({"quotes": {"url": URL, "price": "p", "separator": ";;"}}, "quotes.separator"),
    ({"quotes": {"url": URL, "price": "p", "separator": "\n"}}, "quotes.separator"),
    ({"quotes": {"url": URL, "price": "p", "decimal": "x"}}, "quotes.decimal"),
    ({"quotes": {"url": URL, "price": "p", "rows": 5}}, "quotes.rows"),
    ({"quotes": {"url": URL, "price": "p", "columns": "a,b"}}, "quotes.columns"),
    ({"history": {"url": URL, "close": "c"}}, "history.date"),
    ({"history": {"url": URL, "date": "d", "close": "c", "adjusted": "all"}}, "history.adjusted"),
    ({"rates": {"url": "https://example.org/{symbol}", "currency": "c", "rate": "r"}}, "rates.url"),
    ({"quotes": {"url": URL, "price": "p"}, "most_at_once": 0}, "most_at_once"),
    ({"quotes": {"url": URL, "price": "p"}, "most_at_once": True}, "most_at_once"),
    ({"quotes": {"url": URL, "price": "p"}, "key_header": 5}, "key_header"),
    ({"quotes": {"url": URL, "price": "p"}, "key_header": "X Key"}, "key_header"),
    ({"quotes": {"url": URL, "price": "p"}, "key_header": "X-Key\r\nHost"}, "key_header"),
]


@pytest.mark.parametrize(("options", "name"), WRONG, ids=[f"{n}-{one[1]}" for n, one in enumerate(WRONG)])
def test_wrong_option_is_named(options, name):
    with pytest.raises(ValidationFailed) as raised:
        ADAPTERS["generic"](SourceSettings(key=KEY, options=options))
    assert [one.field for one in raised.value.errors] == [f"options.{name}"]
    assert raised.value.detail


def test_failure_of_one_symbol_costs_itself_only(source, described, listing):
    adapter = described(quotes={"url": "/{symbol}", "price": "p"})
    source.on("/AAA", says({"p": "n/a"})).on("/BBB", says({"p": 5}))
    one, other = listing("AAA"), listing("BBB")
    assert [quote.instrument for quote in adapter.quotes(wanted(one, other), NOW)] == [other.pk]
    source.on("/BBB", says("", 500))
    with pytest.raises(ProviderFailed):
        adapter.quotes(wanted(one, other), NOW)
