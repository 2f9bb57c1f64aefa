"""What is recorded of background tasks, and that recording never makes one fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from celery import Celery, _state
from django.db import DatabaseError

from core import clock, jobs
from core.models import JobRun

pytestmark = pytest.mark.django_db
OF_SCHEDULE = {"periodic_task_name": "nightly"}


@pytest.fixture
def app() -> Iterator[Celery]:
    """Make an app of this test's own, and leave the platform's as the current one after it."""
    ours = _state.get_current_app()
    yield Celery(f"jobs-{uuid4()}", broker="memory://localhost/", set_as_current=False)
    _state._set_current_app(ours)


@pytest.fixture
def done(app):
    def nothing() -> None:
        pass

    return app.task(name="x.done", shared=False)(nothing)


@pytest.fixture
def failing(app):
    def fail() -> None:
        raise ValueError("token=abc123secret of ada@example.org")

    return app.task(name="x.failing", shared=False)(fail)


def test_run_of_the_schedule_is_recorded(done):
    before = clock.now()
    done.apply(headers=OF_SCHEDULE)
    run = JobRun.objects.get()
    assert (run.name, run.state, run.runs, run.failures, run.error) == ("x.done", "done", 1, 0, "")
    assert before <= run.started_at <= run.finished_at == run.succeeded_at
    assert run.milliseconds is not None
    assert run.failed_at is None


def test_runs_add_up_in_one_row(done):
    for _ in range(3):
        done.apply(headers=OF_SCHEDULE)
    assert JobRun.objects.get().runs == 3


def test_run_that_nobody_scheduled_is_recorded_only_when_it_fails(done, failing):
    done.apply()
    assert JobRun.objects.count() == 0
    failing.apply()
    assert JobRun.objects.get().name == "x.failing"


def test_failure_is_kept_without_addresses(failing):
    failing.apply(headers=OF_SCHEDULE)
    run = JobRun.objects.get()
    assert (run.state, run.failures, run.succeeded_at) == ("failed", 1, None)
    assert run.failed_at is not None
    assert run.error.startswith("ValueError: ")
    assert "ada@example.org" not in run.error


def test_success_after_a_failure_clears_the_error_and_keeps_when_it_failed(app):
    outcomes = iter([ValueError("no"), None])

    def now_and_then() -> None:
        if (error := next(outcomes)) is not None:
            raise error

    task = app.task(name="x.now_and_then", shared=False)(now_and_then)
    task.apply(headers=OF_SCHEDULE)
    JobRun.objects.update(failed_at=clock.now() - timedelta(hours=1))
    task.apply(headers=OF_SCHEDULE)
    run = JobRun.objects.get()
    assert (run.state, run.error, run.runs, run.failures) == ("done", "", 2, 1)
    assert clock.now() - run.failed_at > timedelta(minutes=59)


def test_database_that_is_down_does_not_make_a_task_fail(done, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise DatabaseError("down")

    monkeypatch.setattr(JobRun.objects, "filter", refuse)
    assert done.apply(headers=OF_SCHEDULE).state == "SUCCESS"


def test_two_first_runs_at_once_make_one_row():
    now = clock.now()
    jobs._write("x.once", state="running", started_at=now)
    jobs._write("x.once", state="running", started_at=now)
    assert JobRun.objects.count() == 1
