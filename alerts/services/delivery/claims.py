"""Claim deliveries that are due: the longest due first, and of each channel and person a few at a time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from core import clock

# longer than whoever claimed may take to send what it claimed
LEASE: Final = timedelta(seconds=60)
# more than anybody reads in one message
MOST_TOGETHER: Final = 100
# how many messages are on their way at a time: whoever answers slowly, or has much, holds up nobody else
OF_CHANNEL: Final = 2
OF_OWNER: Final = 4
# how many of those that are due longest are looked at before one looks at each channel that waits
WINDOW: Final = 256

# Whoever claims in a lane does so alone: else two would together take more of a channel than its share, or
# each half of what leaves together.
_BEGIN: Final = """
SELECT pg_advisory_xact_lock(hashtextextended(%(lane)s, 6)),
    EXISTS (SELECT 1 FROM alerts_outbox WHERE paused_at IS NOT NULL)
"""
_BUSY: Final = """
SELECT delivery.channel_id, channel.owner_id, count(DISTINCT delivery.lease)
FROM alerts_delivery delivery JOIN alerts_channel channel ON channel.id = delivery.channel_id
WHERE delivery.state = 'pending' AND delivery.lease IS NOT NULL AND delivery.due_at > %(now)s
    AND delivery.lane = %(lane)s
GROUP BY delivery.channel_id, channel.owner_id
"""
_COLUMNS: Final = """
SELECT due.id, channel.id, channel.owner_id, channel.failures > 0,
    due.purpose = 'notice' AND coalesce(channel.rests_until > %(now)s, false), due.bundle
