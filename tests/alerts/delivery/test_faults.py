"""Whatever dies, is lost or comes twice: each message arrives, and is recorded once, with one key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from alerts import tasks
from alerts.domain.messages import Message, Outcome, Result
from alerts.events import DeliveriesQueued
from alerts.models import Attempt, Channel, Delivery, Notification
from alerts.services.delivery import drain as drains
from alerts.services.delivery import finishing, judging
from alerts.services.delivery.claims import LEASE, claim
from alerts.services.delivery.drain import Drain, drain, send
from alerts.services.delivery.finishing import finish, stop_channel
from alerts.services.delivery.judging import judge
from core import clock
from core.bus import bus
from tests.alerts.delivery.conftest import states
from tests.support.parallel import at_once

GIVES_UP = {"socket_connect_timeout": 0.2, "max_retries": 1, "interval_start": 0, "interval_max": 0}


class Killed(BaseException):
    """The worker is gone at this line."""


def dies(*_all: Any, **_more: Any) -> Any:
    raise Killed


def first_dies_after(real: Callable[..., Any]) -> Callable[..., Any]:
    """Do the work once, and die before anybody hears of it."""
    done: list[bool] = []

    def work(*args: Any, **more: Any) -> Any:
        answer = real(*args, **more)
        if not done:
            done.append(True)
            raise Killed
        return answer

    return work


STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the claim": lambda patch: patch.setattr(drains, "claim", dies),
    "after the claim": lambda patch: patch.setattr(drains, "judge", dies),
    "while judging": lambda patch: patch.setattr(judging, "_write", dies),
    "after judging": lambda patch: patch.setattr(drains, "judge", first_dies_after(judge)),
    "before sending": lambda patch: patch.setattr(drains, "send", dies),
    "after sending": lambda patch: patch.setattr(drains, "send", first_dies_after(send)),
    "before recording": lambda patch: patch.setattr(drains, "finish", dies),
    "between channel and record": lambda patch: patch.setattr(finishing, "_record", dies),
    "after recording": lambda patch: patch.setattr(drains, "finish", first_dies_after(finish)),
}
SENT_BEFORE = {"after sending", "before recording", "between channel and record", "after recording"}


@pytest.mark.django_db
@pytest.mark.usefixtures("mail")
@pytest.mark.parametrize("step", STEPS)
def test_worker_killed_at_a_step_loses_nothing(smtp, told, traveller, step):
    delivery = told()
    with pytest.MonkeyPatch.context() as patch:
        STEPS[step](patch)
        with pytest.raises(Killed):
            drain()
    drain()  # nothing is due as long as the lease of who died is not over
    assert len(smtp.mails) == (1 if step in SENT_BEFORE | {"before the claim"} else 0)
    traveller.shift(LEASE + timedelta(seconds=1))
    drain()
    twice = step in SENT_BEFORE - {"after recording"}
    assert smtp.ids == [f"<{delivery.uuid}@localhost>"] * (2 if twice else 1)
    assert states() == ["delivered"]
    assert Attempt.objects.filter(outcome="delivered").count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("mail")
def test_who_took_longer_than_the_lease_records_nothing(smtp, told, traveller):
    told()
    late = [send(one) for one in judge(claim(lane="mail", most=10))]
    traveller.shift(LEASE)
    assert drain() == (1, False)
    assert finish(late) == 0
    assert (states(), list(Attempt.objects.values_list("number", flat=True))) == (["delivered"], [2])


@pytest.mark.django_db
@pytest.mark.usefixtures("mail")
def test_hint_that_comes_often_sends_once(smtp, told):
    told()
    for _time in range(3):
        tasks.deliver()
    assert len(smtp.mails) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("mail")
def test_hint_that_is_lost_with_the_broker_is_made_up_for_by_the_sweep(
    smtp, told, monkeypatch, django_capture_on_commit_callbacks
):
    asked: list[str] = []

    def nobody_listens() -> None:
        asked.append("hint")
        with Connection("redis://127.0.0.1:1/", transport_options=GIVES_UP) as gone:
            tasks.deliver.apply_async(connection=gone, retry=False)

    monkeypatch.setattr(tasks.deliver, "delay", nobody_listens)
    with pytest.raises(OperationalError):
        nobody_listens()
    with django_capture_on_commit_callbacks(execute=True):
        told()
    assert (asked, states()) == (["hint", "hint"], ["pending"])
    assert "alerts.tasks.deliver" in tasks.SCHEDULE
    tasks.deliver()
    assert states() == ["delivered"]


@pytest.mark.django_db
def test_what_is_not_committed_does_not_leave(mail, smtp, told):
    with transaction.atomic():
        told()
        transaction.set_rollback(True)
    assert (drain(), smtp.mails) == ((0, False), [])


@pytest.mark.django_db
def test_task_asks_for_another_turn_where_more_is_due(monkeypatch):
    asked: list[bool] = []
    monkeypatch.setattr(tasks, "drain", lambda: (5, True))
    monkeypatch.setattr(tasks.deliver, "delay", lambda: asked.append(True))
    tasks.deliver()
    bus.publish(DeliveriesQueued(1))
    assert asked == [True]


class Counting:
    """Takes every message, and notes it."""

    def __init__(self) -> None:
        self.lock, self.seen = threading.Lock(), []

    def send(self, _config: Any, message: Message) -> Result:
        with self.lock:
            self.seen.append((message.key, len(message.items)))
        return Result(Outcome.DELIVERED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gathered", [False, True])
def test_two_workers_at_once_send_nothing_twice(channel, told, monkeypatch, gathered):
    counting = Counting()
    monkeypatch.setattr(drains, "of", lambda _kind: counting)
    kinds = ("email", "webhook") if not gathered else ("email", "slack")
    made = [channel(kind, url="https://example.org/", address="a@example.org") for kind in kinds]
    Channel.objects.update(hour_sent=0)
    for _one in range(15):
        told()
    Delivery.objects.update(gathered=gathered, due_at=clock.now() - timedelta(seconds=1))
    at_once(*[Drain(10).run for _worker in range(3)])
    assert set(states()) == {"delivered"}
    assert Attempt.objects.count() == 15 * len(made)
    assert sum(count for _key, count in counting.seen) == 15 * len(made)
    assert len({key for key, _count in counting.seen}) == len(counting.seen)
    if gathered:
        assert sorted(count for _key, count in counting.seen) == [15, 15]


@pytest.mark.django_db(transaction=True)
def test_two_channels_of_a_person_that_stop_at_once_both_stop(channel):
    made = [channel("email", address=f"{name}@example.org") for name in "ab"]
    stopped = at_once(*[partial(stop_channel, channel_id=one.pk, reason="gone") for one in made] * 2)
    assert sorted(stopped) == [False, False, True, True]
    assert set(Channel.objects.values_list("state", flat=True)) == {"disabled"}
    assert Notification.objects.filter(event="channel_stopped").count() == 2
