"""Look at the rules whose clauses a batch may have changed, and let those fire that came true.

A clause about a price is watched by two prices: nothing about it changes while every price stays between
them. One statement finds the clauses that a batch wakes, by ranges of the index, so that the cost follows
these and not the clauses that there are. What a rule says is worked out in `alerts.domain.clauses`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from alerts.domain.clauses import WINDOWS, Look, Now, Seen, decide, look, stands
from alerts.domain.conditions import Step
from alerts.domain.regions import Verdict
from alerts.domain.swings import Extremes, joined
from alerts.models import Alert, Clause
from alerts.selectors.history import is_daily
from alerts.services.batches import values_of
from alerts.services.firing import fire
from alerts.services.watching import Watched, keep, know_where, renew, watched, windows
from market.domain.quotes import Move
from market.models import MoveBatch

_THERE: Final = """
SELECT EXISTS (SELECT FROM alerts_level WHERE clause_id IS NOT NULL AND world_id = %(world)s),
    EXISTS (SELECT FROM alerts_clause WHERE kind = ANY(%(windows)s))
"""
_LEVELS: Final = (
    "alerts_level WHERE clause_id IS NOT NULL AND instrument_id = move.instrument AND world_id = %(world)s"
    " AND after < %(seq)s"
)
# as the statement of alerts.services.evaluation does it
_WOKEN: Final = f"""
WITH move AS MATERIALIZED (
    SELECT * FROM unnest(%(instruments)s::int[], %(lows)s::numeric[], %(highs)s::numeric[])
        AS row (instrument, low, high)
)
SELECT reached.alert_id, reached.clause_id, reached.side
FROM move CROSS JOIN LATERAL (
    (SELECT alert_id, clause_id, side FROM {_LEVELS} AND side = 'A' AND level <= move.high OFFSET 0)
    UNION ALL
    (SELECT alert_id, clause_id, side FROM {_LEVELS} AND side = 'B' AND level >= move.low OFFSET 0)
    UNION ALL
    (SELECT alert_id, clause_id, side FROM {_LEVELS} AND side = 'T' AND level <= %(moment)s OFFSET 0)
) reached
"""  # noqa: S608  # a constant of ours
_RECENT: Final = """
INSERT INTO alerts_recentminute AS recent (instrument_id, world_id, at, low, high)
SELECT move.instrument, %(world)s, date_trunc('minute', %(at)s::timestamptz), move.low, move.high
FROM unnest(%(instruments)s::int[], %(lows)s::numeric[], %(highs)s::numeric[])
    AS move (instrument, low, high)
WHERE EXISTS (
    SELECT FROM alerts_clause clause JOIN alerts_alert alert ON alert.id = clause.alert_id
    WHERE clause.instrument_id = move.instrument AND clause.kind IN ({kinds})
        AND alert.state = 'armed' AND alert.world_id = %(world)s
)
ON CONFLICT (instrument_id, world_id, at) DO UPDATE
SET low = least(recent.low, excluded.low), high = greatest(recent.high, excluded.high)
""".format(kinds=", ".join(f"'{one.value}'" for one in sorted(WINDOWS)))


def wake_rules(batch: MoveBatch) -> int:
    """Hold a batch against the rules of its world; answer how many fired."""
    there: dict[str, Any] = {"world": batch.world_id, "windows": [one.value for one in WINDOWS]}
    with connection.cursor() as cursor:
        cursor.execute(_THERE, there)
        has_levels, has_windows = cursor.fetchone()
        if not has_levels:
            return 0
        values = values_of(batch) | {"moment": int(batch.time.timestamp())}
        cursor.execute(_WOKEN, values)
        woken = cursor.fetchall()
    fired = _look(batch, woken) if woken else 0
    if has_windows:
        with connection.cursor() as cursor:
            cursor.execute(_RECENT, values)
    return fired


def _look(batch: MoveBatch, woken: Sequence[tuple[int, int, str]]) -> int:
    due = {clause for _alert, clause, side in woken if side == "T"}
    armed = Alert.objects.select_for_update(of=("self",)).select_related("owner", "world")
    alerts = {
        one.pk: one
        for one in armed.filter(
            pk__in={alert for alert, _clause, _side in woken}, state=Alert.State.ARMED
        ).order_by("pk")
    }
    rows = _clauses(batch, alerts)
    every = [one for found in rows.values() for one in found]
    renew(batch.world_id, [one for one in every if one.clause.pk in due and is_daily(one.asked)])
    moves = _moves(batch)
    know_where(batch.world_id, batch.seq, [one for one in every if one.clause.instrument_id not in moves])
    spans = windows(batch.world_id, every)
    for one in every:
        one.now = one.now._replace(window=spans.get(one.clause.pk))
    fired = {key for key, found in rows.items() if _came_true(batch, alerts[key], found, moves)}
    left = {key: found for key, found in rows.items() if key not in fired}
    keep(alerts, left, seq=batch.seq)
    return len(fired)


def _clauses(batch: MoveBatch, alerts: dict[int, Alert]) -> dict[int, list[Watched]]:
    rows: dict[int, list[Watched]] = defaultdict(list)
    clauses = Clause.objects.select_related("instrument__exchange", "portfolio").filter(alert__in=alerts)
    for clause in clauses.order_by("alert", "number"):
        clause.alert = alerts[clause.alert_id]
        rows[clause.alert_id].append(watched(clause, batch.time))
    return rows


def _moves(batch: MoveBatch) -> dict[int, Move]:
    columns = (batch.instruments, batch.previous, batch.prices, batch.lows, batch.highs)
    return {row[0]: Move(*row) for row in zip(*columns, strict=True)}


def _came_true(batch: MoveBatch, alert: Alert, rows: Sequence[Watched], moves: dict[int, Move]) -> bool:
    """Look at every clause of a rule; let it fire, or remember what was seen."""
    looks = [_looked(one, moves) for one in rows]
    seen = [
        Seen(one.asked.is_state, one.memory.spent, found.verdict)
        for one, found in zip(rows, looks, strict=True)
    ]
    decision = decide(alert.joined, seen)
    last = next((one for one, found in zip(rows, looks, strict=True) if found.verdict.happened), rows[0])
    for one, found, spent in zip(rows, looks, decision.spent, strict=True):
        one.memory = replace(found.memory, spent=spent)
    if not decision.fires:
        return False
    return fire(
        alert=alert,
        at=batch.time,
        seq=batch.seq,
        facts=[_fact(one, found.verdict, last) for one, found in zip(rows, looks, strict=True)],
        move=moves.get(last.clause.instrument_id or 0),
    )


def _looked(one: Watched, moves: dict[int, Move]) -> Look:
    move = moves.get(one.instrument.pk) if one.is_ours else None
    if move is None:
        return stands(one.asked, one.memory, one.now)
    step = Step(move.previous, move.price, move.low, move.high)
    found = look(one.asked, one.memory, step, one.now)
    window = joined(one.now.window, Extremes(step.low, step.high))
    one.now = Now(one.now.at, one.now.daily, window)
    return found


def _fact(one: Watched, verdict: Verdict, last: Watched) -> dict[str, Any]:
    """Say what a clause saw; prices in quote units, as texts."""
    memory = one.memory
    known = {"price": memory.price, "reference": memory.reference}
    return {
        "number": one.clause.number,
        "kind": one.asked.kind.value,
        "so": verdict.holds or verdict.happened,
        "last": one is last,
        **{name: f"{value:f}" for name, value in known.items() if value is not None},
    }
