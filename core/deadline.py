"""A time limit for each request, which ends its query in PostgreSQL too.

A connection may come from a pool and go back to it, so the limit is not part of the connection:
before a query the guard sets ``statement_timeout`` to what is left of the request's time, when
what the server last heard is more than a little longer, and takes it back when the request ends.
``idle_in_transaction_session_timeout`` frees the locks of a request that never comes back from
Python. Code that computes for long without a query calls `check`.

Tasks and commands have no deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from psycopg import errors as pg
from psycopg.pq import TransactionStatus

from core import metrics
from core.errors import TimedOut

GRACE_SECONDS = 5.0  # for the page that tells of it
SLACK_SECONDS = 0.05
TOLERATED = 1.1
_SET = (
    "SELECT set_config('statement_timeout', '{0}', false),"
    " set_config('idle_in_transaction_session_timeout', '{1}', false)"
)
_RESET = "RESET statement_timeout; RESET idle_in_transaction_session_timeout"
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """The end of a request's time, and the guard of its queries."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._told: float | None = None  # until when the server lets a query run that begins now
        self._told_in_transaction = False
        self._dirty: Any = None
        self._late = False

    def extend(self, seconds: float) -> None:
        """Give the request at least so many seconds from now."""
        self._end = max(self._end, time.monotonic() + seconds)

    def left(self) -> float:
        """Tell how many seconds are left; none, and less, when they are over."""
        return self._end - time.monotonic()

    def check(self) -> None:
        """Stop what takes too long.

        Raises:
            TimedOut: the time is over.
        """
        if self.left() <= 0:
            self._overrun()

    def _overrun(self, error: Exception | None = None) -> None:
        """Say that it took too long, and leave a moment to say it to the visitor, once."""
        if not self._late:
            metrics.timed_out.inc()
            self._end = time.monotonic() + GRACE_SECONDS
            self._late = True
        self._told = None
        raise TimedOut from error

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, frame: Any) -> Any:
        """Run one query in the time that is left.

        Raises:
            TimedOut: there is none, or the query did not end in it.
        """
        self.check()
        self._tell(frame["connection"])
        if str(sql).startswith("ROLLBACK TO"):
            self._told = None  # PostgreSQL takes a setting back with the savepoint
        try:
            return execute(sql, params, many, frame)
        except OperationalError as error:
            cause = error.__cause__
            if isinstance(cause, pg.QueryCanceled | pg.IdleInTransactionSessionTimeout) and self._is_over():
                self._overrun(error)
            raise

    def _is_over(self) -> bool:
        # the server's clock and ours may differ by a little
        return self.left() <= SLACK_SECONDS

    def _tell(self, wrapper: Any) -> None:
        """Let PostgreSQL know how long the query may run, unless it knows nearly that."""
        raw: psycopg.Connection[Any] | None = wrapper.connection
        if raw is None:
            return
        status = raw.info.transaction_status
        if status == TransactionStatus.INERROR:
            return  # nothing runs there but a rollback
        begun = status != TransactionStatus.IDLE
        left = self.left()
        known = self._dirty is raw and self._told is not None and (begun or not self._told_in_transaction)
        if known and self._told is not None and self._told <= left * TOLERATED + SLACK_SECONDS:
            return
        milliseconds = max(1, round(left * 1000))
        self._dirty = raw
        raw.execute(_SET.format(milliseconds, milliseconds + 1000))
        self._told, self._told_in_transaction = left, begun or not wrapper.get_autocommit()

    def release(self) -> None:
        """Take the limits back before the connection serves somebody else."""
        raw, self._dirty = self._dirty, None
        if raw is None or raw.closed:
            return
        try:
            raw.execute(_RESET)
        except psycopg.Error:
            # a transaction that failed takes them back itself; of anything else nobody knows
            if raw.info.transaction_status != TransactionStatus.INERROR:
                with suppress(psycopg.Error):
                    raw.close()


def check() -> None:
    """Stop the running request when its time is over; does nothing elsewhere.

    Raises:
        TimedOut: it is.
    """
    deadline = _current.get()
    if deadline is not None:
        deadline.check()


@contextmanager
def limited(seconds: float) -> Iterator[Deadline]:
    """Give the work inside so many seconds, its queries included."""
    deadline = Deadline(seconds)
    token = _current.set(deadline)
    try:
        with connection.execute_wrapper(deadline):
            yield deadline
    finally:
        _current.reset(token)
        deadline.release()


class DeadlineMiddleware:
    """Give each request ``REQUEST_TIMEOUT_SECONDS``, and those of ``HEAVY_ROUTES`` more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with limited(settings.REQUEST_TIMEOUT_SECONDS):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> None:
        """Give imports and exports longer."""
        route = request.resolver_match.view_name if request.resolver_match else ""
        deadline = _current.get()
        if deadline is not None and request.method in settings.HEAVY_ROUTES.get(route, ()):
            deadline.extend(settings.REQUEST_TIMEOUT_HEAVY_SECONDS)
