"""Tasks carry the id of the request that sent them, into their log lines and the audit log."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun

from core import context
from core.context import RequestContext

log = structlog.get_logger(__name__)
HEADER = "florin_request_id"


def send(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    """Write the request's id on a task's message."""
    request_id = context.current().request_id
    if headers is not None and request_id:
        headers[HEADER] = request_id


def begin(task: Any, task_id: str, **_kwargs: Any) -> None:
    """Bind the ids while the task runs."""
    request_id = getattr(task.request, HEADER, None) or ""
    lines = structlog.contextvars.bind_contextvars(request_id=request_id, task_id=task_id, task=task.name)
    bound = context.bound(RequestContext(request_id=request_id))
    bound.__enter__()
    task.request.florin_begun = (time.perf_counter(), lines, bound)


def end(task: Any, state: str | None = None, **_kwargs: Any) -> None:
    """Write one line about the task, and let the ids go."""
    begun: Any = getattr(task.request, "florin_begun", None)
    if begun is None:
        return
    started, lines, bound = begun
    log.info("task", state=state, milliseconds=round((time.perf_counter() - started) * 1000, 1))
    bound.__exit__(None, None, None)
    structlog.contextvars.reset_contextvars(**lines)


def install() -> None:
    """Listen to Celery."""
    before_task_publish.connect(send, dispatch_uid="core.tasklog")
    task_prerun.connect(begin, dispatch_uid="core.tasklog")
    task_postrun.connect(end, dispatch_uid="core.tasklog")
