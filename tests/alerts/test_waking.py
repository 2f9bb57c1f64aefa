"""Rules are looked at where something about them changes, and fire as if every batch had been."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from alerts.models import Alert, Level, Notification, Trigger
from alerts.services.evaluation import evaluate
from core.models import LIVE_WORLD
from market.models import DailyBar
from tests.alerts.ground import clause
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db


def fired(alert: Alert) -> list[tuple[int, Decimal | None, Decimal | None]]:
    evaluate(world_id=LIVE_WORLD)
    rows = Trigger.objects.filter(alert=alert).order_by("number")
    return list(rows.values_list("seq", "previous", "price"))


def test_all_of_fires_in_the_batch_that_makes_the_last_one_so(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("all", clause("above", share, level="10"), clause("below", other, level="40"))
    tell(share, "11", 3)
    tell(other, "39", 4)
    assert fired(alert) == [(4, Decimal(50), Decimal(39))]
    assert (Level.objects.count(), Notification.objects.count()) == (0, 1)


def test_all_of_does_not_fire_for_what_was_so_one_after_the_other(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("all", clause("above", share, level="10"), clause("below", other, level="40"))
    tell(share, "11", 3)
    tell(share, "9", 4)
    tell(other, "39", 5)
    assert fired(alert) == []
    tell(share, "10", 6)
    assert fired(alert) == [(6, Decimal(9), Decimal(10))]


def test_any_of_fires_once_and_is_done(ruled, share, other, tell):
    tell(share, "9", 1)
    tell(other, "50", 2)
    alert = ruled("any", clause("above", share, level="10"), clause("below", other, level="40"))
    tell(other, "39", 3)
    tell(share, "11", 4)
    assert fired(alert) == [(3, Decimal(50), Decimal(39))]


def test_trailing_follows_the_high_and_tells_what_it_saw(ruled, share, tell):
    tell(share, "100", 1)
    alert = ruled("any", clause("trailing", share, percent="10", direction="down"))
    for minutes, price in ((2, "110"), (3, "120"), (4, "108.01"), (5, "108")):
        tell(share, price, minutes)
    assert fired(alert) == [(5, Decimal("108.01"), Decimal(108))]
    [fact] = Trigger.objects.get().facts
    saw = {"number": 0, "kind": "trailing", "so": True, "last": True, "price": "108.000000000000000000"}
    asked = {"direction": "down", "percent": "10", "symbol": "SHR", "currency": "EUR", "unit": "1"}
    assert fact == {**saw, **asked, "instrument": str(share.uuid)}


@pytest.mark.parametrize(("minutes", "expected"), [(11, [3]), (12, [])])
def test_change_within_minutes_forgets_what_is_older(ruled, share, tell, minutes, expected):
    tell(share, "100", 0)
    alert = ruled("any", clause("change_percent_minutes", share, percent="5", minutes=10, direction="up"))
    tell(share, "103", 1)
    tell(share, "105", minutes)
    assert [row[0] for row in fired(alert)] == expected


def bars(share, *closes: str, until: int = 1) -> None:
    """Give it closes of the days up to so many days before the day of the tests."""
    day = NOON.date() - timedelta(days=until - 1 + len(closes))
    for place, close in enumerate(closes):
        DailyBar.objects.create(
            instrument=share, date=day + timedelta(days=place), close=Decimal(close), source="t"
        )


def test_change_since_the_close_takes_the_next_days_close(ruled, share, tell):
    bars(share, "90", "100")
    tell(share, "101", 1)
    alert = ruled("any", clause("change_percent_close", share, percent="5", direction="down"))
    tell(share, "96", 2)
    assert fired(alert) == []
    # of the next day: 96 is the close, so that it takes 91.2
    tell(share, "93", 24 * 60)
    assert fired(alert) == []
    tell(share, "91.2", 24 * 60 + 1)
    assert [row[0] for row in fired(alert)] == [4]
