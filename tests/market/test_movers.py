"""Movers: which instruments count, over what period, across splits, and in few queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import LIVE_WORLD, World
from market.domain.quotes import NewQuote
from market.models import CorporateAction
from market.selectors.movers import movers
from market.services.quotes import record_quotes
from tests.market.builders import bar

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 3, 8, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(NOW, tick=False):
        yield


def world() -> World:
    return World.objects.get(pk=LIVE_WORLD)


def quote(instrument, price: str, volume: str | None = None, at: datetime = NOW) -> None:
    new = NewQuote(
        instrument.pk, Decimal(price), at, "test", volume=None if volume is None else Decimal(volume)
    )
    assert record_quotes(world_id=LIVE_WORLD, batch=[new], trusted=True).held == 0


def told(rows) -> list[tuple[str, Decimal | None]]:
    return [(row.instrument.symbol, row.change) for row in rows]


def test_public_instruments_with_quotes_are_ranked_by_their_change(instrument, ida):
    for symbol, before, price, fields in (
        ("UP", "100", "110", {}),
        ("UPPER", "100", "125", {}),
        ("LEVEL", "100", "100", {}),
        ("DOWN", "100", "90", {}),
        ("INDEX", "100", "200", {"kind": "index"}),
        ("MINE", "100", "300", {"owner": ida}),
    ):
        one = instrument(symbol, **fields)
        bar(one, "2024-03-07", before)
        quote(one, price)
    old = instrument("OLD")
    bar(old, "2024-02-28", "100")
    quote(old, "150", at=NOW - timedelta(days=6))
    found = movers(world(), "1D")
    assert told(found.gainers) == [("UPPER", Decimal("0.25")), ("UP", Decimal("0.1"))]
    assert told(found.losers) == [("DOWN", Decimal("-0.1"))]
    assert found.gainers[0].price.price == 125
    assert found.busiest == []


def test_a_period_starts_from_the_last_close_on_or_before_it(instrument):
    one = instrument("ONE", quote_unit="0.01")
    bar(one, "2024-02-29", "8000")
    bar(one, "2024-03-04", "9000")
    quote(one, "10000")
    [gainer] = movers(world(), "1W").gainers
    assert (gainer.change, gainer.start, gainer.price.price) == (Decimal("0.25"), Decimal(80), Decimal(100))
    assert movers(world(), "1M").gainers == []  # no close so old is known
    assert movers(world(), "nonsense").period == "1D"


def test_a_split_within_the_period_is_no_loss(instrument):
    one, other = instrument("ONE"), instrument("OTHER")
    for row in (one, other):
        bar(row, "2024-03-01", "100")
    CorporateAction.objects.create(
        instrument=one, kind="split", ex_date="2024-03-05", numerator=4, denominator=1, source="t"
    )
    quote(one, "30")
    quote(other, "99")
    found = movers(world(), "1W")
    assert told(found.gainers) == [("ONE", Decimal("0.2"))]
    assert told(found.losers) == [("OTHER", Decimal("-0.01"))]
    assert found.gainers[0].start == 25


def test_what_is_traded_most_stands_by_its_volume(instrument):
    for symbol, volume in (("LITTLE", "10"), ("MUCH", "500"), ("NONE", None)):
        one = instrument(symbol)
        bar(one, "2024-03-07", "10")
        quote(one, "10", volume)
    found = movers(world(), "1D")
    assert [(row.instrument.symbol, row.volume) for row in found.busiest] == [
        ("MUCH", Decimal(500)), ("LITTLE", Decimal(10)),
    ]  # fmt: skip


def test_another_world_is_not_looked_at(instrument):
    one = instrument("ONE")
    bar(one, "2024-03-07", "100")
    replay = World.objects.create(kind="replay", name="2008", clock_at=NOW, clock_since=NOW)
    new = NewQuote(one.pk, Decimal(150), NOW, "test")
    record_quotes(world_id=replay.pk, batch=[new])
    assert movers(world(), "1D").gainers == []


def test_five_of_each_in_four_queries_however_many_there_are(instrument):
    for number in range(1, 8):
        for sign in (1, -1):
            one = instrument(f"{'U' if sign > 0 else 'D'}{number}")
            bar(one, "2024-03-07", "100")
            quote(one, str(100 + sign * number), "1")
    here = world()
    with CaptureQueriesContext(connection) as captured:
        found = movers(here, "1D")
    assert len(captured) == 4
    assert [row.instrument.symbol for row in found.gainers] == ["U7", "U6", "U5", "U4", "U3"]
    assert [row.instrument.symbol for row in found.losers] == ["D7", "D6", "D5", "D4", "D3"]
