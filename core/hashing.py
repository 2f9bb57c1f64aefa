"""Passwords are hashed by Argon2id, as OWASP recommends, by few threads and never for a long queue.

A hash costs some 20 ms of a processor on purpose. Without a bound, fifty sign-ins a second would
take every processor from everybody else. So hashing has threads of its own, which yield to
others, and beyond a short queue a sign-in is told to come back. Hashing does not hold Python's
lock, so pages are served meanwhile. Who signs in asks `require_room` first: to be sent away must
cost next to nothing, or those who are sent away would slow the site down.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.translation import gettext as _

from core.errors import Overloaded

T = TypeVar("T")
NICE = 10
RETRY_SECONDS = 2


class Queue:
    """Threads that hash, of which each takes one at a time, and a bound on who waits for them."""

    def __init__(self, workers: int, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(workers + waiting)
        self._threads = ThreadPoolExecutor(workers, "hashing", initializer=_yield_to_others)

    def run(self, work: Callable[[], T]) -> T:
        """Do the work when it is its turn.

        Raises:
            Overloaded: too many wait already.
        """
        self._take_place()
        try:
            return self._threads.submit(work).result()
        finally:
            self._places.release()

    def require_room(self) -> None:
        """Tell early that there is none; whoever comes in between may still take the last place.

        Raises:
            Overloaded: too many wait already.
        """
        self._take_place()
        self._places.release()

    def _take_place(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Overloaded(
                _("Many people are signing in at this moment. Try again in a few seconds."),
                retry_after=RETRY_SECONDS,
            )


def _yield_to_others() -> None:
    """Give this thread's processor to any other that wants it; Linux knows priorities of threads."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


@cache
def queue_of(_process: int) -> Queue:
    """Return the queue of this process; a forked one needs threads of its own."""
    return Queue(settings.PASSWORD_HASHING_WORKERS, settings.PASSWORD_HASHING_QUEUE)


def require_room() -> None:
    """Refuse before any work is done what would find no place to hash its password.

    Raises:
        Overloaded: too many wait already.
    """
    queue_of(os.getpid()).require_room()


class QueuedArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane. Older hashes go on working and are renewed."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password.

        Raises:
            Overloaded: too many wait already.
        """
        hashed = super().encode
        return queue_of(os.getpid()).run(lambda: hashed(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Compare a password with a hash.

        Raises:
            Overloaded: too many wait already.
        """
        compared = super().verify
        return queue_of(os.getpid()).run(lambda: compared(password, encoded))
