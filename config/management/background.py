"""The Celery worker and beat as threads of the server's process.

The same application, tasks and schedule as `celery worker` and `celery beat`; only the
broker's address differs.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import beat
from celery.worker import WorkController
from celery.worker import state as celery_state
from django.db import connections
from django.db.utils import Error as DatabaseFailure

from config.celery import app
from core.beat import WAIT_SECONDS
from core.errors import DependencyUnavailable

SCHEDULER = "core.beat:LockedScheduler"
CONCURRENCY = 4

# The published types of Celery are behind its release.
Service: Any = beat.Service
state: Any = celery_state

logger = logging.getLogger(__name__)


class WorkerThread(threading.Thread):
    """A Celery worker whose tasks run in a pool of threads."""

    def __init__(self) -> None:
        """Make the thread; the worker starts with it."""
        super().__init__(name="worker", daemon=True)

    def run(self) -> None:
        """Work until `stop`."""
        state.should_stop = None
        # WorkController, unlike the worker of the command line, wants no signals of the main thread.
        controller = WorkController(
            app=app,
            hostname="embedded",
            pool_cls="threads",
            concurrency=CONCURRENCY,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        try:
            controller.start()
        finally:
            connections.close_all()

    def stop(self) -> None:
        """Ask the worker to finish and end; on the memory broker it looks every two seconds."""
        state.should_stop = 0


class BeatThread(threading.Thread):
    """The schedule, under the lock that lets one beat run for a database."""

    def __init__(self) -> None:
        """Make the thread; beat starts with it."""
        super().__init__(name="beat", daemon=True)
        self._ending = threading.Event()
        self._service: Any = None

    def run(self) -> None:
        """Send due tasks until `stop`; begin anew when the database is not there at the start."""
        while not self._ending.is_set():
            # A short longest wait, so that the thread can be stopped quickly.
            self._service = Service(app, max_interval=1, scheduler_cls=SCHEDULER, remote_control=False)
            try:
                self._service.start()
            except (DatabaseFailure, DependencyUnavailable) as error:
                logger.warning("Beat waits for the database: %s", error)
                self._ending.wait(WAIT_SECONDS)
            finally:
                connections.close_all()

    def stop(self) -> None:
        """Ask beat to end; it looks about once a second."""
        self._ending.set()
        if self._service is not None:
            self._service.stop()
