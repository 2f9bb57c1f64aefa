"""Write what is to leave into the outbox, in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from alerts.events import DeliveriesQueued
from alerts.models import Channel, Delivery
from core import clock
from core.bus import bus

_QUEUE: Final = """
INSERT INTO alerts_delivery (
    uuid, purpose, notification_id, channel_id, lane, state, due_at, attempts, failures, gathered, held,
    error, created_at
)
SELECT gen_random_uuid(), 'notice', told.id, channel.id,
    CASE WHEN channel.kind = 'email' THEN 'mail' ELSE 'web' END,
    'pending', %(now)s, 0, 0, false, false, '', %(now)s
FROM alerts_notification told
JOIN alerts_channel channel
    ON channel.owner_id = told.user_id AND channel.state = 'active' AND told.kind = ANY(channel.topics)
WHERE told.id = ANY(%(ids)s)
ON CONFLICT (notification_id, channel_id) DO NOTHING
"""


def enqueue(notification_ids: Sequence[int]) -> int:
    """Queue notifications for every channel that their people want them on; answer how many deliveries."""
    if not notification_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, {"ids": list(notification_ids), "now": clock.now()})
        count: int = cursor.rowcount
    if count:
        bus.publish(DeliveriesQueued(count))
    return count


def enqueue_one(channel: Channel, purpose: Delivery.Purpose, content: str | None = None) -> Delivery:
    """Queue a test or a proof for a channel, whatever its state; a proof carries its code as `content`."""
    now = clock.now()
    made = Delivery.objects.create(
        channel=channel, lane=channel.lane, purpose=purpose, content=content, due_at=now, created_at=now
    )
    bus.publish(DeliveriesQueued(1))
    return made


def release(channel: Channel) -> int:
    """Let what was held while a channel was paused leave; answer how many deliveries that are.

    The channel is locked, and resumed in the same transaction.
    """
    held = Delivery.objects.filter(channel=channel, state=Delivery.State.PENDING, held=True)
    count = held.update(held=False, due_at=clock.now())
    if count:
        bus.publish(DeliveriesQueued(count))
    return count


def queue_again(deliveries: QuerySet[Delivery]) -> int:
    """Make those of them due now that failed or were dropped, each alone, under its own id as key.

    They have all their tries anew. Answers how many these are; proofs, whose codes are void, are none.
    """
    ended = deliveries.filter(state__in=[Delivery.State.FAILED, Delivery.State.DROPPED])
    count = ended.exclude(purpose=Delivery.Purpose.PROOF).update(
        state=Delivery.State.PENDING,
        due_at=clock.now(),
        lease=None,
        attempts=0,
        failures=0,
        held=False,
        gathered=False,
        bundle=None,
        error="",
        done_at=None,
    )
    if count:
        bus.publish(DeliveriesQueued(count))
    return count
