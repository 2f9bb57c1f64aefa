"""Time the evaluation of a batch against very many armed alerts, beside the bare statement and other ways.

    python -m benchmarks.alerts [--alerts 1000000] [--few 10000] [--rules 100000]

In a database of its own, made for the run and dropped after it. Each batch raises the price of every
instrument by 0.05 from 100 on, and exactly 500 alerts, on 500 instruments, have their level where it passes;
all others lie between 50 and 150, out of the way. `ours` is `evaluate` with cursor, states, triggers and
notifications in one transaction; `bare` is one UPDATE … RETURNING over the same ranges of the index and
nothing else. `sorted` is the least that there is: numpy's binary search in arrays of all levels, in memory,
which arms, fires and keeps nothing. `naive` reads every armed alert (once, extrapolated from a tenth).
`pages` are those that PostgreSQL touched for the statement of `ours`. `rules` is `ours` again with clauses of
rules on top, of which the batches wake none. Exits 1 when a batch takes over 0.3 s, over 2.5 × bare, or over
1.5 × what it takes with few alerts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from decimal import Decimal

from benchmarks.ground import database

GOAL_SECONDS = 0.3
MOST_OVER_BARE = 2.5
MOST_OVER_FEW = 1.5
FIRES = 500
STEP = Decimal("0.05")

# Of each batch 500, of as many instruments, and the rest out of the way of all batches.
_ALERTS = """
INSERT INTO alerts_alert (created_at, updated_at, uuid, owner_id, world_id, joined, instrument_id, condition,
    level, note, repeats, cooldown_minutes, rearm, state, fired)
SELECT now(), now(), gen_random_uuid(), %(owner)s, 1, 'one', (%(ids)s::int[])[1 + n * 7 %% %(size)s],
    CASE WHEN n %% 2 = 0 OR n < %(hits)s THEN 'crosses_up' ELSE 'crosses_down' END,
    CASE WHEN n < %(hits)s THEN 100.02 + (n / 500) * 0.05
        WHEN n %% 3 = 0 THEN round((50 + 49 * random())::numeric, 4)
        ELSE round((102 + 48 * random())::numeric, 4) END,
    '', false, 15, 'return', 'armed', 0
