"""What a person's sockets say: one state for all of them, and of it what each does not know yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import orjson
from django.utils import translation

from accounts.models import User
from alerts import payloads
from alerts.selectors.notifications import notifications_of, unread_up_to
from core.live.feeds import Feed, Reading, Topic

INBOX: Final = "inbox"
MOST_ITEMS: Final = 50
# Ids are given before the commit: one that is lower may appear that much later.
LATE: Final = timedelta(minutes=5)
State = dict[str, Any]


class NotificationFeed(Feed):
    """The newest that a person was told; its key is the person's id, and it has one topic, `INBOX`."""

    name: ClassVar[str] = "notifications"
    items: ClassVar[str] = "notifications"

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        """Read the newest; what has not changed is the same to the byte."""
        user = User.objects.filter(pk=key).first()
        if user is None:
            return Reading(0, {})
        with translation.override(user.language):
            found = state_of(user)
        return Reading(found["last_id"], {INBOX: orjson.dumps(found)})

    def front(self, key: str) -> bytes:
        """Name the person."""
        return b'"user":"%b"' % key.encode()


def state_of(user: User) -> State:
    """Tell a person's newest notifications, newest first, and how many are unread (100: that many or more).

    `before` is the id of the one after the last of them, if there is one.
    """
    rows = list(notifications_of(user)[: MOST_ITEMS + 1])
    return {
        "unread": unread_up_to(user),
        "last_id": rows[0].pk if rows else 0,
        "before": rows[MOST_ITEMS].pk if len(rows) > MOST_ITEMS else None,
        "items": [payloads.notification(row) for row in rows[:MOST_ITEMS]],
    }


class Told:
    """What one socket knows already, so that it is told each thing once.

    `news` says what a state holds that is new to it; only `said`, after it left, counts it as known. The
    first state of a connection is known: who was away asks by `resume` for what came meanwhile.
    """

    def __init__(self) -> None:
        """Begin before the first state."""
        self._known: set[int] | None = None
        self._floor = 0
        self._unread: int | None = None
        self._asked: tuple[int, frozenset[int]] | None = None
        self._live: set[int] = set()

    def resume(self, after: int, known: Collection[int]) -> None:
        """Have the next state tell what is newer than an id, or appeared late and is not among `known`."""
        self._asked = (after, frozenset(known))

    def news(self, state: State) -> State | None:
        """Write what is new to the socket; None where nothing is."""
        fresh, newest_known = self._fresh(state)
        if not fresh and self._asked is None and self._unread == state["unread"]:
            return None
        is_all = bool(fresh) and len(fresh) == len(state["items"])
        return {
            "type": "notifications",
            "unread": state["unread"],
            "last_id": state["last_id"],
            "items": fresh,
            "more": is_all and (state["before"] or 0) > newest_known,
        }

    def said(self, state: State, message: State) -> None:
        """Count a state as known, of which the socket was told what was new."""
        ids = [one["id"] for one in state["items"]]
        if self._known is not None:
            self._live |= {one["id"] for one in message["items"]}
        self._known, self._asked, self._unread = set(ids), None, state["unread"]
        # older ones that move up, where some were deleted, are nothing new
        self._floor = max(self._floor, min(ids)) if state["before"] is not None else self._floor

    def _fresh(self, state: State) -> tuple[list[State], int]:
        """Choose what is new, and tell the newest id up to which the socket knew everything."""
        items: list[State] = state["items"]
        if self._asked is not None:
            after, known = self._asked
            late = _late(items, after) if known else frozenset()
            seen = self._live | known
            wanted = [
                one for one in items if one["id"] not in seen and (one["id"] > after or one["id"] in late)
            ]
            return wanted, after
        if self._known is None:
            return [], state["last_id"]
        fresh = [one for one in items if one["id"] not in self._known and one["id"] > self._floor]
        return fresh, max(self._known, default=0)


def _late(items: list[State], after: int) -> frozenset[int]:
    """List what a client that had come to an id may have missed below it."""
    of = next((one for one in items if one["id"] == after), None)
    if of is None:
        return frozenset()
    since = datetime.fromisoformat(of["created_at"]) - LATE
    return frozenset(
        one["id"] for one in items if one["id"] < after and datetime.fromisoformat(one["created_at"]) >= since
    )
