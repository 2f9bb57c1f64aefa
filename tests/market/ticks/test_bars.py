"""Bars that are kept up to date batch by batch are those that all ticks make at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import LIVE_WORLD
from market.domain.ticks import NewTick
from market.models import Exchange, Instrument, MinuteBar, Tick, TickDay
from market.services.ticks.store import put
from tests.market.ticks.told import bars, bring, counts, line, ticks

# around the end of March in Sydney, whose day ends at 13:00 UTC, and of the month in UTC
MIDNIGHT = datetime(2022, 3, 31, 12, 55, tzinfo=UTC)
SYDNEY = ZoneInfo("Australia/Sydney")

moments = st.one_of(
    st.integers(0, 40).map(lambda step: 15 * step), st.sampled_from([0, 299, 300, 39_899, 39_900])
)
told = st.tuples(moments, st.integers(1, 4), st.one_of(st.none(), st.integers(0, 3)))
batches = st.lists(st.lists(told, min_size=1, max_size=8), min_size=1, max_size=5)


@pytest.fixture
def stock(instrument: Callable[..., Instrument]) -> Instrument:
    exchange = Exchange.objects.create(mic="XSYD", name="Sydney", time_zone="Australia/Sydney")
    return instrument("STK", exchange=exchange)


def new(stock: Instrument, seconds: int, price: int, quantity: int | None) -> NewTick:
    size = None if quantity is None else Decimal(quantity)
    return NewTick(stock.pk, MIDNIGHT + timedelta(seconds=seconds), Decimal(price), size)


def from_scratch(stock: Instrument, span: Callable[[Tick], Any]) -> list[tuple[Any, ...]]:
    """Make bars of all that is stored, in its order."""
    made = []
    rows = Tick.objects.filter(instrument=stock).order_by("at", "seq")
    for key, group in groupby(rows, key=span):
        some = list(group)
        prices = [one.price for one in some]
        sizes = [one.quantity for one in some if one.quantity is not None]
        volume = sum(sizes) if sizes else None
        made.append((key, prices[0], max(prices), min(prices), prices[-1], volume, len(some)))
    return made


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
def test_bars_of_any_batches_in_any_order_are_those_of_all_ticks(stock, given_batches):
    with transaction.atomic():
        for batch in given_batches:
            before = Tick.objects.count()
            stored = put(LIVE_WORLD, [new(stock, *one) for one in batch]).count
            assert stored == Tick.objects.count() - before
        assert bars(MinuteBar, stock) == from_scratch(
            stock, lambda one: one.at.replace(second=0, microsecond=0)
        )
        assert bars(TickDay, stock) == from_scratch(stock, lambda one: one.at.astimezone(SYDNEY).date())
        # of ticks that are alike, as many are there as the batch that had most of them
        most: dict[Any, int] = {}
        for batch in given_batches:
            for one in batch:
                most[one] = max(most.get(one, 0), batch.count(one))
        assert Tick.objects.count() == sum(most.values())
        seen = ticks(stock), bars(MinuteBar, stock)
        for batch in given_batches:
            assert put(LIVE_WORLD, [new(stock, *one) for one in batch]).count == 0
        assert (ticks(stock), bars(MinuteBar, stock)) == seen
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_who_bring_the_same_at_once_store_it_once(instrument, two_at_once):
    stock = instrument("STK")
    lines = [line(f"10:{minute:02}:00", str(minute + 1)) for minute in range(50)] * 2
    done = two_at_once(lambda: counts(bring(*lines)))
    assert sorted(stored for _read, stored, _known, _refused in done) == [0, 100]
    assert len(ticks(stock)) == 100
    assert bars(TickDay, stock)[0][-1] == 100
    assert sum(count for *_prices, count in bars(MinuteBar, stock)) == 100
