"""Time the evaluation of a batch against very many armed alerts, beside the bare statement and a naive loop.

    python -m benchmarks.alerts [--alerts 1000000] [--few 10000] [--instruments 5000] [--rounds 7]

In a database of its own, made for the run and dropped after it. Prices are around 100, levels spread over
50 to 150; a batch moves every price by some hundredths of a per cent, so that about 500 alerts fire. `ours`
is `evaluate` with cursor, states, triggers and notifications in one transaction; `bare` is one
UPDATE … RETURNING over the same ranges of the index and nothing else; `naive` reads every armed alert
(once, extrapolated from a tenth). Exits 1 when a batch takes over 0.3 s, over 2.5 × bare, or over 1.5 ×
what it takes with few alerts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from decimal import Decimal

from benchmarks.ground import database

GOAL_SECONDS = 0.3
MOST_OVER_BARE = 2.5
MOST_OVER_FEW = 1.5

_ALERTS = """
INSERT INTO alerts_alert (created_at, updated_at, uuid, owner_id, world_id, instrument_id, condition, level,
    note, repeats, cooldown_minutes, state, fired)
SELECT now(), now(), gen_random_uuid(), %(owner)s, 1, (%(ids)s::int[])[1 + n %% %(size)s],
    CASE WHEN n %% 2 = 0 THEN 'crosses_up' ELSE 'crosses_down' END,
    round((50 + 100 * random())::numeric, 4), '', false, 15, 'armed', 0
FROM generate_series(1, %(count)s) n
"""
_LEVELS = """
INSERT INTO alerts_level (alert_id, world_id, instrument_id, side, level, after)
SELECT id, 1, instrument_id, CASE condition WHEN 'crosses_up' THEN 'U' ELSE 'D' END, level, 0
FROM alerts_alert
"""
_BARE = """
WITH move AS MATERIALIZED (
    SELECT * FROM unnest(%s::int[], %s::numeric[], %s::numeric[]) AS row (instrument, previous, price)
), hit AS MATERIALIZED (
    SELECT reached.alert_id FROM move CROSS JOIN LATERAL (
        (SELECT alert_id FROM alerts_level
         WHERE instrument_id = move.instrument AND world_id = 1 AND side = 'U'
            AND level > move.previous AND level <= move.price OFFSET 0)
        UNION ALL
        (SELECT alert_id FROM alerts_level
         WHERE instrument_id = move.instrument AND world_id = 1 AND side = 'D'
            AND level < move.previous AND level >= move.price OFFSET 0)
    ) reached
)
UPDATE alerts_alert SET state = 'fired' WHERE id = ANY(ARRAY(SELECT alert_id FROM hit)) AND state = 'armed'
RETURNING id
"""


def main(alerts: int = 1_000_000, few: int = 10_000, instruments: int = 5_000, rounds: int = 7) -> int:
    """Run both sizes and print the times."""
    with database():
        small = _run(few, instruments, rounds)
    with database():
        large = _run(alerts, instruments, rounds)
    over_bare, over_few = large["ours"] / large["bare"], large["ours"] / small["ours"]
    print(
        f"{over_bare:.2f} × the bare statement (goal {MOST_OVER_BARE}), {over_few:.2f} × with few alerts",
        end=" ",
    )
    print(f"(goal {MOST_OVER_FEW}); a naive loop takes {large['naive'] / large['ours']:.0f} × as long")
    met = large["ours"] < GOAL_SECONDS and over_bare <= MOST_OVER_BARE and over_few <= MOST_OVER_FEW
    return 0 if met else 1


def _run(alerts: int, instruments: int, rounds: int) -> dict[str, float]:
    from django.db import connection, transaction

    from alerts.models import Trigger
    from alerts.services.evaluation import evaluate
    from core.models import LIVE_WORLD

    ids = _made(alerts, instruments)
    evaluate(world_id=LIVE_WORLD)
    ours, bare, fired = [], [], []
    prices = dict.fromkeys(ids, Decimal(100))
    for step in range(rounds):
        before, prices = prices, _moved(prices, step)
        with transaction.atomic(), connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(_BARE, [ids, [before[one] for one in ids], [prices[one] for one in ids]])
            bare.append(time.perf_counter() - began)
            transaction.set_rollback(True)
        _append(before, prices)
        known = Trigger.objects.count()
        began = time.perf_counter()
        evaluate(world_id=LIVE_WORLD)
        ours.append(time.perf_counter() - began)
        fired.append(Trigger.objects.count() - known)
    found = {"ours": statistics.median(ours), "bare": statistics.median(bare), "naive": _naive(prices)}
    print(f"{alerts:,} alerts on {instruments:,} instruments, {statistics.median(fired):.0f} fired a batch")
    for name, seconds in found.items():
        print(f"  {name:6} {seconds * 1000:8.0f} ms")
    return found


def _made(alerts: int, instruments: int) -> list[int]:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from market.models import Instrument

    owner = get_user_model().objects.create_user("bench@example.org", "x")
    Instrument.objects.bulk_create(
        Instrument(symbol=f"BENCH{n}", name=f"Bench {n}", currency="USD") for n in range(instruments)
    )
    ids = list(Instrument.objects.values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_ALERTS, {"owner": owner.pk, "ids": ids, "size": instruments, "count": alerts})
        cursor.execute(_LEVELS)
        cursor.execute("VACUUM ANALYZE alerts_alert")
        cursor.execute("VACUUM ANALYZE alerts_level")
    return ids


def _moved(prices: dict[int, Decimal], step: int) -> dict[int, Decimal]:
    """Move each price by up to 0.1 %, up and down in turn."""
    sign = 1 if step % 2 else -1
    return {
        key: price + sign * Decimal((key * 7919 + step * 104_729) % 100) / 1000
        for key, price in prices.items()
    }


def _append(before: dict[int, Decimal], after: dict[int, Decimal]) -> None:
    """Append a batch to the log as `record_quotes` does."""
    from django.db import transaction

    from core import clock
    from core.models import LIVE_WORLD
    from market import locks
    from market.domain.quotes import Move
    from market.services.quotes import store

    moves = [
        Move(key, before[key], price, min(before[key], price), max(before[key], price))
        for key, price in after.items()
        if price != before[key]
    ]
    with transaction.atomic():
        locks.price_log(LIVE_WORLD)
        store.append(LIVE_WORLD, clock.now(), moves)


def _naive(prices: dict[int, Decimal]) -> float:
    from alerts.models import Alert

    tenth = Alert.objects.filter(state="armed").count() // 10
    began = time.perf_counter()
    sum(
        one.level <= prices[one.instrument_id]
        for one in Alert.objects.filter(state="armed")[:tenth].iterator()
    )
    spent = time.perf_counter() - began
    return spent * 10


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--instruments", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    sys.exit(main(**vars(parser.parse_args())))