"""
_LONGEST_DUE: Final = f"""
{_COLUMNS}
FROM (
    SELECT * FROM alerts_delivery
    WHERE state = 'pending' AND NOT held AND lane = %(lane)s AND gathered = %(gathered)s AND due_at <= %(now)s
    ORDER BY due_at, id LIMIT %(window)s
) due
JOIN alerts_channel channel ON channel.id = due.channel_id
ORDER BY due.due_at, due.id
"""  # noqa: S608  # names of ours
# One step of the index for each channel that waits, however much waits for it.
_OF_EACH: Final = f"""
WITH RECURSIVE waiting AS (
    SELECT %(after)s::bigint AS id
    UNION ALL
    SELECT (
        SELECT channel_id FROM alerts_delivery
        WHERE state = 'pending' AND NOT held AND lane = %(lane)s AND gathered = %(gathered)s
            AND channel_id > waiting.id AND channel_id <= %(until)s
        ORDER BY channel_id LIMIT 1
    ) FROM waiting WHERE waiting.id IS NOT NULL
)
{_COLUMNS}
FROM waiting
JOIN alerts_channel channel ON channel.id = waiting.id AND waiting.id > %(after)s
CROSS JOIN LATERAL (
    SELECT * FROM alerts_delivery
    WHERE state = 'pending' AND NOT held AND lane = %(lane)s AND gathered = %(gathered)s
        AND channel_id = waiting.id AND due_at <= %(now)s
    ORDER BY due_at, id LIMIT {OF_CHANNEL}
) due
WHERE channel.owner_id <> ALL(%(owners)s) AND NOT coalesce(channel.rests_until > %(now)s, false)
LIMIT %(most)s
"""  # noqa: S608
_REST: Final = """
UPDATE alerts_delivery delivery SET due_at = channel.rests_until
FROM alerts_channel channel
WHERE channel.id = delivery.channel_id AND delivery.id IN (
    SELECT id FROM alerts_delivery WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE SKIP LOCKED
) AND delivery.state = 'pending' AND channel.rests_until > %(now)s
"""
# The inner SELECT is evaluated once: as a list of an IN it could lock and take more than it should.
_TAKE: Final = """
WITH due AS MATERIALIZED (
    SELECT id FROM alerts_delivery
    WHERE id = ANY(%(ids)s) AND state = 'pending' AND due_at <= %(now)s
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE alerts_delivery delivery
SET lease = gen_random_uuid(), due_at = %(until)s, attempts = attempts + 1
FROM due WHERE delivery.id = due.id
RETURNING delivery.id, delivery.channel_id, delivery.uuid, delivery.lease
"""
_TAKE_TOGETHER: Final = """
WITH due AS MATERIALIZED (
    SELECT id FROM alerts_delivery
    WHERE channel_id = %(channel)s AND state = 'pending' AND NOT held AND lane = %(lane)s AND gathered
        AND due_at <= %(now)s AND bundle IS NOT DISTINCT FROM %(bundle)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE alerts_delivery delivery
SET lease = %(lease)s, bundle = %(key)s, due_at = %(until)s, attempts = attempts + 1
FROM due WHERE delivery.id = due.id
RETURNING delivery.id
"""
_LAST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries of one channel that leave as one message, by whose `key` whoever gets it twice can tell."""

    channel_id: int
    ids: tuple[int, ...]
    key: UUID
    lease: UUID
    gathered: bool = False


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    channel: int
    owner: UUID
    fails: bool
    rests: bool
    bundle: UUID | None


@dataclass(slots=True)
class _Shares:
    """How many messages of each channel and person are on their way."""

    channels: Counter[int] = field(default_factory=Counter)
    owners: Counter[UUID] = field(default_factory=Counter)

    def take(self, one: _Due, most: int = OF_CHANNEL) -> bool:
        """Count a message, if it is within the shares; of a channel that fails there is one at a time."""
        most = 1 if one.fails else most
        if self.channels[one.channel] >= most or self.owners[one.owner] >= OF_OWNER:
            return False
        self.channels[one.channel] += 1
        self.owners[one.owner] += 1
        return True

    def full(self) -> list[UUID]:
        """List who has as much on its way as anybody may."""
        return [owner for owner, count in self.owners.items() if count >= OF_OWNER]


@transaction.atomic
def claim(*, lane: str, most: int) -> list[Claim]:
    """Claim so many messages of a `Channel.Lane`, the longest due first; none where all is paused."""
    now = clock.now()
    with connection.cursor() as cursor:
        turn = _Turn(cursor, {"lane": lane, "now": now, "until": now + LEASE})
        if turn.is_paused():
            return []
        singles = turn.singles(most)
        left = most - len(singles)
        return singles + (turn.gathered(left) if left else [])


class _Turn:
    """One claim in a lane, within a transaction."""

    def __init__(self, cursor: Any, values: dict[str, Any]) -> None:
        self._cursor, self._values = cursor, values
        self._shares = _Shares()

    def is_paused(self) -> bool:
        """Wait for whoever claims, and read what is on its way; tell whether nothing is to leave."""
        self._cursor.execute(_BEGIN, self._values)
        if self._cursor.fetchone()[1]:
            return True
        self._cursor.execute(_BUSY, self._values)
        for channel, owner, count in self._cursor.fetchall():
            self._shares.channels[channel] += count
            self._shares.owners[owner] += count
        return False

    def singles(self, most: int) -> list[Claim]:
        """Take what leaves one by one."""
        chosen = [one.id for one in self._chosen(most, gathered=False)]
        if not chosen:
            return []
        self._cursor.execute(_TAKE, {**self._values, "ids": chosen})
        taken = {
            one: Claim(channel, (one,), key, lease) for one, channel, key, lease in self._cursor.fetchall()
        }
        return [taken[one] for one in chosen if one in taken]

    def gathered(self, most: int) -> list[Claim]:
        """Take what leaves together: what did so before, or the first hundred of what waits for a channel."""
        found = {(one.channel, one.bundle): one for one in self._chosen(most, gathered=True)}
        claims = []
        for channel, bundle in found:
            key, lease = bundle or uuid4(), uuid4()
            values = {"channel": channel, "bundle": bundle, "key": key, "lease": lease, "most": MOST_TOGETHER}
            self._cursor.execute(_TAKE_TOGETHER, {**self._values, **values})
            ids = sorted(row[0] for row in self._cursor.fetchall())
            if ids:
                claims.append(Claim(channel, tuple(ids), key, lease, gathered=True))
        return claims

    def _chosen(self, most: int, *, gathered: bool) -> list[_Due]:
        rows = self._rows(_LONGEST_DUE, gathered=gathered, window=WINDOW)
        self._let_rest([one.id for one in rows if one.rests])
        chosen = self._within(rows, most, gathered=gathered)
        if len(rows) < WINDOW:
            return chosen
        # from anywhere on, so that no channel is always the last
        start = random.choice([one.channel for one in rows])  # noqa: S311  # it keeps no secret
        for after, until in ((start, _LAST), (0, start)):
            if len(chosen) < most:
                more = self._rows(
                    _OF_EACH, gathered=gathered, after=after, until=until,
                    owners=self._shares.full(), most=OF_CHANNEL * most,
                )  # fmt: skip
                have = {one.id for one in chosen}
                fresh = [one for one in more if one.id not in have]
                chosen += self._within(fresh, most - len(chosen), gathered=gathered)
        return chosen

    def _rows(self, sql: str, **values: Any) -> list[_Due]:
        self._cursor.execute(sql, {**self._values, **values})
        return [_Due(*row) for row in self._cursor.fetchall()]

    def _within(self, rows: Iterable[_Due], most: int, *, gathered: bool) -> list[_Due]:
        chosen: list[_Due] = []
        for one in rows:
            if len(chosen) == most:
                break
            if not one.rests and self._shares.take(one, 1 if gathered else OF_CHANNEL):
                chosen.append(one)
        return chosen

    def _let_rest(self, ids: list[int]) -> None:
        """Let what waits for a channel that rests be due when it goes on, without a try."""
        if ids:
            self._cursor.execute(_REST, {**self._values, "ids": ids})
