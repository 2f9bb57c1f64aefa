"""Record what came of a try: once, by whoever still holds the lease."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from alerts import metrics
from alerts.domain.messages import Outcome, Result
from alerts.domain.policy import MOST_TRIES, Verdict, after, is_lost
from alerts.models import Channel, Delivery, Notification
from alerts.services.delivery.judging import Ready
from alerts.services.notifications import notify
from alerts.services.proof import prove_by_answer
from core import audit, clock
from core.actor import Actor

# whoever asks for a test or a proof looks at what comes of it
MOST_TRIES_ASKED: Final = 3
LONGEST_DETAIL: Final = 200
# how exactly a channel tells when it was last used
USED_WITHIN: Final = timedelta(minutes=1)
_COLUMNS: Final = (
    ("id", "bigint"),
    ("lease", "uuid"),
    ("state", "text"),
    ("due_at", "timestamptz"),
    ("error", "text"),
    ("at", "timestamptz"),
    ("took_ms", "int"),
    ("outcome", "text"),
    ("status", "int"),
    ("detail", "text"),
    ("theirs", "int"),
)
_FINISH: Final = f"""
WITH told AS (
    SELECT * FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS)})
        AS row ({", ".join(name for name, _kind in _COLUMNS)})
), locked AS MATERIALIZED (
    SELECT id FROM alerts_delivery WHERE id IN (SELECT id FROM told) ORDER BY id FOR UPDATE
), finished AS (
    UPDATE alerts_delivery delivery
    SET state = told.state, due_at = told.due_at, error = told.error, lease = NULL,
        failures = failures + told.theirs,
        content = CASE WHEN told.state = 'pending' THEN content END,
        done_at = CASE WHEN told.state <> 'pending' THEN %(now)s::timestamptz END
    FROM told JOIN locked USING (id)
    WHERE delivery.id = told.id AND delivery.lease = told.lease AND delivery.state = 'pending'
    RETURNING delivery.id, delivery.attempts
)
INSERT INTO alerts_attempt (delivery_id, number, at, took_ms, outcome, status, detail)
SELECT finished.id, finished.attempts, told.at, told.took_ms, told.outcome, told.status, told.detail
FROM finished JOIN told ON told.id = finished.id
RETURNING delivery_id
"""  # noqa: S608  # names of ours


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that was tried: what came of it, when it began and how long it took."""

    ready: Ready
    result: Result
    at: datetime
    took_ms: int

    @property
    def channel(self) -> Channel:
        """The channel it went to, as it was when it was claimed."""
        return self.ready.channel

    @property
    def theirs(self) -> bool:
        """Whether the other side did not take it."""
        return self.result.outcome is not Outcome.DELIVERED and not self.result.is_ours


def finish(tried: Sequence[Tried]) -> int:
    """Record tries, and what they tell of their channels; answer how many deliveries were recorded.

    Channels come first: what is recorded is never tried again, and would leave a dead channel alive.
    """
    now = clock.now()
    decided = [(one, _verdict(one, now)) for one in tried]
    _tell_channels(decided, now)
    count = _record(decided, now)
    lost = sum(len(one.ready.claim.ids) for one in tried) - count
    metrics.delivery_lost_leases.inc(lost)
    for one in tried:
        metrics.delivery_attempts.labels(one.channel.kind, one.result.outcome).inc()
        if one.result.outcome is Outcome.DELIVERED:
            _delivered(one, now)
    return count


def _delivered(one: Tried, now: datetime) -> None:
    if one.result.is_proof:
        prove_by_answer(channel_id=one.channel.pk)
    if not one.ready.waited:
        took = (now - one.ready.written_at).total_seconds()
        metrics.delivery_seconds.labels(one.channel.kind).observe(took)


def _verdict(one: Tried, now: datetime) -> Verdict:
    asked = one.ready.purpose != Delivery.Purpose.NOTICE
    return after(
        one.result,
        attempts=one.ready.attempts,
        failures=one.ready.failures,
        age=now - one.ready.written_at,
        luck=random.random(),  # noqa: S311  # it spreads tries and keeps no secret
        most=MOST_TRIES_ASKED if asked else MOST_TRIES,
    )


