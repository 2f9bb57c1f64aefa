from __future__ import annotations

import time

import pytest
from django.db import connection

from core.beat import WAIT_SECONDS, BeatLock, LockedScheduler

pytestmark = pytest.mark.django_db(transaction=True)
KEY = 42


@pytest.fixture
def locks():
    made = BeatLock(KEY), BeatLock(KEY)
    yield made
    for lock in made:
        lock.release()


def test_lock_is_held_by_one_of_two(locks):
    first, second = locks
    assert (first.held(), second.held(), first.held()) == (True, False, True)


def test_released_lock_goes_to_the_other(locks):
    first, second = locks
    first.held()
    first.release()
    assert second.held()


def test_lock_of_a_dead_connection_goes_to_the_other(locks):
    first, second = locks
    first.held()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42"
        )
        assert cursor.fetchone() == (1,)
    with pytest.raises(Exception, match="terminat"):
        first.held()
    assert second.held()


def test_scheduler_without_the_lock_waits(settings):
    from config.celery import app

    leader = BeatLock()
    assert leader.held()
    scheduler = LockedScheduler(app=app, max_interval=1)
    try:
        assert scheduler.tick() == WAIT_SECONDS
        leader.release()
        # the server frees the lock once it notices that the connection is gone
        waits = (scheduler.tick() for _ in range(100) if time.sleep(0.05) is None)
        assert next(one for one in waits if one != WAIT_SECONDS) <= 1
        assert not leader.held()
    finally:
        scheduler.close()
        leader.release()
