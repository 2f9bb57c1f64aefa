"""The scheduler of periodic tasks, of which at most one runs for a database.

Two beats double every task, and nothing in Celery or django-celery-beat prevents two. So
this scheduler ticks only while its own connection holds an advisory lock of PostgreSQL,
which goes when the process or its connection dies; another beat then takes over.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import connection
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.utils import Error as DatabaseFailure
from django_celery_beat.schedulers import DatabaseScheduler

from core.errors import DependencyUnavailable

LOCK_KEY = int.from_bytes(b"florin", "big")
WAIT_SECONDS = 2.0

logger = logging.getLogger(__name__)


class BeatLock:
    """An advisory lock on a connection of its own, outside any pool."""

    def __init__(self, key: int = LOCK_KEY) -> None:
        """Name the lock; nothing is connected yet."""
        self._key = key
        self._connection: BaseDatabaseWrapper | None = None

    def held(self) -> bool:
        """Say whether this process holds the lock, taking it when it is free.

        Raises:
            DatabaseFailure: the database does not answer; the lock is lost then.
        """
        if self._connection is not None:
            self._ask("SELECT 1")
            return True
        # This alias keeps Django from taking the connection out of a pool.
        self._connection = connection.copy(alias=NO_DB_ALIAS)
        if self._ask(f"SELECT pg_try_advisory_lock({self._key})"):
            return True
        self.release()
        return False

    def _ask(self, query: str) -> Any:
        assert self._connection is not None
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone()[0]
        except (DatabaseFailure, DependencyUnavailable):
            self.release()
            raise

    def release(self) -> None:
        """Close the connection, which frees the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class LockedScheduler(DatabaseScheduler):  # type: ignore[misc]  # django_celery_beat has no types
    """A database scheduler that ticks only while it holds the lock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read the schedule; the lock is taken at the first tick."""
        self.lock = BeatLock()
        self._leading = False
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and return the seconds to wait; a failed database is tried again."""
        try:
            if not self._lead():
                return WAIT_SECONDS
            return float(super().tick(*args, **kwargs))
        except (DatabaseFailure, DependencyUnavailable) as error:
            logger.warning("Beat waits for the database: %s", error)
            self._leading = False
            connection.close()
            return WAIT_SECONDS

    def _lead(self) -> bool:
        leading = self.lock.held()
        if leading and not self._leading:
            # Another beat may have run since the schedule was read.
            self._initial_read = True
            self._heap = None
            self._dirty: set[str] = set()
        self._leading = leading
        return leading

    def close(self) -> None:
        """Write back what is due to be written, and let another beat lead."""
        try:
            if self._leading:
                super().close()
        finally:
            self.lock.release()
            connection.close()