def _record(decided: Iterable[tuple[Tried, Verdict]], now: datetime) -> int:
    rows = [_row(one, verdict, delivery, now) for one, verdict in decided for delivery in one.ready.claim.ids]
    columns = zip(*rows, strict=True)
    values: dict[str, Any] = {
        name: list(column) for (name, _kind), column in zip(_COLUMNS, columns, strict=True)
    }
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, {**values, "now": now})
        return len(cursor.fetchall())


def _row(one: Tried, verdict: Verdict, delivery: int, now: datetime) -> tuple[Any, ...]:
    detail = one.result.detail.replace("\0", "")[:LONGEST_DETAIL]
    return (
        delivery,
        one.ready.claim.lease,
        verdict.state,
        now + timedelta(seconds=verdict.wait),
        "" if verdict.state == Delivery.State.DELIVERED else detail,
        one.at,
        one.took_ms,
        one.result.outcome.value,
        one.result.status,
        detail,
        int(one.theirs),
    )


def _tell_channels(decided: Iterable[tuple[Tried, Verdict]], now: datetime) -> None:
    """Note of channels that they work, that they fail, or that they are gone."""
    works: set[int] = set()
    fails: dict[int, tuple[float, str]] = {}
    for one, verdict in decided:
        if one.result.outcome is Outcome.DELIVERED:
            works.add(one.channel.pk)
        elif one.result.outcome is Outcome.GONE:
            stop_channel(channel_id=one.channel.pk, reason=one.result.detail)
        elif one.result.outcome is Outcome.RETRY and not one.result.is_ours:
            fails[one.channel.pk] = (verdict.wait, one.result.detail)
    if works:
        _note_use(works, now)
    for key in sorted(set(fails) - works):
        _note_failure(key, *fails[key], now)


@transaction.atomic
def _note_use(channel_ids: Iterable[int], now: datetime) -> None:
    stale = Q(used_at=None) | Q(used_at__lt=now - USED_WITHIN) | Q(failures__gt=0)
    free = _free().filter(stale, pk__in=channel_ids).order_by("pk")
    Channel.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(
        used_at=now, failures=0, failing_since=None, rests_until=None
    )


def _free() -> QuerySet[Channel]:
    """Lock channels but those that somebody has in hand: the next message tells of them."""
    return Channel.objects.select_for_update(no_key=True, skip_locked=True)


@transaction.atomic
def _note_failure(channel_id: int, wait: float, reason: str, now: datetime) -> None:
    if _free().filter(pk=channel_id).first() is None:
        return
    rows = Channel.objects.filter(pk=channel_id)
    rows.update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", now),
        rests_until=now + timedelta(seconds=wait),
    )
    found = rows.values_list("failures", "failing_since").first()
    if found and found[1] is not None and is_lost(found[0], now - found[1]):
        stop_channel(channel_id=channel_id, reason=reason)


@transaction.atomic
def stop_channel(*, channel_id: int, reason: str) -> bool:
    """Send nothing more to a channel that is gone, and tell its person elsewhere; False: it was off."""
    now = clock.now()
    # what its person is told refers to their other channels: two that stop at once must not wait in a circle
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None or channel.state not in {Channel.State.ACTIVE, Channel.State.PAUSED}:
        return False
    channel.state, channel.reason = Channel.State.DISABLED, reason.replace("\0", "")[:LONGEST_DETAIL]
    channel.save(update_fields=["state", "reason", "updated_at"])
    notify(
        users=[channel.owner_id],
        kind=Notification.Kind.CHANNEL,
        event="channel_stopped",
        data={
            "channel": channel.name,
            "channel_id": str(channel.uuid),
            "channel_kind": channel.kind,
            "reason": channel.reason,
        },
        key=f"channel_stopped:{channel.uuid}:{now.isoformat()}",
    )
    audit.record(
        actor=Actor.system("deliver"),
        verb="channel.stopped",
        object_type="channel",
        object_id=channel.uuid,
        after={"state": channel.state},
    )
    return True
