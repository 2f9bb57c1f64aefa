"""Tell people what happened, and mark what they were told as read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from alerts.events import NotificationsAdded, NotificationsRead
from alerts.metrics import notifications_told
from alerts.models import Notification
from alerts.services.outbox import enqueue
from core import clock
from core.bus import bus

# Who is gone by now is told nothing; what was told under the key already is not told again.
_TELL: Final = """
INSERT INTO alerts_notification (user_id, kind, event, data, key, created_at)
SELECT person.id, %(kind)s, %(event)s, %(data)s::jsonb, %(key)s, %(now)s
FROM accounts_user person WHERE person.id = ANY(%(users)s::uuid[])
ON CONFLICT (user_id, key) DO NOTHING
RETURNING id, user_id
"""
_TELL_EACH: Final = """
INSERT INTO alerts_notification (user_id, kind, event, data, key, created_at)
SELECT person.id, %(kind)s, %(event)s, row.data::jsonb, row.key, %(now)s
FROM unnest(%(users)s::uuid[], %(data)s::text[], %(keys)s::text[]) AS row (user_id, data, key)
JOIN accounts_user person ON person.id = row.user_id
ON CONFLICT (user_id, key) DO NOTHING
RETURNING id, user_id
"""


@dataclass(frozen=True, slots=True)
class Telling:
    """What one person is told once: `key` tells it from everything else that is told."""

    user_id: UUID
    data: Mapping[str, Any]
    key: str


@transaction.atomic
def notify(
    *, users: Iterable[UUID], kind: Notification.Kind, event: str, data: Mapping[str, Any], key: str = ""
) -> int:
    """Tell people something, in the page and on their channels; answer how many were told now.

    `data` goes into JSON: ids, names and numbers as texts, no words. With a `key` a person is told once.
    Call it in the transaction of the cause, so that both are there or neither.
    """
    values = {
        "users": list(users),
        "kind": kind.value,
        "event": event,
        "data": json.dumps(dict(data)),
        "key": key or None,
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL, values)
        rows = cursor.fetchall()
    announce(rows)
    return len(rows)


@transaction.atomic
def notify_each(*, kind: Notification.Kind, event: str, tellings: Sequence[Telling]) -> int:
    """Tell each of many people something of their own, as `notify` does; answer how many were told now."""
    values: dict[str, Any] = {
        "kind": kind.value,
        "event": event,
        "users": [one.user_id for one in tellings],
        "data": [json.dumps(dict(one.data)) for one in tellings],
        "keys": [one.key for one in tellings],
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL_EACH, values)
        rows = cursor.fetchall()
    announce(rows)
    return len(rows)


def announce(rows: Iterable[tuple[int, UUID]]) -> None:
    """Queue what was just told (ids with their users) for the channels, and say so on the bus."""
    told = list(rows)
    if not told:
        return
    enqueue([one for one, _user in told])
    transaction.on_commit(partial(notifications_told.inc, len(told)))
    bus.publish(NotificationsAdded(tuple(sorted({user for _one, user in told}))))


@transaction.atomic
def mark_read(*, user: Any, up_to: int | None = None, ids: Iterable[int] | None = None) -> int:
    """Mark the user's notifications as read, up to an id and these; answer how many were not yet."""
    wanted = Q(pk__in=list(ids or ()))
    if up_to is not None:
        wanted |= Q(pk__lte=up_to)
    count = Notification.objects.filter(wanted, user=user, read_at=None).update(read_at=clock.now())
    if count:
        bus.publish(NotificationsRead(user.pk))
    return count
