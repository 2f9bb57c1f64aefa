"""Claim deliveries that are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from alerts.models import Outbox
from core import clock

# longer than whoever claimed may take to send what it claimed
LEASE: Final = timedelta(seconds=60)
# more than anybody reads in one message
MOST_TOGETHER: Final = 100

# The inner SELECT is evaluated once: as a list of an IN it could lock and take more than its limit.
_CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT delivery.id FROM alerts_delivery delivery
    JOIN alerts_channel channel ON channel.id = delivery.channel_id
    WHERE delivery.state = 'pending' AND delivery.due_at <= %(now)s AND NOT delivery.gathered
        AND channel.kind = ANY(%(kinds)s)
        AND NOT EXISTS (SELECT 1 FROM alerts_outbox WHERE paused_at IS NOT NULL)
    ORDER BY delivery.due_at, delivery.id LIMIT %(most)s
    FOR UPDATE OF delivery SKIP LOCKED
)
UPDATE alerts_delivery delivery
SET lease = gen_random_uuid(), due_at = %(until)s, attempts = attempts + 1
FROM due WHERE delivery.id = due.id
RETURNING delivery.id, delivery.channel_id, delivery.uuid, delivery.lease
"""
# What leaves together is claimed by whoever holds its channel, so that nobody takes half of it.
_CHANNELS: Final = """
SELECT channel.id FROM alerts_channel channel
WHERE channel.kind = ANY(%(kinds)s) AND channel.id IN (
    SELECT delivery.channel_id FROM alerts_delivery delivery
    WHERE delivery.state = 'pending' AND delivery.due_at <= %(now)s AND delivery.gathered
)
ORDER BY channel.id LIMIT %(most)s
FOR NO KEY UPDATE SKIP LOCKED
"""
_GATHERED: Final = """
SELECT id, channel_id, bundle FROM alerts_delivery
WHERE channel_id = ANY(%(channels)s) AND state = 'pending' AND due_at <= %(now)s AND gathered
ORDER BY id FOR UPDATE SKIP LOCKED
"""
_TAKE: Final = """
UPDATE alerts_delivery SET lease = %(lease)s, bundle = %(bundle)s, due_at = %(until)s, attempts = attempts + 1
WHERE id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries of one channel that leave as one message, by whose `key` whoever gets it twice can tell."""

    channel_id: int
    ids: tuple[int, ...]
    key: UUID
    lease: UUID
    gathered: bool = False


def claim(kinds: Sequence[str], most: int) -> list[Claim]:
    """Claim so many messages for kinds of channels, the longest due first; none where all is paused."""
    now = clock.now()
    values: dict[str, Any] = {"now": now, "until": now + LEASE, "kinds": list(kinds), "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = cursor.fetchall()
    singles = [Claim(channel, (one,), key, lease) for one, channel, key, lease in rows]
    left = most - len(singles)
    return singles + (_claim_gathered(kinds, left, now) if left else [])


@transaction.atomic
def _claim_gathered(kinds: Sequence[str], most: int, now: datetime) -> list[Claim]:
    if Outbox.objects.filter(paused_at__isnull=False).exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CHANNELS, {"kinds": list(kinds), "now": now, "most": most})
        channels = [row[0] for row in cursor.fetchall()]
        if not channels:
            return []
        cursor.execute(_GATHERED, {"channels": channels, "now": now})
        rows = cursor.fetchall()
        return [_taken(cursor, *together, now) for together in _messages(rows)]


def _messages(rows: Sequence[tuple[int, int, UUID | None]]) -> list[tuple[int, UUID, list[int]]]:
    """Tell which rows are one message: those that were one before, and for each channel those that wait."""
    together: dict[tuple[int, UUID | None], list[int]] = defaultdict(list)
    for one, channel, bundle in rows:
        together[channel, bundle].append(one)
    found: list[tuple[int, UUID, list[int]]] = []
    for (channel, bundle), ids in together.items():
        if bundle is not None:
            found.append((channel, bundle, ids))
        else:
            parts = (ids[start : start + MOST_TOGETHER] for start in range(0, len(ids), MOST_TOGETHER))
            found += [(channel, uuid4(), part) for part in parts]
    return found


def _taken(cursor: Any, channel: int, bundle: UUID, ids: list[int], now: datetime) -> Claim:
    lease = uuid4()
    cursor.execute(_TAKE, {"lease": lease, "bundle": bundle, "until": now + LEASE, "ids": ids})
    return Claim(channel, tuple(ids), bundle, lease, gathered=True)
