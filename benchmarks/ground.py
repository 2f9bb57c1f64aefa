"""A throw-away database for a benchmark, and a stopwatch."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


@contextmanager
def database() -> Iterator[None]:
    """Set Django up on a fresh database, migrated, and drop it afterwards."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    name = connection.settings_dict["NAME"]
    setup_test_environment(debug=False)
    connection.settings_dict["TEST"]["NAME"] = f"{name}_bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


def timed(work: Callable[[], object], *, before: Callable[[], object] | None = None, runs: int = 5) -> float:
    """Run `work` several times, each after `before`, and answer the median of the seconds."""
    found = []
    for _ in range(runs):
        if before is not None:
            before()
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)
