"""Closes: exact, in the major currency, never a later one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from core.models import LIVE_WORLD, World
from market.domain.prices import PriceUsed
from market.selectors import prices
from tests.market.builders import bar

pytestmark = pytest.mark.django_db


def test_closes_on_takes_the_last_close_on_or_before_the_day(instrument):
    one, two = instrument("ONE"), instrument("TWO")
    bar(one, "2024-01-02", "10.5")
    bar(one, "2024-01-04", "11")
    bar(two, "2024-01-05", "99")
    found = prices.closes_on(LIVE_WORLD, [one.id, two.id], date(2024, 1, 3))
    assert found == {
        one.id: PriceUsed(Decimal("10.5"), "USD", date(2024, 1, 2), "import", "close"),
    }


def test_closes_on_folds_the_quote_unit_exactly(instrument):
    london = instrument("LON", currency="GBP", quote_unit=Decimal("0.01"))
    bar(london, "2024-01-02", "123456789012345678.123456789012345678")
    found = prices.closes_on(LIVE_WORLD, [london.id], date(2024, 1, 2))[london.id]
    assert found.price == Decimal("1234567890123456.78123456789012345678")
    assert found.currency == "GBP"


@pytest.mark.parametrize(
    ("source", "day", "quality"),
    [
        ("import", date(2024, 1, 7), "close"),
        ("import", date(2024, 1, 8), "stale"),
        ("manual", date(2024, 1, 3), "manual"),
        ("simulated", date(2024, 1, 3), "simulated"),
        ("simulated", date(2024, 1, 9), "stale"),
    ],
)
def test_closes_on_says_how_sure_a_price_is(instrument, source, day, quality):
    one = instrument("ONE")
    bar(one, "2024-01-02", "10", source=source)
    assert prices.closes_on(LIVE_WORLD, [one.id], day)[one.id].quality == quality


def test_closes_at_answers_each_pair_of_instrument_and_day(instrument):
    one = instrument("ONE")
    bar(one, "2024-01-02", "10")
    bar(one, "2024-01-03", "11")
    found = prices.closes_at(
        LIVE_WORLD, [(one.id, date(2024, 1, 1)), (one.id, date(2024, 1, 2)), (one.id, date(2024, 1, 9))]
    )
    assert {pair: used.price for pair, used in found.items()} == {
        (one.id, date(2024, 1, 2)): Decimal(10),
        (one.id, date(2024, 1, 9)): Decimal(11),
    }


def test_close_series_reads_days_and_closes_in_order(instrument):
    one, pence, empty = (
        instrument("ONE"),
        instrument("PEN", currency="GBP", quote_unit=Decimal("0.01")),
        instrument("EMP"),
    )
    bar(one, "2024-01-03", "11.25")
    bar(one, "2024-01-02", "10.5")
    bar(pence, "2024-01-02", "250")
    found = prices.close_series(LIVE_WORLD, [pence.id, one.id, empty.id])
    assert set(found) == {one.id, pence.id}
    assert found[one.id].days.tolist() == [date(2024, 1, 2).toordinal(), date(2024, 1, 3).toordinal()]
    assert found[one.id].closes.tolist() == [10.5, 11.25]
    assert found[pence.id].closes.tolist() == [2.5]
    assert (found[one.id].days.dtype, found[one.id].closes.dtype) == (np.int32, np.float64)


def test_close_series_ends_with_the_day_asked_for(instrument):
    one = instrument("ONE")
    for day in ("2024-01-02", "2024-01-03", "2024-01-04"):
        bar(one, day, "10")
    found = prices.close_series(LIVE_WORLD, [one.id], until=date(2024, 1, 3))
    assert found[one.id].days.tolist() == [date(2024, 1, 2).toordinal(), date(2024, 1, 3).toordinal()]


def test_close_series_of_nothing_is_empty():
    assert prices.close_series(LIVE_WORLD, []) == {}


def test_prices_of_another_world_are_not_seen(instrument):
    other = World.objects.create(kind="replay", name="2008")
    one = instrument("ONE")
    bar(one, "2024-01-02", "10", world=other)
    assert prices.close_series(LIVE_WORLD, [one.id]) == {}
    assert prices.closes_on(LIVE_WORLD, [one.id], date(2024, 1, 2)) == {}
    assert prices.closes_on(other.id, [one.id], date(2024, 1, 2))[one.id].price == Decimal(10)


def test_bars_are_cut_at_both_days(instrument):
    one = instrument("ONE")
    for day in ("2024-01-02", "2024-01-03", "2024-01-04"):
        bar(one, day, "10")
    rows = prices.bars(LIVE_WORLD, one, date(2024, 1, 3), date(2024, 1, 4))
    assert [row.date for row in rows] == [date(2024, 1, 3), date(2024, 1, 4)]
    assert prices.last_day(LIVE_WORLD, one) == date(2024, 1, 4)
