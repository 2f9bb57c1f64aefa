"""Time `record_quotes`: a batch for every instrument, all of whose prices move.

    python -m benchmarks.record_quotes [--instruments 5000] [--rounds 15]

In a database of its own, made for the run and dropped after it. The first batch makes the quotes;
then each batch moves them all, and one begins another day, which makes a bar of every quote. Exits 1
when the median of the batches within a day is over 150 ms. Where other work shares the processors, the
processor time of this process and of its database connection (Linux) says more than the clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.ground import database

GOAL = 0.150


def main(instruments: int = 5000, rounds: int = 15) -> int:
    """Run it and print the times."""
    with database():
        return _run(instruments, rounds)


def _run(instruments: int, rounds: int) -> int:
    from django.db import connection

    from core import clock
    from core.models import LIVE_WORLD
    from market.models import Instrument
    from market.services.quotes.record import record_quotes

    Instrument.objects.bulk_create(
        Instrument(symbol=f"BENCH{n}", name=f"Bench {n}", currency="USD") for n in range(instruments)
    )
    ids = list(Instrument.objects.values_list("id", flat=True))
    now = clock.now()
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = start - timedelta(hours=2)
    times, spent = [], []
    for step in range(rounds + 2):
        at = yesterday if step == 0 else start + (now - start) * step / (rounds + 2)
        batch = _batch(ids, step, at)
        began, used = time.perf_counter(), _processor_time()
        recorded = record_quotes(world_id=LIVE_WORLD, batch=batch)
        times.append(time.perf_counter() - began)
        spent.append([now - before for now, before in zip(_processor_time(), used, strict=True)])
        if recorded.moved != len(ids):
            raise SystemExit(f"{recorded.moved} of {len(ids)} moved, {recorded.held} were held back")
    median = statistics.median(times[2:])
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        record_quotes(world_id=LIVE_WORLD, batch=_batch(ids, rounds + 2, now))
    print(
        f"{len(ids):,} instruments, first batch {times[0] * 1000:.0f} ms, next day {times[1] * 1000:.0f} ms"
    )
    print(
        f"within a day: median {median * 1000:.0f} ms, best {min(times[2:]) * 1000:.0f} ms, "
        f"worst {max(times[2:]) * 1000:.0f} ms; {len(queries)} statements (goal: under {GOAL * 1000:.0f} ms)"
    )
    ours, theirs = (statistics.mean(one[part] for one in spent[2:]) for part in (0, 1))
    print(f"processor time of a batch: {ours * 1000:.0f} ms here, {theirs * 1000:.0f} ms in the database")
    return 0 if median < GOAL else 1


def _processor_time() -> tuple[float, float]:
    """Tell the seconds that this process and its database connection have worked so far."""
    from django.db import connection

    connection.ensure_connection()
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    if not stat.exists():
        return time.process_time(), 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return time.process_time(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _batch(ids: list[int], step: int, at: object) -> list[object]:
    from market.domain.quotes import NewQuote

    return [
        NewQuote(
            instrument=one,
            price=Decimal(10_000 + one % 500 + step) / 100,
            at=at,
            source="bench",
            bid=Decimal(9_999 + one % 500 + step) / 100,
            ask=Decimal(10_001 + one % 500 + step) / 100,
            volume=Decimal(1000 * step),
        )
        for one in ids
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instruments", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    sys.exit(main(options.instruments, options.rounds))
