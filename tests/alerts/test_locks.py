"""Who works on alerts at one time waits in the order of asking, not for each other, and reads little."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from alerts.models import Level, Trigger
from alerts.selectors.alerts import _LEVELLED, watched_instruments
from alerts.services import waking
from alerts.services.evaluation import CONSUMER, evaluate
from alerts.services.renewing import renew_rules
from core.models import LIVE_WORLD
from market.models import DailyBar, Instrument
from market.services.quotes.log import hold_cursor
from tests.alerts.ground import clause
from tests.market.quotes.told import NOON
from tests.support.parallel import at_once

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def until(enough: Callable[[], bool]) -> None:
    """Wait for something that others do, five seconds at most."""
    for _turn in range(500):
        if enough():
            return
        time.sleep(0.01)
    raise AssertionError


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM alerts_level USING (SELECT 1::bigint AS id) fired WHERE alert_id = fired.id",
        "DELETE FROM alerts_level WHERE alert_id = ANY(ARRAY[1::bigint])",
        "SELECT 1 FROM ONLY alerts_level x WHERE alert_id = 1 FOR KEY SHARE OF x",
    ],
    ids=["fire", "end", "key"],
)
def test_levels_of_one_alert_are_found_by_an_index(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert ("alert_level_alert" in plan, "Seq Scan" in plan) == (True, False), plan


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_who_keeps_the_cursor_still_comes_after_an_evaluation_that_asked_before(armed, share, tell):
    """Else a stream of people who make alerts would keep alerts from firing."""
    tell(share, "9", 1)
    armed(share, "above", "10")
    tell(share, "11", 2)
    held = threading.Event()
    order: list[str] = []

    def first() -> None:
        with transaction.atomic():
            hold_cursor(CONSUMER, LIVE_WORLD)
            held.set()
            until(lambda: bool(order) or waiting() >= 2)

    def read() -> None:
        assert held.wait(5)
        evaluate(world_id=LIVE_WORLD)

    def second() -> None:
        assert held.wait(5)
        until(lambda: waiting() >= 1)
        with transaction.atomic():
            hold_cursor(CONSUMER, LIVE_WORLD)
            order.append("fired" if Trigger.objects.exists() else "not yet")

    at_once(first, read, second)
    assert order == ["fired"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_renewal_waits_for_the_evaluation_that_is_at_work(ruled, share, other, tell, monkeypatch):
    """Both write levels of many rules, each in its own order: together they would wait for each other."""
    tell(share, "100", 1)
    tell(other, "1", 1)
    day = NOON.date() - timedelta(days=1)
    DailyBar.objects.create(instrument=share, date=day, close=Decimal(100), source="t")
    for joined in ("all", "any"):
        up = clause("change_percent_close", share, percent="5", direction="up")
        ruled(joined, up, clause("above", other, level="1000"))
    Instrument.objects.filter(pk=share.pk).update(price_revision=99)
    tell(share, "110", 2)
    begun = threading.Event()
    renewed: list[int] = []
    keep = waking.keep

    def slow(*rows: object, **more: object) -> None:
        begun.set()
        until(lambda: bool(renewed) or waiting() >= 1)
        assert renewed == []
        keep(*rows, **more)

    def renew() -> None:
        assert begun.wait(5)
        renewed.append(renew_rules())

    monkeypatch.setattr(waking, "keep", slow)
    at_once(lambda: evaluate(world_id=LIVE_WORLD), renew)
    # the rule that is left knows the days of then, and not that they changed
    assert (renewed, Level.objects.filter(side="T", level=0).count()) == ([1], 1)


@pytest.mark.django_db
def test_instruments_that_are_watched_are_found_from_one_to_the_next(armed, ruled, share, other, tell):
    for level in ("10", "11", "12"):
        armed(share, "above", level)
    ruled("any", clause("above", other, level="10"))
    assert watched_instruments() == {share.pk, other.pk}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {_LEVELLED}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert ("alert_level_watched" in plan, "Seq Scan" in plan) == (True, False), plan
