"""Throw away what nobody looks at any more, or what goes with its channel: in batches, without reading it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from alerts.domain.reasons import Reason, coded
from alerts.models import Channel, Delivery
from core import clock

KEPT: Final = timedelta(days=90)
# how long something waits for a channel that is paused to be resumed
HELD_FOR: Final = timedelta(days=30)
READ_KEPT: Final = timedelta(days=365)
BATCH: Final = 5_000
PAUSED: Final = coded(Reason.PAUSED)

_DELETE: Final = """
WITH gone AS MATERIALIZED (
    SELECT id FROM alerts_delivery WHERE {which} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), tries AS (
    DELETE FROM alerts_attempt WHERE delivery_id IN (SELECT id FROM gone)
)
DELETE FROM alerts_delivery WHERE id IN (SELECT id FROM gone)
"""
_ENDED: Final = _DELETE.format(which="state <> 'pending' AND done_at < %(before)s")
# whoever has one in hand gives it back soon: nothing of a channel may be left
_OF_CHANNELS: Final = _DELETE.format(which="channel_id = ANY(%(channels)s)").replace(" SKIP LOCKED", "")
# Ids are given out in the order of time. What is still on its way somewhere stays.
_READ: Final = """
WITH gone AS MATERIALIZED (
    SELECT id FROM alerts_notification told
    WHERE id > %(after)s AND id <= %(until)s AND created_at < %(before)s AND read_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM alerts_delivery WHERE notification_id = told.id)
    FOR UPDATE SKIP LOCKED
)
DELETE FROM alerts_notification WHERE id IN (SELECT id FROM gone)
"""
_SPAN: Final = """
SELECT (SELECT min(id) FROM alerts_notification), (
    SELECT id FROM alerts_notification WHERE created_at >= %(before)s ORDER BY id LIMIT 1
), (SELECT max(id) FROM alerts_notification)
"""


def purge() -> int:
    """Delete deliveries that ended 90 days ago, with their tries; answer how many.

    What was held for 30 days is not sent any more.
    """
    now = clock.now()
    Delivery.objects.filter(state=Delivery.State.PENDING, held=True, created_at__lt=now - HELD_FOR).update(
        state=Delivery.State.DROPPED, held=False, error=PAUSED, lease=None, content=None, done_at=now
    )
    return _in_batches(_ENDED, {"before": now - KEPT})


def purge_read() -> int:
    """Delete what people were told and have read a year after they were told; answer how many."""
    before = clock.now() - READ_KEPT
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, {"before": before})
        first, young, last = cursor.fetchone()
        count = 0
        for after in range((first or 1) - 1, (young or last or 0), BATCH):
            cursor.execute(_READ, {"after": after, "until": after + BATCH, "before": before})
            count += cursor.rowcount
    return count


@transaction.atomic
def delete_channels(*, channel_ids: Iterable[int]) -> None:
    """Delete channels with what waits for them and what went there.

    They are locked first, like whoever decides about a delivery does it: else the two wait in a circle. While
    most is deleted people can still be told of things; only then is the lock such that nothing comes to it.
    """
    rows = Channel.objects.filter(pk__in=list(channel_ids)).order_by("pk")
    found = list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    if not found:
        return
    _in_batches(_OF_CHANNELS, {"channels": found})
    list(rows.select_for_update().values_list("pk", flat=True))
    _in_batches(_OF_CHANNELS, {"channels": found})
    rows.delete()


def _in_batches(sql: str, values: dict[str, Any]) -> int:
    """Run a statement until it has less to do than a batch; outside of a transaction each ends at once."""
    count: int = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(sql, {**values, "batch": BATCH})
            count += cursor.rowcount
            if cursor.rowcount < BATCH:
                return count
