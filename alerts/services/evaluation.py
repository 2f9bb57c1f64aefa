"""Hold the log's moves against the levels that are watched; each alert fires once for what happened once.

A batch is one statement for what fires: levels are found by ranges of an index between the previous and
the new price, so that its cost follows what fires and not what is armed. The cursor, the states, the
triggers and the notifications are one transaction. Whoever else changes alerts or levels keeps the cursor
still for the time (`hold_cursor`), so that nothing changes under an evaluation.
"""

from __future__ import annotations

from functools import partial
from typing import Final, cast
from uuid import UUID

from django.db import connection, transaction

from alerts.domain.conditions import Condition, sides
from alerts.metrics import alerts_fired
from alerts.models import Alert, Level
from alerts.services.batches import values_of
from alerts.services.expiry import WAITING, end_what_ran_out
from alerts.services.notifications import announce
from alerts.services.waking import wake_rules
from alerts.services.watching import arm_rules, was_told
from core import clock
from market import locks
from market.models import MoveBatch
from market.services.quotes.log import consume

CONSUMER: Final = "alerts"

_LEVELS: Final = (
    "alerts_level WHERE clause_id IS NULL AND instrument_id = move.instrument AND world_id = %(world)s"
    " AND after < %(seq)s"
)
# LATERAL with OFFSET 0 keeps the planner from reading all levels: a range of the index for each move and
# side, and none where the move did not go that way. A level that several ways lead to is one row, and of an
# alert with two levels the first counts.
_FIRE: Final = f"""
WITH move AS MATERIALIZED (
    SELECT * FROM unnest(%(instruments)s::int[], %(previous)s::numeric[], %(prices)s::numeric[],
        %(lows)s::numeric[], %(highs)s::numeric[]) AS row (instrument, previous, price, low, high)
), hit AS MATERIALIZED (
    SELECT DISTINCT ON (reached.alert_id) reached.alert_id, reached.level, move.*
    FROM move CROSS JOIN LATERAL (
        (SELECT alert_id, level FROM {_LEVELS} AND side = 'A' AND level <= move.high OFFSET 0)
        UNION ALL
        (SELECT alert_id, level FROM {_LEVELS} AND side = 'B' AND level >= move.low OFFSET 0)
        UNION ALL
        (SELECT alert_id, level FROM {_LEVELS} AND side = 'U' AND move.high > move.previous
            AND level > move.previous AND level <= move.high OFFSET 0)
        UNION ALL
        (SELECT alert_id, level FROM {_LEVELS} AND side = 'U' AND move.low < move.previous
            AND move.low < move.price AND level > move.low AND level <= move.price OFFSET 0)
        UNION ALL
        (SELECT alert_id, level FROM {_LEVELS} AND side = 'D' AND move.low < move.previous
            AND level < move.previous AND level >= move.low OFFSET 0)
        UNION ALL
        (SELECT alert_id, level FROM {_LEVELS} AND side = 'D' AND move.high > move.previous
            AND move.high > move.price AND level < move.high AND level >= move.price OFFSET 0)
    ) reached
    ORDER BY reached.alert_id
), fired AS (
    UPDATE alerts_alert alert
    SET state = CASE WHEN repeats THEN 'resting' ELSE 'fired' END, fired = alert.fired + 1,
        fired_at = %(at)s, updated_at = %(now)s,
        rearm_at = CASE WHEN repeats THEN %(at)s + cooldown_minutes * interval '1 minute' END
    FROM hit
    WHERE alert.id = hit.alert_id AND alert.state = 'armed'
    RETURNING alert.id, alert.owner_id, alert.fired, hit.instrument, hit.level, hit.previous, hit.price,
        hit.low, hit.high
), gone AS (
    DELETE FROM alerts_level USING fired WHERE alert_id = fired.id
), recorded AS (
    INSERT INTO alerts_trigger (
        alert_id, number, seq, at, level, previous, price, low, high, source, facts, recorded_at
    )
    SELECT fired.id, fired.fired, %(seq)s, %(at)s, level, fired.previous, fired.price, fired.low, fired.high,
        coalesce(quote.source, ''), '[]', %(now)s
    FROM fired LEFT JOIN market_quote quote
        ON quote.instrument_id = fired.instrument AND quote.world_id = %(world)s
    RETURNING id, alert_id
)
INSERT INTO alerts_notification (user_id, kind, event, trigger_id, data, created_at)
SELECT fired.owner_id, 'alert', 'fired', recorded.id, '{{}}', %(now)s
FROM recorded JOIN fired ON fired.id = recorded.alert_id
ORDER BY recorded.id
RETURNING id, user_id
"""  # noqa: S608  # a constant of ours


def evaluate(*, world_id: int) -> int:
    """Hold all batches of a world's log that are new against its alerts; answer how many batches."""
    return consume(CONSUMER, world_id, _evaluate)


@transaction.atomic
def end_overdue(*, world_id: int) -> int:
    """End a world's alerts whose time is over though no batch tells so; answer how many.

    The log stands still meanwhile and is read to its end, so that no batch of before comes after.
    """
    if not Alert.objects.filter(world=world_id, state__in=WAITING, expires_at__lte=clock.now()).exists():
        return 0
    locks.price_log(world_id)
    evaluate(world_id=world_id)
    return end_what_ran_out(world_id=world_id, at=clock.now())


def _evaluate(batch: MoveBatch) -> None:
    end_what_ran_out(world_id=batch.world_id, at=batch.time)
    _arm_what_rested(batch)
    fired = _fire(batch)
    transaction.on_commit(partial(alerts_fired.inc, len(fired)))
    announce(fired)
    wake_rules(batch)


def _fire(batch: MoveBatch) -> list[tuple[int, UUID]]:
    """Fire plain alerts; answer the ids of the notifications with whom they tell."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRE, values_of(batch))
        return cast("list[tuple[int, UUID]]", cursor.fetchall())


def _arm_what_rested(batch: MoveBatch) -> None:
    """Arm alerts again that rested long enough; they wait for the price to come back and cross once more."""
    rested = Alert.objects.select_related("world", "instrument", "owner").filter(
        world=batch.world_id, state=Alert.State.RESTING, rearm_at__lte=batch.time
    )
    rows = list(rested)
    if not rows:
        return
    Alert.objects.filter(pk__in=[row.pk for row in rows]).update(state=Alert.State.ARMED, rearm_at=None)
    plain = [row for row in rows if row.joined == Alert.Joined.ONE]
    Level.objects.bulk_create(
        level for row in plain for level in levels_of(row, batch.seq - 1, again=was_told(row))
    )
    rules = [row for row in rows if row.joined != Alert.Joined.ONE]
    arm_rules(rules, after=batch.seq - 1, at=batch.time)


def levels_of(alert: Alert, after: int, *, again: bool) -> list[Level]:
    """Make the levels that are watched for an alert, for batches after a number of the log."""
    return [
        Level(
            alert=alert,
            world=alert.world,
            instrument=alert.watched,
            side=side.value,
            level=alert.level,
            after=after,
        )
        for side in sides(Condition(alert.condition), again=again)
    ]
