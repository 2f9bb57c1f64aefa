"""What became of background tasks: one row a task, written by whoever runs it.

Every run that the schedule started leaves its mark, and of all others only the failures: work
that comes by the thousand would else write one row a thousand times.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.signals import task_failure, task_postrun, task_prerun, task_retry
from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now

from core import clock, redaction
from core.errors import DependencyUnavailable
from core.models import JobRun

log = structlog.get_logger(__name__)
LONGEST_ERROR = 400
_ENDED = {"SUCCESS": JobRun.State.DONE, "RETRY": JobRun.State.RETRIED}


def begin(task: Any, **_kwargs: Any) -> None:
    """Note that a task of the schedule begins."""
    task.request.florin_started = (clock.now(), time.perf_counter())
    if _is_scheduled(task):
        _write(task.name, state=JobRun.State.RUNNING, started_at=task.request.florin_started[0])


def fail(sender: Any, exception: BaseException, **_kwargs: Any) -> None:
    """Keep what the task failed of, without what was sent to it or by whom."""
    sender.request.florin_error = redaction.text(f"{type(exception).__name__}: {exception}")


def retry(sender: Any, reason: Any, **_kwargs: Any) -> None:
    """Keep why the task is tried again."""
    sender.request.florin_error = redaction.text(f"{type(reason).__name__}: {reason}")


def end(task: Any, state: str | None = None, **_kwargs: Any) -> None:
    """Note how a task ended: each one of the schedule, and others when they fail."""
    begun = getattr(task.request, "florin_started", None)
    if begun is None:
        return
    ended = _ENDED.get(str(state), JobRun.State.FAILED)
    if ended == JobRun.State.DONE and not _is_scheduled(task):
        return
    now, failed = clock.now(), ended == JobRun.State.FAILED
    _write(
        task.name,
        state=ended,
        started_at=begun[0],
        finished_at=now,
        milliseconds=round((time.perf_counter() - begun[1]) * 1000),
        error=str(getattr(task.request, "florin_error", ""))[:LONGEST_ERROR],
        **({"succeeded_at": now} if ended == JobRun.State.DONE else {}),
        **({"failed_at": now, "failures": F("failures") + 1} if failed else {}),
        runs=F("runs") + 1,
    )


def _is_scheduled(task: Any) -> bool:
    headers = getattr(task.request, "headers", None) or {}
    return bool(headers.get("periodic_task_name") or getattr(task.request, "periodic_task_name", None))


def _write(name: str, **values: Any) -> None:
    """Bring the task's row up to date; a database that is down must not make a task fail."""
    try:
        with transaction.atomic():
            if not JobRun.objects.filter(pk=name).update(**values):
                JobRun.objects.bulk_create(
                    [JobRun(name=name, state=values["state"], started_at=Now())], ignore_conflicts=True
                )
                JobRun.objects.filter(pk=name).update(**values)
    except (DatabaseError, DependencyUnavailable):
        log.exception("jobs.not_recorded", task=name)


def install() -> None:
    """Listen to Celery."""
    task_prerun.connect(begin, dispatch_uid="core.jobs")
    task_failure.connect(fail, dispatch_uid="core.jobs")
    task_retry.connect(retry, dispatch_uid="core.jobs")
    task_postrun.connect(end, dispatch_uid="core.jobs")
