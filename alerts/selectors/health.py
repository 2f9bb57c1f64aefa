"""How far evaluation is behind the move log, and what waits in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q

from alerts.models import Delivery
from core import clock
from core.models import LIVE_WORLD
from core.ports import HealthResult

EVALUATION_LATE: Final = timedelta(minutes=2)
DELIVERY_LATE: Final = timedelta(minutes=10)
FAILED_WITHIN: Final = timedelta(hours=24)
# further than this armed alerts are not counted
MOST_COUNTED: Final = 100_000
# The oldest batch is found by the log's key, the delivery that is due longest by its index.
_STANDING: Final = """
SELECT
    (SELECT head.seq - read_to.seq FROM market_loghead head
        JOIN market_cursor read_to USING (world_id)
        WHERE read_to.consumer = 'alerts' AND world_id = %(world)s),
    (SELECT batch.time FROM market_movebatch batch
        WHERE batch.world_id = %(world)s AND batch.seq > (
            SELECT seq FROM market_cursor WHERE consumer = 'alerts' AND world_id = %(world)s)
        ORDER BY batch.seq LIMIT 1),
    (SELECT min(first.due_at) FROM (VALUES
        ('mail', false), ('mail', true), ('web', false), ('web', true)
    ) queue (lane, gathered) CROSS JOIN LATERAL (
        SELECT due_at FROM alerts_delivery
        WHERE state = 'pending' AND NOT held AND lane = queue.lane AND gathered = queue.gathered
        ORDER BY due_at, id LIMIT 1
    ) first),
    (SELECT paused_at FROM alerts_outbox WHERE id = 1),
    (SELECT reason FROM alerts_outbox WHERE id = 1),
    (SELECT count(*) FROM alerts_channel WHERE state = 'disabled' AND %(stopped)s),
    (SELECT count(*) FROM (SELECT 1 FROM alerts_alert WHERE state = 'armed' LIMIT %(most)s) armed)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How alerts and deliveries stand at the instant `at` (UTC); of the live world.

    `behind` is the number of batches that are not evaluated, `lag` the age of the oldest of them; `overdue`
    how long the delivery that is due longest waits. `armed` counts no further than it was asked to, and
    `stopped` channels are counted with it.
    """

    at: datetime
    behind: int
    lag: timedelta
    overdue: timedelta
    paused_at: datetime | None
    reason: str
    stopped: int
    armed: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is on its way to channels of a kind: how much waits, and how much failed in 24 hours."""

    kind: str
    waiting: int
    due_at: datetime | None
    failed: int


def standing(*, count_up_to: int = 0) -> Standing:
    """Read how things stand, and count stopped channels, and armed alerts up to a number."""
    now, none = clock.now(), timedelta(0)
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"world": LIVE_WORLD, "most": count_up_to, "stopped": count_up_to > 0})
        behind, oldest, due_at, paused_at, reason, stopped, armed = cursor.fetchone()
    return Standing(
        at=now,
        behind=behind or 0,
        lag=max(now - oldest, none) if oldest is not None else none,
        overdue=max(now - due_at, none) if due_at is not None else none,
        paused_at=paused_at,
        reason=reason or "",
        stopped=stopped,
        armed=armed,
    )


def waiting() -> list[Waiting]:
    """List what is on its way by kind of channel; kinds of which nothing waits or failed are left out."""
    waits = Q(state=Delivery.State.PENDING)
    failed = Q(state=Delivery.State.FAILED, done_at__gte=clock.now() - FAILED_WITHIN)
    rows = (
        Delivery.objects.filter(waits | failed)
        .order_by()
        .values("channel__kind")
        .annotate(
            waiting=Count("pk", filter=waits),
            oldest=Min("due_at", filter=waits),
            failed=Count("pk", filter=failed),
        )
        .order_by("channel__kind")
    )
    return [Waiting(row["channel__kind"], row["waiting"], row["oldest"], row["failed"]) for row in rows]


def check_alerts() -> HealthResult:
    """Tell whether prices are held against alerts in time, and whether what was told leaves.

    Pages and answers are right without it, so that it takes no process out of service.
    """
    try:
        found = standing()
    except DatabaseError as error:
        return HealthResult(healthy=False, detail=type(error).__name__, is_vital=False)
    faults = []
    if found.lag > EVALUATION_LATE:
        faults.append(f"{found.behind} batches of prices wait, the oldest for {_minutes(found.lag)}")
    if found.overdue > DELIVERY_LATE and found.paused_at is None:
        faults.append(f"a delivery is due for {_minutes(found.overdue)}")
    told = "; ".join(faults) or ("deliveries are paused" if found.paused_at else "")
    return HealthResult(healthy=not faults, detail=told, is_vital=False)


def _minutes(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1)} minutes"