FROM generate_series(0, %(count)s - 1) n
"""
_LEVELS = """
INSERT INTO alerts_level (alert_id, world_id, instrument_id, side, level, after)
SELECT id, 1, instrument_id, CASE condition WHEN 'crosses_up' THEN 'U' ELSE 'D' END, level, 0
FROM alerts_alert
"""
# Rules of one clause each: leaves 90 to 110, watched at both ends.
_RULES = """
WITH made AS (
    INSERT INTO alerts_alert (created_at, updated_at, uuid, owner_id, world_id, joined, condition, note,
        repeats, cooldown_minutes, rearm, state, fired)
    SELECT now(), now(), gen_random_uuid(), %(owner)s, 1, 'any', '', '', false, 15, 'return', 'armed', 0
    FROM generate_series(1, %(count)s) RETURNING id
), said AS (
    INSERT INTO alerts_clause (alert_id, number, kind, instrument_id, direction, level, upper, holds, seen,
        memory)
    SELECT id, 0, 'leaves', (%(ids)s::int[])[1 + id %% %(size)s], '', 90, 110, false, 0,
        '{"was": [false], "price": "100"}'
    FROM made RETURNING id, alert_id, instrument_id
)
INSERT INTO alerts_level (alert_id, clause_id, world_id, instrument_id, side, level, after)
SELECT alert_id, id, 1, instrument_id, side, CASE side WHEN 'B' THEN 90 ELSE 110 END, 0
FROM said, unnest(ARRAY['A', 'B']) side
"""
_BARE = """
WITH move AS MATERIALIZED (
    SELECT * FROM unnest(%s::int[], %s::numeric[], %s::numeric[]) AS row (instrument, previous, price)
), hit AS MATERIALIZED (
    SELECT reached.alert_id FROM move CROSS JOIN LATERAL (
        (SELECT alert_id FROM alerts_level
         WHERE clause_id IS NULL AND instrument_id = move.instrument AND world_id = 1 AND side = 'U'
            AND level > move.previous AND level <= move.price OFFSET 0)
        UNION ALL
        (SELECT alert_id FROM alerts_level
         WHERE clause_id IS NULL AND instrument_id = move.instrument AND world_id = 1 AND side = 'D'
            AND level < move.previous AND level >= move.price OFFSET 0)
    ) reached
)
UPDATE alerts_alert SET state = 'fired' WHERE id = ANY(ARRAY(SELECT alert_id FROM hit)) AND state = 'armed'
RETURNING id
"""


def main(
    alerts: int = 1_000_000,
    few: int = 10_000,
    rules: int = 100_000,
    *,
    instruments: int = 5_000,
    rounds: int = 7,
) -> int:
    """Run both sizes and print the times."""
    with database():
        small = _run(few, 0, instruments, rounds)
    with database():
        large = _run(alerts, rules, instruments, rounds)
    over_bare, over_few = large["ours"] / large["bare"], large["ours"] / small["ours"]
    print(
        f"{over_bare:.2f} × the bare statement (goal {MOST_OVER_BARE}), {over_few:.2f} × with few alerts",
        end=" ",
    )
    print(f"(goal {MOST_OVER_FEW}); a naive loop takes {large['naive'] / large['ours']:.0f} × as long")
    met = large["ours"] < GOAL_SECONDS and over_bare <= MOST_OVER_BARE and over_few <= MOST_OVER_FEW
    return 0 if met else 1


def _run(alerts: int, rules: int, instruments: int, rounds: int) -> dict[str, float]:
    from alerts.services.evaluation import evaluate
    from core.models import LIVE_WORLD

    ids = _made(alerts, instruments, FIRES * rounds * 2)
    evaluate(world_id=LIVE_WORLD)
    bare, ours = _rounds(ids, range(rounds), bare=True)
    found = {
        "ours": statistics.median(ours),
        "bare": statistics.median(bare),
        "sorted": _sorted(ids, _price(rounds)),
        "naive": _naive(_price(rounds)),
    }
    pages = _pages(ids, rounds)
    if rules:
        _make_rules(ids, rules)
        found["rules"] = statistics.median(_rounds(ids, range(rounds, rounds * 2), bare=False)[1])
    print(f"{alerts:,} alerts on {instruments:,} instruments, {FIRES} fired a batch, {pages:,} pages")
    for name, seconds in found.items():
        print(f"  {name:6} {seconds * 1000:8.1f} ms")
    return found


def _rounds(ids: Sequence[int], steps: range, *, bare: bool) -> tuple[list[float], list[float]]:
    """Time batches; each has to fire its 500."""
    from django.db import connection, transaction

    from alerts.models import Trigger
    from alerts.services.evaluation import evaluate
    from core.models import LIVE_WORLD

    least, ours = [], []
    for step in steps:
        if bare:
            with transaction.atomic(), connection.cursor() as cursor:
                began = time.perf_counter()
                cursor.execute(_BARE, [ids, [_price(step)] * len(ids), [_price(step + 1)] * len(ids)])
                least.append(time.perf_counter() - began)
                transaction.set_rollback(True)
        _append(ids, step)
        known = Trigger.objects.count()
        began = time.perf_counter()
        evaluate(world_id=LIVE_WORLD)
        ours.append(time.perf_counter() - began)
        fired = Trigger.objects.count() - known
        if fired != FIRES:
            raise SystemExit(f"{fired} fired instead of {FIRES}")
    return least, ours


def _price(step: int) -> Decimal:
    return 100 + step * STEP


def _made(alerts: int, instruments: int, hits: int) -> list[int]:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from market.models import Instrument

    owner = get_user_model().objects.create_user("bench@example.org", "x")
    Instrument.objects.bulk_create(
        Instrument(symbol=f"BENCH{n}", name=f"Bench {n}", currency="USD") for n in range(instruments)
    )
    ids = list(Instrument.objects.values_list("id", flat=True))
    values = {"owner": owner.pk, "ids": ids, "size": instruments, "count": alerts, "hits": min(hits, alerts)}
    with connection.cursor() as cursor:
        cursor.execute(_ALERTS, values)
        cursor.execute(_LEVELS)
        cursor.execute("VACUUM ANALYZE alerts_alert")
        cursor.execute("VACUUM ANALYZE alerts_level")
    return ids


def _make_rules(ids: Sequence[int], count: int) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection

    owner = get_user_model().objects.get()
    with connection.cursor() as cursor:
        cursor.execute(_RULES, {"owner": owner.pk, "ids": list(ids), "size": len(ids), "count": count})
        for table in ("alert", "clause", "level"):
            cursor.execute(f"VACUUM ANALYZE alerts_{table}")


def _append(ids: Sequence[int], step: int) -> int:
    """Append a batch to the log as `record_quotes` does."""
    from django.db import transaction

    from core import clock
    from core.models import LIVE_WORLD
    from market import locks
    from market.domain.quotes import Move
    from market.services.quotes import store

    before, after = _price(step), _price(step + 1)
    with transaction.atomic():
        locks.price_log(LIVE_WORLD)
        return store.append(LIVE_WORLD, clock.now(), [Move(key, before, after, before, after) for key in ids])


def _pages(ids: Sequence[int], step: int) -> int:
    """Count the pages that the statement which fires touches, in a batch that is undone."""
    from django.db import connection, transaction

    from alerts.services import evaluation
    from core import clock

    many = len(ids)
    values = {
        "world": 1, "seq": 10**9, "at": clock.now(), "now": clock.now(), "instruments": list(ids),
        "previous": [_price(step)] * many, "prices": [_price(step + 1)] * many,
        "lows": [_price(step)] * many, "highs": [_price(step + 1)] * many,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + evaluation._FIRE, values)  # noqa: SLF001
        found = cursor.fetchone()[0]
        transaction.set_rollback(True)
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _sorted(ids: Sequence[int], price: Decimal) -> float:
    """Find the levels that a batch passes in sorted arrays, upwards and downwards."""
    import numpy as np

    from alerts.models import Level

    width = 1000.0
    keys = {}
    for side in "UD":
        rows = Level.objects.filter(side=side).values_list("instrument_id", "level")
        keys[side] = np.sort(np.array([width * key + float(level) for key, level in rows.iterator()]))
    at = width * np.array(ids, dtype=np.float64)
    low, high = at + float(price), at + float(price + STEP)
    began = time.perf_counter()
    for _ in range(10):
        hits = 0
        for side, low_end, high_end in (("U", low, high), ("D", high, low)):
            first, last = np.searchsorted(keys[side], low_end), np.searchsorted(keys[side], high_end)
            hits += int(np.maximum(last - first, 0).sum())
    spent = (time.perf_counter() - began) / 10
    if hits != FIRES:
        raise SystemExit(f"{hits} found in arrays instead of {FIRES}")
    return spent


def _naive(price: Decimal) -> float:
    from alerts.models import Alert

    tenth = Alert.objects.filter(state="armed").count() // 10
    began = time.perf_counter()
    sum(one.level <= price for one in Alert.objects.filter(state="armed")[:tenth].iterator())
    spent = time.perf_counter() - began
    return spent * 10


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--rules", type=int, default=100_000)
    parser.add_argument("--instruments", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    sys.exit(main(**vars(parser.parse_args())))
