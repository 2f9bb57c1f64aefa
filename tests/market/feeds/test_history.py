"""Gaps that are mended at night, splits that come before prices, and what is left for staff to see."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow
from market.errors import ProviderUnavailable
from market.models import CorporateAction, DailyBar, HistoryCheck, SourceAbility
from market.providers import Unread
from market.services.feeds import mend_history
from market.tasks import mend_history as task
from tests.market.builders import bar
from tests.market.feeds.sources import NOON

pytestmark = pytest.mark.django_db
LAST = date(2025, 7, 1)  # the day before, whose close is final


def rows(*days: str, close: int = 10) -> list[BarRow]:
    return [BarRow(date.fromisoformat(day), Decimal(close)) for day in days]


def weekdays(count: int) -> list[date]:
    days = [LAST - timedelta(days=number) for number in range(count * 2)]
    return sorted(day for day in days if day.weekday() < 5)[-count:]


@pytest.fixture
def stock(instrument, held):
    """A share with a bar on each weekday of the last year but two."""
    one = instrument("AAA")
    held(one)
    gone = {date(2025, 6, 12), date(2025, 6, 13)}
    DailyBar.objects.bulk_create(
        DailyBar(instrument=one, date=day, close=Decimal(10), source="import")
        for day in weekdays(262)
        if day not in gone
    )
    return one


@pytest.fixture
def two(stock, instrument, held):
    """Another share, with one bar."""
    one = instrument("BBB")
    bar(one, "2025-06-30", "10")
    held(stock, one)
    return one


def bars(stock, source: str) -> dict[str, Decimal]:
    return {str(row.date): row.close for row in DailyBar.objects.filter(instrument=stock, source=source)}


def test_only_the_days_that_lack_are_asked_for_and_stored(source, told, stock):
    source()
    told.history = {"first": rows("2025-06-11", "2025-06-12", "2025-06-13", "2025-06-14", close=11)}
    assert mend_history(seconds=60) == 1
    assert told.asked == [("first", ["AAA", "2025-06-12", "2025-06-13"])]
    assert bars(stock, "first") == {"2025-06-12": 11, "2025-06-13": 11}
    found = HistoryCheck.objects.get()
    assert (found.through, found.missing, found.mended, found.source) == (LAST, 0, 2, "first")
    assert found.checked_at == NOON
    assert mend_history(seconds=60) == 0  # not twice a day


def test_what_the_first_source_lacks_the_next_one_has(source, told, stock):
    source(priority=1)
    source("second", priority=2)
    told.history = {"first": ProviderUnavailable("down"), "second": rows("2025-06-12")}
    task()
    assert bars(stock, "second") == {"2025-06-12": 10}
    found = HistoryCheck.objects.get()
    assert (found.missing, found.mended, found.source) == (1, 1, "second")


def test_a_wrong_bar_costs_itself_only_and_is_told(source, told, stock):
    source()
    lie = BarRow(date(2025, 6, 12), Decimal(11), high=Decimal(10), low=Decimal(9))
    told.history = {"first": [lie, *rows("2025-06-13", close=11)]}
    mend_history(seconds=60)
    assert bars(stock, "first") == {"2025-06-13": 11}
    found = HistoryCheck.objects.get()
    assert (found.missing, found.mended) == (1, 1)
    assert found.trouble == "first: 2025-06-12 The close is outside low and high"


def test_what_the_budget_did_not_reach_is_looked_at_by_the_next_run(source, told, stock, two, clock):
    source(per_minute=1)
    told.history = {"first": rows("2025-06-12", "2025-06-13", "2025-06-27")}
    assert mend_history(seconds=60) == 1
    assert bars(two, "first") == {}
    clock.shift(timedelta(minutes=5))
    assert mend_history(seconds=60) == 1
    assert bars(two, "first") == {"2025-06-12": 10, "2025-06-13": 10, "2025-06-27": 10}
    assert [names[0] for _name, names in told.asked] == ["AAA", "BBB"]


@pytest.mark.parametrize(
    ("fare", "reached"),
    [
        ({"open_until": NOON + timedelta(minutes=2), "failures": 4}, 0),
        ({"open_until": NOON + timedelta(hours=1), "failures": 1}, 1),
        ({"limited_until": NOON + timedelta(hours=8)}, 0),
    ],
    ids=["down for minutes", "refused", "limited"],
)
def test_a_source_that_comes_back_is_waited_for_and_one_that_refuses_is_not(
    source, told, stock, fare, reached
):
    SourceAbility.objects.create(source=source(), ability="history", last_error_at=NOON, **fare)
    assert mend_history(seconds=60) == reached


def test_what_nobody_has_is_asked_for_again_once_a_week(source, told, stock, clock):
    source()
    asked = []
    for _day in range(8):
        told.asked.clear()
        mend_history(seconds=60)
        asked.append(len(told.asked))
        clock.shift(timedelta(days=1))
        bar(stock, str(clock_day(clock)), "10")
    # the first night, and on one day of the next seven
    assert asked[0] == 1
    assert sum(asked[1:]) == 1


def clock_day(_traveller) -> date:
    from core import clock as wall

    return wall.today("UTC") - timedelta(days=1)


def test_a_split_comes_before_the_prices_that_are_adjusted_for_it(source, told, stock):
    source()
    told.actions = {
        "first": [
            Split(stock.pk, date(2025, 6, 13), 2, 1),
            Dividend(stock.pk, date(2025, 5, 2), Decimal("0.25"), "USD"),
        ]
    }
    told.adjusted = True
    # as traded 40 before it and 20 after; the source says 20 all along
    DailyBar.objects.filter(date__lt="2025-06-13").update(close=40)
    DailyBar.objects.filter(date__gt="2025-06-13").update(close=20)
    told.history = {"first": rows("2025-06-12", "2025-06-13", close=20)}
    mend_history(seconds=60)
    assert bars(stock, "first") == {"2025-06-12": 40, "2025-06-13": 20}
    kinds = CorporateAction.objects.order_by("kind").values_list("kind", "source")
    assert list(kinds) == [("dividend", "first"), ("split", "first")]
    assert HistoryCheck.objects.get().trouble == ""


def test_a_split_that_the_prices_never_saw_is_left_to_staff(source, told, stock):
    source()
    told.actions = {"first": [Split(stock.pk, date(2025, 6, 5), 4, 1)]}
    mend_history(seconds=60)
    assert not CorporateAction.objects.exists()
    assert HistoryCheck.objects.get().trouble == "first: split 4:1 2025-06-05"


def test_what_is_known_from_elsewhere_is_not_recorded_twice(source, told, stock):
    source()
    CorporateAction.objects.create(
        instrument=stock, kind="dividend", ex_date="2025-05-05", amount="0.25", currency="USD", source="staff"
    )
    told.actions = {"first": [Dividend(stock.pk, date(2025, 5, 2), Decimal("0.26"), "USD")]}
    mend_history(seconds=60)
    assert CorporateAction.objects.get().source == "staff"


def test_a_split_that_nobody_recorded_is_a_finding(source, told, stock):
    source()
    DailyBar.objects.filter(date__gte="2025-06-02").update(close="2.5")
    mend_history(seconds=60)
    assert HistoryCheck.objects.get().jumps == ["2025-05-30 – 2025-06-02: 4:1"]


def test_prices_that_contradict_a_known_split_are_refused_and_told(source, told, stock):
    source()
    CorporateAction.objects.create(
        instrument=stock, kind="split", ex_date="2025-06-13", numerator=4, denominator=1, source="staff"
    )
    DailyBar.objects.filter(date__gt="2025-06-13").update(close="2.5")
    told.history = {"first": rows("2025-06-13", close=10)}
    mend_history(seconds=60)
    assert bars(stock, "first") == {}
    assert HistoryCheck.objects.get().trouble.startswith("first: ")


def test_a_row_that_cannot_be_read_costs_itself_only_and_the_next_source_is_asked(source, told, stock):
    source(priority=1)
    source("second", priority=2)
    DailyBar.objects.filter(date__lt="2025-06-13").update(close=40)
    split = Split(stock.pk, date(2025, 6, 13), 4, 1)
    told.actions = {
        "first": [Unread(date(2025, 5, 2), "in which unit?"), split],
        "second": [Dividend(stock.pk, date(2025, 5, 2), Decimal("0.26"), "USD"), split],
    }
    mend_history(seconds=60)
    found = CorporateAction.objects.order_by("ex_date").values_list("kind", "ex_date", "source")
    assert list(found) == [
        ("dividend", date(2025, 5, 2), "second"),
        ("split", date(2025, 6, 13), "first"),
    ]
    assert HistoryCheck.objects.get().trouble == "first: 2025-05-02 in which unit?"
    assert not SourceAbility.objects.filter(failures__gt=0).exists()
