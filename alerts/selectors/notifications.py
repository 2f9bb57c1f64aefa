"""What a person was told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, prefetch_related_objects

from accounts.models import User
from alerts.models import Alert, Notification

# shown as 99+
MOST_COUNTED: Final = 100
Row = tuple[int, datetime | None]
_NEWEST: Final = """
SELECT
    person.locale,
    (SELECT count(*) FROM (
        SELECT FROM alerts_notification WHERE user_id = person.id AND read_at IS NULL LIMIT %(counted)s
    ) unread),
    told.id, told.read_at
FROM accounts_user person
LEFT JOIN LATERAL (
    SELECT id, read_at FROM alerts_notification WHERE user_id = person.id ORDER BY id DESC LIMIT %(most)s
) told ON true
WHERE person.id = %(user)s
ORDER BY told.id DESC
"""
_BELL: Final = """
SELECT
    (SELECT count(*) FROM (
        SELECT FROM alerts_notification WHERE user_id = %(user)s AND read_at IS NULL LIMIT %(most)s
    ) unread),
    coalesce((SELECT max(id) FROM alerts_notification WHERE user_id = %(user)s), 0)
"""


def notifications_of(user: Any) -> QuerySet[Notification]:
    """List what the user was told, newest first, with what it is about."""
    return (
        Notification.objects.filter(user=user)
        .select_related("trigger__alert__instrument")
        .prefetch_related("trigger__alert__clauses__instrument", "trigger__alert__clauses__portfolio")
    )


def filtered(
    user: Any, *, unread: bool | None = None, kind: str = "", after: int | None = None
) -> QuerySet[Notification]:
    """List what the user was told: what is unread (or read), of a kind, with a larger id than `after`."""
    rows = notifications_of(user)
    if unread is not None:
        rows = rows.filter(read_at__isnull=unread)
    if kind:
        rows = rows.filter(kind=kind)
    return rows if after is None else rows.filter(pk__gt=after)


def unread_up_to(user: Any, most: int = MOST_COUNTED) -> int:
    """Count what the user has not read, no further than to `most`."""
    return Notification.objects.filter(user=user, read_at=None).order_by()[:most].count()


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest that somebody was told, newest first, with when each was read; `unread` of all of them."""

    language: str
    unread: int
    rows: list[Row]


def newest_of(user_id: UUID, most: int) -> Newest | None:
    """Tell somebody's newest, `most` at most, by one query; None: there is nobody of that id."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"user": user_id, "most": most, "counted": MOST_COUNTED})
        found = cursor.fetchall()
    if not found:
        return None
    rows = [(key, read_at) for _locale, _unread, key, read_at in found if key is not None]
    return Newest(User(locale=found[0][0]).language, found[0][1], rows)


def of_ids(user_id: UUID, ids: Collection[int]) -> list[Notification]:
    """Read some of what a user was told; the clauses of rules only where there are any."""
    found = list(notifications_of(user_id).prefetch_related(None).filter(pk__in=ids))
    fired = (row.trigger.alert for row in found if row.trigger is not None)
    rules = [alert for alert in fired if alert.joined != Alert.Joined.ONE]
    prefetch_related_objects(rules, "clauses__instrument", "clauses__portfolio")
    return found


@dataclass(frozen=True, slots=True)
class Bell:
    """How much somebody has not read (`most` or more are `most`), and the id of the newest they were told."""

    unread: int
    last: int

    @property
    def words(self) -> str:
        """The number as the bell shows it."""
        return f"{MOST_COUNTED - 1}+" if self.unread >= MOST_COUNTED else str(self.unread)


def bell_of(user: Any) -> Bell:
    """Tell what a page shows of the user's notifications, by one query."""
    with connection.cursor() as cursor:
        cursor.execute(_BELL, {"user": user.pk, "most": MOST_COUNTED})
        unread, last = cursor.fetchone()
    return Bell(unread, last)


def unread_count(user: Any) -> int:
    """Count what the user has not read."""
    return Notification.objects.filter(user=user, read_at=None).count()
