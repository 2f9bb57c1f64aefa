"""An alert fires once for what happened once, whatever is killed, repeated or late."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.domain.conditions import Side, Step, reaches
from alerts.models import Alert, Level, Notification, Trigger
from alerts.services import evaluation
from alerts.services.alerts import delete_alert, pause_alert, resume_alert
from alerts.services.evaluation import evaluate
from core.actor import Actor
from core.models import LIVE_WORLD, World
from market.models import Instrument, MoveBatch
from market.services.quotes import record_quotes
from tests.alerts.ground import Crash, Stops
from tests.market.quotes.told import NOON, told
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


def fired(alert: Alert) -> list[tuple[int, Decimal | None, Decimal]]:
    return list(
        Trigger.objects.filter(alert=alert).order_by("number").values_list("number", "previous", "price")
    )


def state(alert: Alert) -> str:
    alert.refresh_from_db()
    return alert.state


def test_crossing_fires_once_and_is_done(armed, share, tell, ida):
    tell(share, "9", 1)
    alert = armed(share, "crosses_up", "10")
    for minutes, price in ((2, "9.99"), (3, "10"), (4, "9"), (5, "11")):
        tell(share, price, minutes)
    assert evaluate(world_id=LIVE_WORLD) == 4
    assert fired(alert) == [(1, Decimal("9.99"), Decimal(10))]
    assert state(alert) == "fired"
    assert not Level.objects.exists()
    assert list(Notification.objects.values_list("user", "kind", "read_at")) == [(ida.pk, "alert", None)]
    assert evaluate(world_id=LIVE_WORLD) == 0


def test_trigger_tells_the_batch_and_its_time(armed, share, tell):
    tell(share, "9", 1)
    alert = armed(share, "above", "10")
    tell(share, "12", 7)
    evaluate(world_id=LIVE_WORLD)
    found = Trigger.objects.get(alert=alert)
    assert (found.seq, found.at, found.level) == (2, NOON + timedelta(minutes=7), Decimal(10))
    assert (found.low, found.high) == (Decimal(9), Decimal(12))


def test_state_that_holds_already_fires_with_the_next_move(armed, share, tell):
    tell(share, "12", 1)
    alert = armed(share, "above", "10")
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == []
    tell(share, "13", 2)
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == [(1, Decimal(12), Decimal(13))]


def test_what_happened_before_it_was_armed_does_not_fire_it_however_late_it_is_read(armed, share, tell):
    tell(share, "9", 1)
    first = armed(share, "crosses_up", "10")
    tell(share, "11", 2)
    late = armed(share, "crosses_up", "10")
    tell(share, "12", 3)
    evaluate(world_id=LIVE_WORLD)
    assert [len(fired(one)) for one in (first, late)] == [1, 0]


def test_either_way_is_one_alert(armed, share, tell):
    tell(share, "10", 1)
    alert = armed(share, "crosses", "10")
    assert Level.objects.count() == 2
    tell(share, "9", 2)
    tell(share, "11", 3)
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == [(1, Decimal(9), Decimal(11))]
    assert not Level.objects.exists()


def test_repeating_alert_rests_and_then_waits_for_the_price_to_come_back(armed, share, tell):
    tell(share, "9", 1)
    alert = armed(share, "above", "10", repeats=True, cooldown_minutes=10)
    # fires · rests · is armed at 12:12 while the price is over the level · came back · crosses again
    for minutes, price in ((2, "11"), (5, "9"), (6, "11"), (20, "12"), (21, "9"), (22, "10")):
        tell(share, price, minutes)
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == [(1, Decimal(9), Decimal(11)), (2, Decimal(9), Decimal(10))]
    assert (state(alert), alert.rearm_at) == ("resting", NOON + timedelta(minutes=32))


def test_alert_ends_when_its_time_is_over(armed, share, tell):
    tell(share, "9", 1)
    alert = armed(share, "above", "10", expires_at=NOON + timedelta(minutes=5))
    tell(share, "9.5", 4)
    tell(share, "11", 6)
    evaluate(world_id=LIVE_WORLD)
    assert (fired(alert), state(alert)) == ([], "expired")
    assert not Level.objects.exists()


def test_paused_alert_misses_what_happens_and_goes_on_when_resumed(armed, share, tell, ida):
    tell(share, "9", 1)
    alert = armed(share, "crosses_up", "10")
    pause_alert(actor=Actor.user(ida), user=ida, uuid=alert.uuid)
    tell(share, "11", 2)
    tell(share, "9", 3)
    resume_alert(actor=Actor.user(ida), user=ida, uuid=alert.uuid)
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == []
    tell(share, "10", 4)
    evaluate(world_id=LIVE_WORLD)
    assert fired(alert) == [(1, Decimal(9), Decimal(10))]


def test_other_instruments_and_worlds_do_not_fire_it(armed, share, tell, traveller):
    other = Instrument.objects.create(symbol="OTH", name="Other", currency="EUR")
    replay = World.objects.create(kind=World.Kind.REPLAY, name="1929")
    tell(share, "9", 1)
    tell(other, "9", 2)
    alert = armed(share, "above", "10")
    tell(other, "11", 3)
    record_quotes(world_id=replay.pk, batch=[told(share, "99", 3)])
    evaluate(world_id=LIVE_WORLD)
    evaluate(world_id=replay.pk)
    assert fired(alert) == []


def test_deleted_alert_takes_what_it_told_along(armed, share, tell, ida):
    tell(share, "9", 1)
    alert = armed(share, "above", "10")
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    delete_alert(actor=Actor.user(ida), user=ida, uuid=alert.uuid)
    assert not Trigger.objects.exists()
    assert not Notification.objects.exists()


def test_crash_between_any_two_statements_leaves_nothing_half_done(armed, share, tell):
    tell(share, "9", 1)
    alert = armed(share, "above", "10", repeats=True, cooldown_minutes=1)
    for minutes, price in ((2, "11"), (4, "9"), (5, "12")):
        tell(share, price, minutes)
    crashes = 0
    while True:
        try:
            with Stops(after=crashes):
                evaluate(world_id=LIVE_WORLD)
        except Crash:
            assert not Trigger.objects.exists()
            crashes += 1
            continue
        break
    assert crashes > 8
    assert [row[0] for row in fired(alert)] == [1, 2]
    assert Notification.objects.count() == 2


PRICES = st.integers(1, 5).map(Decimal)


@st.composite
def moves(draw: st.DrawFn) -> list[Step]:
    """Make moves that follow each other."""
    price = draw(PRICES)
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        path = [price, *draw(st.lists(PRICES, min_size=1, max_size=3))]
        steps.append(Step(path[0], path[-1], min(path), max(path)))
        price = path[-1]
    return steps


@pytest.fixture
def watched(armed, share) -> dict[int, tuple[Side, Decimal]]:
    """Watch every half from 1 to 5 on every side; the side and level by the alert's key."""
    found = {}
    for side in Side:
        for level in (Decimal(one) / 2 for one in range(2, 11)):
            alert = armed(share, "above", str(level))
            Level.objects.filter(alert=alert).update(side=side.value)
            found[alert.pk] = (side, level)
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=moves())
def test_statement_says_what_the_rule_says(watched, share, steps):
    expected = dict.fromkeys(watched, 0)
    with transaction.atomic():
        for seq, step in enumerate(steps, start=1):
            batch = MoveBatch(
                world_id=LIVE_WORLD, seq=seq, time=NOON, day=NOON.date(), instruments=[share.pk],
                previous=[step.previous], prices=[step.price], lows=[step.low], highs=[step.high],
            )  # fmt: skip
            evaluation._fire(batch)
            for pk, (side, level) in watched.items():
                expected[pk] = expected[pk] or (seq if reaches(side, level, step) else 0)
        found = dict(Trigger.objects.values_list("alert", "seq"))
        transaction.set_rollback(True)
    assert {pk: found.get(pk, 0) for pk in watched} == expected


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_workers_fire_each_alert_once(armed, share, tell):
    tell(share, "9", 1)
    alerts = [armed(share, "above", str(10 + one)) for one in range(20)]
    for minutes in range(2, 22):
        tell(share, str(8 + minutes), minutes)
    at_once(*[lambda: evaluate(world_id=LIVE_WORLD)] * 6)
    assert [len(fired(one)) for one in alerts] == [1] * 20
    assert Notification.objects.count() == 20


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_alert_that_is_armed_while_batches_are_read_misses_none_of_the_later_ones(armed, share, tell):
    """An alert that is there when a price is recorded sees it, whoever reads the log meanwhile."""
    tell(share, "9", 1)
    made, _read = at_once(
        lambda: [armed(share, "above", "10") for _ in range(10)],
        lambda: [evaluate(world_id=LIVE_WORLD) for _ in range(10)],
    )
    tell(share, "11", 2)
    at_once(*[lambda: evaluate(world_id=LIVE_WORLD)] * 2)
    assert [len(fired(one)) for one in made] == [1] * 10


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pause_is_not_lost_to_an_evaluation_that_arms_what_rested(armed, share, tell, ida):
    """Whichever comes first: the alert that its owner paused stays paused, with nothing watched for it."""
    tell(share, "9", 1)
    alerts = [armed(share, "above", "10", repeats=True, cooldown_minutes=1) for _ in range(8)]
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    tell(share, "9", 5)
    pauses = [
        lambda one=one: pause_alert(actor=Actor.user(ida), user=ida, uuid=one.uuid) for one in alerts[:4]
    ]
    at_once(*pauses, lambda: evaluate(world_id=LIVE_WORLD))
    assert [state(one) for one in alerts] == ["paused"] * 4 + ["armed"] * 4
    assert set(Level.objects.values_list("alert", flat=True)) == {one.pk for one in alerts[4:]}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pause_waits_for_the_evaluation_that_is_at_work(armed, share, tell, ida, monkeypatch):
    tell(share, "9", 1)
    alert = armed(share, "above", "10", repeats=True, cooldown_minutes=1)
    tell(share, "11", 2)
    evaluate(world_id=LIVE_WORLD)
    tell(share, "9", 5)
    begun, order = threading.Event(), []

    def slow(batch: MoveBatch) -> None:
        arm(batch)
        begun.set()
        time.sleep(0.3)
        order.append("evaluated")

    def pause() -> None:
        assert begun.wait(5)
        pause_alert(actor=Actor.user(ida), user=ida, uuid=alert.uuid)
        order.append("paused")

    arm = evaluation._arm_what_rested
    monkeypatch.setattr(evaluation, "_arm_what_rested", slow)
    at_once(lambda: evaluate(world_id=LIVE_WORLD), pause)
    assert order == ["evaluated", "paused"]
    assert (state(alert), Level.objects.count()) == ("paused", 0)
