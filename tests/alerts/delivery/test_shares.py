"""Whoever has much on its way, or is slow, or rests, holds up nobody else."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from alerts.domain.messages import Outcome, Result
from alerts.models import Attempt, Channel, Delivery, Notification
from alerts.services.channels import delete_channel, pause_channel, resume_channel
from alerts.services.delivery import cleaning, judging
from alerts.services.delivery import drain as drains
from alerts.services.delivery.claims import MOST_TOGETHER, OF_CHANNEL, OF_OWNER, WINDOW, claim
from alerts.services.delivery.cleaning import HELD_FOR, READ_KEPT, purge, purge_read
from alerts.services.delivery.drain import drain
from alerts.services.delivery.judging import judge
from alerts.services.erasure import erase_alerts_of
from alerts.services.notifications import notify
from core import clock
from core.actor import Actor
from tests.alerts.delivery.conftest import states
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ben@example.org", "x")


def queue(channel: Channel, count: int, **values: Any) -> list[Delivery]:
    """Have so much due on a channel, each a second after the one before, for an hour already."""
    now = clock.now() - timedelta(hours=1)
    told = Notification.objects.bulk_create(
        Notification(user=channel.owner, kind="portfolio", event="joined", created_at=now)
        for _one in range(count)
    )
    return Delivery.objects.bulk_create(
        Delivery(notification=one, channel=channel, lane=channel.lane, due_at=now, created_at=now, **values)
        for one in told
    )


class Noting:
    """Takes every message, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls: list[str] = []
        monkeypatch.setattr(drains, "of", lambda _kind: self)

    def send(self, config: Any, _message: Any) -> Result:
        self.urls.append(config["url"])
        return Result(Outcome.DELIVERED)


@pytest.mark.parametrize("gathered", [False, True])
def test_person_with_much_due_leaves_room_for_the_next(channel, ben, gathered):
    mine = [channel("webhook", url=f"https://example.org/{number}") for number in range(3)]
    theirs = channel("webhook", owner=ben, url="https://example.org/ben")
    for one in mine:
        queue(one, WINDOW // 2, gathered=gathered)
    queue(theirs, 1, gathered=gathered)
    first = Counter(one.channel_id for one in claim(lane="web", most=20))
    assert first[theirs.pk] == 1
    assert max(first[one.pk] for one in mine) == (1 if gathered else OF_CHANNEL)
    assert sum(first[one.pk] for one in mine) == (3 if gathered else OF_OWNER)
    # what is on its way counts, whoever claimed it
    assert claim(lane="web", most=20) == []


def test_what_went_makes_room_for_the_next_at_once(channel, monkeypatch):
    noting = Noting(monkeypatch)
    queue(channel("webhook", url="https://example.org/"), 30)
    assert drain() == (30, False)
    assert len(noting.urls) == 30


def test_backlog_of_one_lane_is_not_looked_at_by_the_other(channel, mail):
    queue(channel("webhook", url="https://example.org/"), 3)
    queue(mail, 1)
    assert [one.channel_id for one in claim(lane="mail", most=8)] == [mail.pk]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM alerts_delivery WHERE state = 'pending' AND NOT held AND lane = 'mail'"
            " AND gathered = false AND due_at <= now() ORDER BY due_at, id LIMIT 8"
        )
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "delivery_due" in plan
    assert "Sort" not in plan


def test_one_digest_of_very_many_leaves_hundred_by_hundred(channel):
    made = channel("email", address="a@example.org", digest="daily")
    rows = queue(made, 2 * MOST_TOGETHER + 1, gathered=True)
    other = channel("email", address="b@example.org", digest="daily")
    queue(other, 1, gathered=True)
    first = claim(lane="mail", most=8)
    assert [(one.channel_id, len(one.ids)) for one in first] == [(made.pk, MOST_TOGETHER), (other.pk, 1)]
    assert first[0].ids == tuple(one.pk for one in rows[:MOST_TOGETHER])
    assert claim(lane="mail", most=8) == []  # one at a time
    assert Delivery.objects.filter(lease=None, bundle=None).count() == MOST_TOGETHER + 1


def test_backlog_of_a_channel_that_rests_waits_with_it_and_takes_no_try(channel, ben, monkeypatch):
    noting = Noting(monkeypatch)
    until = clock.now() + timedelta(minutes=5)
    dead = channel("webhook", url="https://example.org/dead")
    Channel.objects.filter(pk=dead.pk).update(failures=3, failing_since=clock.now(), rests_until=until)
    queue(dead, WINDOW + 5)
    queue(channel("webhook", owner=ben, url="https://example.org/ben"), 1)
    assert drain() == (1, False)
    assert noting.urls == ["https://example.org/ben"]
    waits = Delivery.objects.filter(channel=dead)
    assert set(waits.values_list("attempts", "lease")) == {(0, None)}
    assert waits.filter(due_at=until).count() >= WINDOW


def test_paused_channel_keeps_its_digest_until_it_is_resumed(ida, channel, smtp, told, traveller):
    made = channel("email", address="a@example.org", digest="daily", verified_at=None)
    Channel.objects.filter(pk=made.pk).update(verified_at=clock.now())
    told()
    told()
    drain()
    actor = Actor.user(ida)
    pause_channel(actor=actor, user=ida, uuid=made.uuid)
    traveller.shift(timedelta(days=1))
    assert drain() == (0, False)
    assert list(Delivery.objects.values_list("state", "held", "attempts")) == [("pending", True, 0)] * 2
    assert drain() == (0, False)
    resume_channel(actor=actor, user=ida, uuid=made.uuid)
    assert drain() == (2, False)
    assert [str(one["Subject"]) for one in smtp.mails] == ["2 notifications"]


