"""What all kinds of sources promise, and what becomes of those that are no more."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from core.errors import ValidationFailed
from market.errors import ProviderRefused
from market.models import HeldQuote, Quote
from market.providers import ADAPTERS, RETIRED, Ability, CannotDo, SourceSettings, Wanted, resolve_kind
from market.selectors.quotes import listings
from market.services.quotes import record_quotes
from tests.market.providers.conftest import KEY, utc, wanted
from tests.support.sources import says

OPTIONS = {
    "generic": {
        "history": {"url": "https://example.org/{symbol}", "date": "d", "close": "c"},
        "rates": {"url": "https://example.org/{base}", "currency": "c", "rate": "r"},
    }
}
DAY = date(2024, 1, 2)


def made(kind, **fields):
    return ADAPTERS[kind](SourceSettings(key=KEY, options=OPTIONS.get(kind, {}), **fields))


@pytest.mark.parametrize("kind", ADAPTERS)
def test_kind_has_a_name_a_label_an_address_and_a_key_that_never_shows(kind):
    adapter = made(kind)
    assert (adapter.kind, adapter.name) == (kind, kind)
    assert adapter.label
    assert len(adapter.name) <= Quote._meta.get_field("source").max_length
    assert adapter._official().startswith("https://")
    assert made(kind, name="mine").name == "mine"
    assert KEY not in repr(adapter.settings)
    assert adapter.most_at_once >= 1


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ADAPTERS)
def test_what_a_kind_does_not_offer_it_refuses(kind, listing):
    adapter, stock = made(kind), listing("AAA")
    calls = {
        Ability.QUOTES: lambda: adapter.quotes(wanted(stock), utc("2024-01-02T12:00:00")),
        Ability.HISTORY: lambda: adapter.history(stock, DAY, DAY),
        Ability.PROFILE: lambda: adapter.profile(stock),
        Ability.SEARCH: lambda: adapter.search("aaa"),
        Ability.RATES: lambda: adapter.rates("EUR", ["USD"], DAY),
        Ability.ACTIONS: lambda: adapter.actions(stock, DAY, DAY),
    }
    for ability in calls.keys() - adapter.abilities:
        with pytest.raises(CannotDo, match=f"{adapter.name} does not offer {ability}"):
            calls[ability]()


@pytest.mark.parametrize("kind", [name for name, one in ADAPTERS.items() if one.needs_key])
def test_kind_that_needs_a_key_says_so(kind):
    with pytest.raises(ProviderRefused, match=f"{ADAPTERS[kind].label} needs a key"):
        ADAPTERS[kind](SourceSettings())


@pytest.mark.parametrize("kind", ADAPTERS)
def test_what_a_kind_offers_is_known_without_a_key(kind):
    for options in (OPTIONS.get(kind, {}), {**OPTIONS.get(kind, {}), "without": ["history"]}):
        adapter = ADAPTERS[kind](SourceSettings(key=KEY, options=options))
        assert ADAPTERS[kind].offers(options) == adapter.abilities
    assert Ability.HISTORY not in adapter.abilities


@pytest.mark.parametrize(
    ("kind", "paid"),
    [
        ("finnhub", {Ability.HISTORY, Ability.RATES, Ability.ACTIONS}),
        ("twelvedata", {Ability.PROFILE, Ability.ACTIONS}),
    ],
)
def test_free_plan_is_not_asked_for_what_it_does_not_have(kind, paid, source, adapter):
    """Else the refusal of one thing would keep the source from what it has."""
    assert adapter(kind).abilities == set(Ability) - paid
    assert adapter(kind, options={"plan": "paid"}).abilities == set(Ability)
    free = adapter(kind, options={"plan": "free"})
    with pytest.raises(CannotDo, match=f"{kind} does not offer actions"):
        free.actions(None, DAY, DAY)
    assert source.asked == []
    with pytest.raises(ValidationFailed, match=r"options\.plan"):
        adapter(kind, options={"plan": "gold"})


def test_staff_take_away_what_a_plan_does_not_have():
    adapter = ADAPTERS["finnhub"](SourceSettings(key=KEY, options={"without": ["history", "actions"]}))
    assert adapter.abilities == {Ability.QUOTES, Ability.PROFILE, Ability.SEARCH}
    assert made("tiingo").abilities == set(Ability)


@pytest.mark.parametrize("given", ["history", ["everything"], {"history": 1}, [["history"]]])
def test_wrong_list_of_abilities_is_named(given):
    with pytest.raises(ValidationFailed) as raised:
        ADAPTERS["finnhub"](SourceSettings(key=KEY, options={"without": given}))
    assert [one.field for one in raised.value.errors] == ["options.without"]


@pytest.mark.parametrize("url", ["ftp://example.org", "example.org", "https://u:p@example.org"])
def test_wrong_address_is_named(url):
    with pytest.raises(ValidationFailed) as raised:
        made("finnhub", base_url=url)
    assert [one.field for one in raised.value.errors] == ["base_url"]


@pytest.mark.parametrize("kind", ["iex", "IEX", "iexcloud", "iex-cloud", "iex_cloud"])
def test_iex_cloud_becomes_another_with_a_sentence(kind):
    instead, sentence = resolve_kind(kind)
    assert instead == "tiingo"
    assert sentence == "IEX Cloud closed in August 2024. Tiingo takes its place: enter a key of Tiingo."


@pytest.mark.parametrize("kind", ADAPTERS)
def test_kind_that_is_there_stays(kind):
    assert resolve_kind(f" {kind.upper()} ") == (kind, "")


def test_what_takes_the_place_of_another_is_there():
    assert {one.instead for one in RETIRED.values()} <= set(ADAPTERS)
    with pytest.raises(ValidationFailed, match=r"“yahoo”.*finnhub"):
        resolve_kind("yahoo")


@pytest.fixture
def at_that_time():
    """Let it be the afternoon of the documented quotes."""
    with time_machine.travel(utc("2020-02-25T14:30:05"), tick=False):
        yield utc("2020-02-25T14:30:05")


LIES = {
    "price 0": ({"c": 0}, "not-positive"),
    "price below 0": ({"c": -5}, "not-positive"),
    "1000 times the last": ({"c": 100000, "h": 0, "l": 0}, "jump"),
    "outside its own day": ({"c": 101, "h": 100, "l": 99}, "crossed"),
    "an hour ahead": ({"c": 101, "h": 0, "l": 0, "t": 1582644600}, "future"),
    "finer than any price": ({"c": "1e-19", "h": 0, "l": 0}, "not-positive"),
    "larger than any price": ({"c": 1e22, "h": 0, "l": 0}, "out-of-range"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("lie", LIES)
def test_source_that_lies_changes_no_price(source, adapter, listing, at_that_time, lie):
    """The whole way: over HTTP, through the adapter, into what staff look at."""
    stock, finnhub = listing("AAA"), adapter("finnhub")
    true = {"c": 100, "h": 102, "l": 99, "o": 100, "pc": 100, "t": 1582641000}
    changed, doubt = LIES[lie]
    source.on("/quote", says(true), says({**true, "t": 1582641001, **changed}))
    for _turn in range(2):
        record_quotes(world_id=1, batch=finnhub.quotes(wanted(stock), at_that_time))
    assert [quote.price for quote in Quote.objects.all()] == [100]
    assert [held.reason for held in HeldQuote.objects.all()] == [doubt]


@pytest.mark.django_db
def test_live_price_of_yesterday_behind_what_is_known_is_held_back(source, adapter, listing, at_that_time):
    stock, now = listing("AAA"), at_that_time
    true = {"c": 100, "h": 102, "l": 99, "o": 100, "pc": 100, "t": 1582641000}
    source.on("/quote", says(true), says({**true, "t": 1582641000 - 100_000}))
    record_quotes(world_id=1, batch=adapter("finnhub").quotes(wanted(stock), now))
    known = listings(1, {stock.pk: now})[stock.pk].quote
    record_quotes(world_id=1, batch=adapter("finnhub").quotes([Wanted(stock, None, known)], now))
    assert [quote.as_of for quote in Quote.objects.all()] == [utc("2020-02-25T14:30:00")]
    assert [held.reason for held in HeldQuote.objects.all()] == ["old"]


@pytest.mark.django_db
def test_source_in_another_currency_changes_no_price(source, adapter, listing, at_that_time):
    row = {"symbol": "TSCO", "close": "296.6", "last_quote_at": 1582641000, "currency": "GBp"}
    source.on("/quote", says(row))
    stock = listing("TSCO", "XLON", currency="EUR")
    record_quotes(world_id=1, batch=adapter("twelvedata").quotes(wanted(stock), at_that_time))
    assert Quote.objects.count() == 0
    assert [held.reason for held in HeldQuote.objects.all()] == ["currency"]
