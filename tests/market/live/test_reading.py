"""What the price socket reads: quotes that moved since a number, and the names of instruments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest

from core.models import LIVE_WORLD, World
from market.models import Exchange, SymbolSpan
from market.payloads import PriceFeed, quote_json
from market.selectors.live import LiveQuote, moved_since, named
from tests.market.live.wire import BEGIN, lately
from tests.market.quotes.told import record

pytestmark = pytest.mark.django_db
FEED = PriceFeed()


def texts(reading) -> dict[int, dict]:
    return {topic: orjson.loads(value) for topic, value in reading.values.items()}


def test_fresh_instruments_come_whole_and_followed_ones_when_they_moved(instrument):
    one, other, third = instrument("AAA"), instrument("BBB"), instrument("CCC")
    first = record(lately(one, "10"), lately(other, "20"), lately(third, "30"))
    reading = FEED.read("1", None, [], [one.pk, other.pk])
    assert (reading.seq, set(reading.values)) == (first.seq, {one.pk, other.pk})
    second = record(lately(other, "21", 1), lately(third, "31", 1))
    reading = FEED.read("1", first.seq, [one.pk, other.pk], [])
    assert (reading.seq, set(reading.values)) == (second.seq, {other.pk})
    reading = FEED.read("1", first.seq, [other.pk], [one.pk])
    assert {key: row["price"] for key, row in texts(reading).items()} == {one.pk: "10", other.pk: "21"}


def test_several_batches_are_read_as_the_newest_state(instrument):
    one = instrument("AAA")
    begin = record(lately(one, "10"))
    for minute in range(1, 4):
        last = record(lately(one, f"1{minute}", minute))
    reading = FEED.read("1", begin.seq, [one.pk], [])
    assert (reading.seq, texts(reading)[one.pk]["price"]) == (last.seq, "13")


def test_world_without_a_price_stands_at_zero(instrument):
    assert moved_since(LIVE_WORLD, 0, [], [instrument("AAA").pk]) == (0, [])


def test_another_world_is_not_seen(instrument):
    one = instrument("AAA")
    other = World.objects.create(
        kind="replay", name="2008", clock_at=BEGIN, clock_since=datetime.now(UTC), clock_speed=1
    )
    record(lately(one, "10"))
    record(lately(one, "99", quality="replay", source="replay"), world_id=other.pk)
    assert [quote.price for quote in moved_since(LIVE_WORLD, 0, [], [one.pk])[1]] == [10]
    reading = FEED.read(str(other.pk), None, [], [one.pk])
    row = texts(reading)[one.pk]
    assert (row["price"], row["quality"]) == ("99", "replay")


def test_quote_is_told_in_the_major_unit_with_its_day():
    quote = LiveQuote(
        instrument=1,
        uuid="01a22847-42db-7ff4-8f51-273052a88018",
        symbol="VOD",
        currency="GBP",
        price=Decimal("1.2300"),
        bid=Decimal("1.22"),
        ask=None,
        volume=Decimal(1000),
        open=Decimal("1.2"),
        high=Decimal("1.25"),
        low=Decimal("1.19"),
        previous_close=Decimal("1.20"),
        at=datetime(2026, 11, 27, 15, tzinfo=UTC),
        day=datetime(2026, 11, 27, tzinfo=UTC).date(),
        source="finnhub",
        given="live",
    )
    assert orjson.loads(quote_json(quote, datetime(2026, 11, 27, 15, 1, tzinfo=UTC))) == {
        "id": "01a22847-42db-7ff4-8f51-273052a88018",
        "symbol": "VOD",
        "currency": "GBP",
        "price": "1.23",
        "previous_close": "1.2",
        "change": "0.03",
        "change_ratio": "0.025",
        "open": "1.2",
        "high": "1.25",
        "low": "1.19",
        "bid": "1.22",
        "ask": None,
        "volume": "1000",
        "as_of": "2026-11-27T15:00:00Z",
        "source": "finnhub",
        "quality": "live",
    }


def test_pence_are_told_as_pounds(instrument):
    one = instrument("VOD", currency="GBP", quote_unit=Decimal("0.01"))
    record(lately(one, "123.4", previous_close=Decimal(120)))
    row = texts(FEED.read("1", None, [], [one.pk]))[one.pk]
    assert (row["price"], row["previous_close"], row["change"]) == ("1.234", "1.2", "0.034")


def test_names_are_ids_or_symbols_of_what_one_may_see(instrument, ida, sven):
    public, own = instrument("AAA"), instrument("MINE", owner=ida)
    names = [str(public.uuid), "aaa", str(own.uuid), "MINE", "NONE", "01a22847-42db-7ff4-8f51-273052a88018"]
    assert {name: one.id for name, one in named(ida, names).items()} == {
        str(public.uuid): public.pk,
        "aaa": public.pk,
        str(own.uuid): own.pk,
        "MINE": own.pk,
    }
    assert {name: one.id for name, one in named(sven, names).items()} == {
        str(public.uuid): public.pk,
        "aaa": public.pk,
    }
    assert set(named(None, names)) == {str(public.uuid), "aaa"}


def test_symbol_of_two_venues_names_neither_and_both_with_their_venue(instrument):
    for mic in ("XNYS", "XLON"):
        Exchange.objects.get_or_create(mic=mic, defaults={"name": mic, "time_zone": "UTC"})
    one, other = instrument("TWO", exchange_id="XNYS"), instrument("TWO", exchange_id="XLON")
    found = named(None, ["TWO", "TWO@XNYS", "TWO@XLON"])
    assert {name: row.id for name, row in found.items()} == {"TWO@XNYS": one.pk, "TWO@XLON": other.pk}


def test_former_symbol_names_nothing(instrument):
    one = instrument("NEW")
    SymbolSpan.objects.create(instrument=one, symbol="OLD", valid_from="2000-01-01", valid_to="2020-01-01")
    SymbolSpan.objects.create(instrument=one, symbol="NEW", valid_from="2020-01-01")
    assert set(named(None, ["OLD", "NEW"])) == {"NEW"}
