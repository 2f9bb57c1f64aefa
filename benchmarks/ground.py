"""A throw-away database for a benchmark, and a stopwatch."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Timing:
    """How long some work took, in milliseconds: the best of all runs and their median.

    `cpu` is the least that a run took of this process's CPU time, `database` of that of the process which
    PostgreSQL keeps for its connection; both are steadier than the clock on a machine that others use too.
    """

    best: float
    median: float
    cpu: float
    database: float

    def __str__(self) -> str:
        return f"{self.best:.4g} / {self.median:.4g}  (CPU {self.cpu:.4g} + {self.database:.4g})"


def stopwatch(work: Callable[[], object], *, before: Callable[[], object] | None = None, runs: int) -> Timing:
    """Run `work` several times, each after `before`; the connection is open already."""
    from django.db import connection

    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    clocks = (time.perf_counter, time.process_time, lambda: _cpu_of(backend))
    found: list[list[float]] = []
    for _ in range(runs):
        if before is not None:
            before()
        started = [clock() for clock in clocks]
        work()
        found.append([(clock() - start) * 1000 for clock, start in zip(clocks, started, strict=True)])
    wall, cpu, database = zip(*found, strict=True)
    return Timing(min(wall), statistics.median(wall), min(cpu), min(database))


def _cpu_of(process: int) -> float:
    """Tell how many seconds a process of this machine has computed; NaN where no kernel tells."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return float("nan")


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
