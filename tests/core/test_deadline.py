"""The time limit of a request: 504, nothing left running, nothing left on the connection."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction
from django.test import Client

from core import deadline, metrics
from core.errors import TimedOut
from core.models import World

SAMPLE = "tests.core.sample_urls"
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"


@pytest.fixture
def ask(settings):
    settings.ROOT_URLCONF = SAMPLE
    settings.REQUEST_TIMEOUT_SECONDS = 0.4
    return Client(raise_request_exception=False).get


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def running() -> int:
    with connection.cursor() as cursor:
        cursor.execute(RUNNING)
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_query_that_takes_too_long_answers_504_and_ends_in_the_database(ask):
    before = metrics.timed_out._value.get()
    begun = time.monotonic()
    answer = ask("/api/test/sleep/20")
    assert time.monotonic() - begun < 5
    assert (answer.status_code, answer.headers["Content-Type"]) == (504, "application/problem+json")
    assert (answer.json()["type"], answer.json()["title"]) == ("timed-out", "This took too long")
    assert running() == 0
    assert metrics.timed_out._value.get() - before == 1


@pytest.mark.django_db(transaction=True)
def test_page_that_takes_too_long_is_a_page(ask):
    answer = ask("/test/sleep/20")
    assert answer.status_code == 504
    assert "This took too long" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_next_request_on_the_connection_has_its_own_time(ask):
    assert ask("/api/test/sleep/20").status_code == 504
    assert (setting("statement_timeout"), setting("idle_in_transaction_session_timeout")) == ("0", "0")
    assert ask("/api/test/sleep/0.2").status_code == 200
    assert (setting("statement_timeout"), setting("idle_in_transaction_session_timeout")) == ("0", "0")


@pytest.mark.django_db(transaction=True)
def test_transaction_and_savepoint_are_rolled_back(ask):
    assert ask("/api/test/half-done").status_code == 504
    assert not World.objects.filter(name="half done").exists()
    assert connection.in_atomic_block is False


@pytest.mark.django_db(transaction=True)
def test_several_queries_together_have_one_limit(ask):
    begun = time.monotonic()
    assert ask("/api/test/sleep/0.25?times=8").status_code == 504
    assert time.monotonic() - begun < 1.9


@pytest.mark.django_db(transaction=True)
def test_python_that_takes_too_long_is_stopped_at_its_next_query(ask):
    assert ask("/api/test/compute").status_code == 504


def fail() -> None:
    with transaction.atomic():
        setting("statement_timeout")
        raise ZeroDivisionError


def sleep() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")


@pytest.mark.django_db(transaction=True)
def test_limit_holds_after_a_transaction_that_was_rolled_back():
    with deadline.limited(0.4):
        with pytest.raises(ZeroDivisionError):
            fail()
        with pytest.raises(TimedOut):
            sleep()


@pytest.mark.django_db(transaction=True)
def test_limit_holds_after_a_savepoint_that_was_rolled_back():
    with deadline.limited(0.4), transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            fail()
        with pytest.raises(TimedOut):
            sleep()


@pytest.mark.django_db(transaction=True)
def test_request_that_never_comes_back_from_python_holds_its_locks_no_longer(monkeypatch):
    monkeypatch.setattr(deadline, "GRACE_SECONDS", 0.1)
    world = World.objects.create(kind="replay", name="locked")
    done = threading.Event()

    def stuck() -> None:
        try:
            with deadline.limited(0.2), transaction.atomic():
                World.objects.select_for_update().get(pk=world.pk)
                done.wait(10)
        except Exception:  # noqa: BLE001
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=stuck)
    thread.start()
    time.sleep(1.5)
    try:
        with transaction.atomic():
            World.objects.select_for_update(nowait=True).get(pk=world.pk)
    finally:
        done.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_heavy_route_has_longer(ask, settings):
    settings.HEAVY_ROUTES = {"test-sleep": ("GET",)}
    settings.REQUEST_TIMEOUT_HEAVY_SECONDS = 5
    assert ask("/api/test/sleep/0.6").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_tasks_and_commands_are_not_limited(settings):
    settings.REQUEST_TIMEOUT_SECONDS = 0.1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.3)")
    assert setting("statement_timeout") == "0"
    deadline.check()
