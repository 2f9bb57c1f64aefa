"""The move log is read completely, in order and once, whoever is killed; and it ages."""

from __future__ import annotations

import random
import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection

from core import clock
from core.models import LIVE_WORLD
from market.domain.quotes import NewQuote
from market.models import Cursor, HeldQuote, LogHead, MoveBatch
from market.services.quotes import consume, keep_log, record_quotes
from market.services.quotes.store import partition
from tests.market.quotes.told import NOON, logged, record, told
from tests.support.parallel import at_once

BATCHES = 25


def follow(name: str = "tests") -> None:
    """Make the cursor: a consumer begins with what comes after its first call."""
    assert consume(name, LIVE_WORLD, lambda _batch: pytest.fail("there is nothing yet")) == 0


class Follower:
    """Writes down each batch it gets, in the transaction of its cursor, and is killed now and then."""

    def __init__(self) -> None:
        self.done, self.killed, self.backend = threading.Event(), 0, 0
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE followed (n serial, seq bigint, price numeric)")

    def write_down(self, batch: MoveBatch) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO followed (seq, price) VALUES (%s, %s)", [batch.seq, batch.prices[0]])
            cursor.execute("SELECT pg_sleep(0.002)")

    def follow(self) -> None:
        while not self.done.is_set():
            try:
                connection.ensure_connection()
                self.backend = connection.connection.info.backend_pid
                consume("tests", LIVE_WORLD, self.write_down)
            except OperationalError:
                self.killed += 1
                connection.close()

    def kill(self) -> None:
        chance = random.Random(5)
        while not self.done.wait(chance.uniform(0.005, 0.05)):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [self.backend])

    def read(self) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq, price FROM followed ORDER BY n")
            return cursor.fetchall()


@pytest.fixture
def follower(transactional_db):
    made = Follower()
    yield made
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE followed")


def test_two_writers_and_a_consumer_that_is_killed_at_random(follower, instrument):
    both = [instrument("ONE"), instrument("TWO")]
    follow()
    start, left = clock.now() - timedelta(hours=1), threading.Semaphore(0)

    def write(number: int) -> None:
        for step in range(BATCHES):
            price = Decimal(100 + step * 2 + number)
            at = start + timedelta(seconds=step * 2 + number)
            batch = [NewQuote(one.pk, price, at, "feed") for one in both]
            record_quotes(world_id=LIVE_WORLD, batch=batch)
        left.release()

    def end() -> None:
        for _ in range(2):
            left.acquire(timeout=60)
        follower.done.set()

    at_once(lambda: write(0), lambda: write(1), follower.follow, follower.kill, end)
    consume("tests", LIVE_WORLD, follower.write_down)

    batches = logged()
    assert [one[0] for one in batches] == list(range(1, len(batches) + 1))
    assert follower.read() == [(seq, first[2]) for seq, first, *_ in batches]
    assert follower.killed > 0
    assert Cursor.objects.get().seq == LogHead.objects.get().seq == len(batches)
    # each move starts where the one before it ended
    assert [first[1] for _, first, *_ in batches[1:]] == [first[2] for _, first, *_ in batches[:-1]]


@pytest.mark.django_db
def test_a_handler_that_fails_is_given_the_same_batches_again(stock, at_noon):
    follow()
    for minute in range(3):
        record(told(stock, str(10 + minute), minute))
    seen: list[int] = []

    def fail_at_the_second(batch: MoveBatch) -> None:
        seen.append(batch.seq)
        if batch.seq == 2:
            raise OSError

    with pytest.raises(OSError):
        consume("tests", LIVE_WORLD, fail_at_the_second)
    assert Cursor.objects.get().seq == 0
    assert consume("tests", LIVE_WORLD, lambda batch: seen.append(batch.seq)) == 3
    assert seen == [1, 2, 1, 2, 3]


@pytest.mark.django_db
def test_each_consumer_has_a_cursor_and_a_new_one_begins_now(stock, at_noon):
    follow("first")
    record(told(stock, "10"))
    follow("second")
    record(told(stock, "11", 1))
    seen: dict[str, list[int]] = {"first": [], "second": []}
    for name, rows in seen.items():
        consume(name, LIVE_WORLD, lambda batch, rows=rows: rows.append(batch.seq))
    assert seen == {"first": [1, 2], "second": [2]}


@pytest.mark.django_db
def test_a_long_backlog_is_read_in_steps(stock, at_noon):
    follow()
    for minute in range(103):
        record(told(stock, str(10 + minute % 2), minute))
    seen: list[int] = []
    assert consume("tests", LIVE_WORLD, lambda batch: seen.append(batch.seq)) == 103
    assert seen == list(range(1, 104))


@pytest.mark.django_db
def test_days_older_than_a_week_are_dropped_and_a_consumer_hears_of_it(stock, caplog):
    with time_machine.travel(NOON + timedelta(hours=1), tick=False) as traveller:
        follow()
        record(told(stock, "10"), told(stock, "0"))
        HeldQuote.objects.update(state="discarded", decided_at=clock.now())
        traveller.shift(timedelta(days=7))
        record(told(stock, "11", 7 * 24 * 60))
        assert keep_log() == 0
        traveller.shift(timedelta(days=1))
        connection.check_constraints()  # outside of tests each batch is committed
        assert keep_log() == 1
        assert [row.day for row in MoveBatch.objects.all()] == [date(2024, 3, 13)]
        seen: list[int] = []
        assert consume("tests", LIVE_WORLD, lambda batch: seen.append(batch.seq)) == 1
        assert (seen, "market.moves_missed" in caplog.text) == ([2], True)
        assert record(told(stock, "12", 8 * 24 * 60)).seq == 3
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)::text", [partition(date(2024, 3, 16))])
            assert cursor.fetchone() == (partition(date(2024, 3, 16)),)
        assert HeldQuote.objects.count() == 1
        traveller.shift(timedelta(days=90))
        connection.check_constraints()
        keep_log()
        assert HeldQuote.objects.count() == 0