def test_what_is_held_for_a_month_is_not_sent(mail, smtp, traveller):
    Channel.objects.filter(pk=mail.pk).update(state="paused")
    queue(mail, 1)
    drain()
    assert purge() == 0
    traveller.shift(HELD_FOR)
    purge()
    assert list(Delivery.objects.values_list("state", "error", "held")) == [
        ("dropped", cleaning.PAUSED, False)
    ]


def test_outage_of_ours_uses_up_no_try_of_the_other_side(mail, told, traveller, monkeypatch):
    class Answering:
        result = Result(Outcome.RETRY, "away", is_ours=True)

        def send(self, *_all: Any) -> Result:
            return self.result

    answering = Answering()
    monkeypatch.setattr(drains, "of", lambda _kind: answering)
    one = told()
    for _try in range(9):
        drain()
        one.refresh_from_db()
        traveller.move_to(one.due_at)
    assert (one.attempts, one.failures) == (9, 0)
    answering.result = Result(Outcome.RETRY, "later", 451)
    for number in range(1, 9):
        assert one.state == "pending"
        drain()
        one.refresh_from_db()
        assert one.failures == number
        traveller.move_to(max(one.due_at, mail.rests_until or one.due_at))
    assert one.state == "failed"


def test_config_that_no_key_opens_is_a_try_and_waits_longer_each_time(mail, told, monkeypatch):
    def closed(*_all: Any) -> Any:
        raise LookupError

    monkeypatch.setattr("alerts.selectors.messages.config_of", closed)
    one = told()
    assert drain() == (1, False)
    one.refresh_from_db()
    assert (one.state, one.failures, one.error) == ("pending", 0, drains.UNWRITTEN)
    assert list(Attempt.objects.values_list("outcome", "detail")) == [("retry", drains.UNWRITTEN)]


def test_read_notifications_go_after_a_year_and_others_stay(ida, traveller):
    kinds = {"read": clock.now(), "unread": None}
    for event, read_at in kinds.items():
        Notification.objects.create(
            user=ida, kind="portfolio", event=event, read_at=read_at, created_at=clock.now()
        )
    assert purge_read() == 0
    traveller.shift(READ_KEPT + timedelta(days=1))
    Notification.objects.create(
        user=ida, kind="portfolio", event="new", read_at=clock.now(), created_at=clock.now()
    )
    assert purge_read() == 1
    assert list(Notification.objects.order_by("pk").values_list("event", flat=True)) == ["unread", "new"]


def test_purge_takes_batch_by_batch(mail, traveller, monkeypatch):
    monkeypatch.setattr(cleaning, "BATCH", 2)
    queue(mail, 5, state="delivered", done_at=clock.now())
    queue(mail, 1)
    traveller.shift(timedelta(days=91))
    assert purge() == 5
    assert states() == ["pending"]


def test_drain_ends_in_time_however_often_it_is_asked_again(channel, monkeypatch):
    asked: list[bool] = []

    def asks(drain_: Any) -> None:
        drains._again.set()
        asked.append(True)
        drain_.more = len(asked) > 2

    monkeypatch.setattr(drains.Drain, "run", asks)
    assert drain() == (0, True)
    assert len(asked) == 3


def holding(channel: Channel, held: threading.Event, go: threading.Event) -> None:
    from alerts.selectors.channels import get

    with transaction.atomic():
        get(channel.owner, channel.uuid, for_update=True)
        held.set()
        go.wait(10)


@pytest.mark.django_db(transaction=True)
def test_channel_that_is_changed_holds_up_neither_what_is_told_nor_the_others(channel, ida, ben, monkeypatch):
    noting = Noting(monkeypatch)
    mine = channel("webhook", url="https://example.org/mine")
    channel("webhook", owner=ben, url="https://example.org/ben")
    held, go = threading.Event(), threading.Event()

    def others() -> tuple[int, bool]:
        assert held.wait(10)
        try:
            with transaction.atomic():
                connection.cursor().execute("SET LOCAL lock_timeout = '2s'")
                notify(users=[ida.pk, ben.pk], kind=Notification.Kind.PORTFOLIO, event="joined", data={})
            return drain()
        finally:
            go.set()

    at_once(partial(holding, mine, held, go), others)
    assert noting.urls == ["https://example.org/ben"]
    waits = Delivery.objects.get(channel=mine)
    assert (waits.state, waits.lease, waits.attempts) == ("pending", None, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("erased", [True, False])
def test_channel_that_goes_while_its_messages_are_judged_waits_in_no_circle(
    channel, ida, monkeypatch, erased
):
    made = channel("email", address="a@example.org", digest="daily")
    queue(made, 3)
    claims = claim(lane="mail", most=8)
    locked = threading.Event()
    real = judging._write

    def write(*all_: Any) -> None:
        locked.set()
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        for _look in range(200):
            with connection.cursor() as cursor:
                cursor.execute(waiting)
                if cursor.fetchone():
                    break
            threading.Event().wait(0.005)
        real(*all_)

    monkeypatch.setattr(judging, "_write", write)

    def goes() -> None:
        assert locked.wait(10)
        if erased:
            with transaction.atomic():
                erase_alerts_of(user_id=ida.pk)
        else:
            delete_channel(actor=Actor.user(ida), user=ida, uuid=made.uuid)

    at_once(partial(judge, claims), goes)
    assert (Channel.objects.filter(pk=made.pk).exists(), Delivery.objects.exists()) == (False, False)
