"""What a person's sockets say: one state for all of them, and of it what each does not know yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from django.utils import translation

from alerts import payloads
from alerts.models import Notification
from alerts.selectors.notifications import Row, newest_of, of_ids
from core.live.feeds import Feed, Reading, Topic

INBOX: Final = "inbox"
MOST_ITEMS: Final = 50
# whose items are kept: some 25 kB each
MOST_PEOPLE: Final = 1000
State = dict[str, Any]


class NotificationFeed(Feed):
    """The newest that a person was told; its key is the person's id, and it has one topic, `INBOX`.

    Items that are written once are kept, for most of a state is as it was: that makes a thousand people who
    are told something at once a matter of one small read for each.
    """

    name: ClassVar[str] = "notifications"
    items: ClassVar[str] = "notifications"
    at_once: ClassVar[bool] = True

    def __init__(self) -> None:
        """Begin with nothing written."""
        self._written: OrderedDict[str, Written] = OrderedDict()
        self._lock = Lock()

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        """Read the newest; what has not changed is the same to the byte."""
        newest = newest_of(UUID(key), MOST_ITEMS + 1)
        if newest is None:
            return Reading(0, {})
        shown = newest.rows[:MOST_ITEMS]
        last_id = shown[0][0] if shown else 0
        state = {
            "unread": newest.unread,
            "last_id": last_id,
            "before": newest.rows[MOST_ITEMS][0] if len(newest.rows) > MOST_ITEMS else None,
            "items": self._items(key, newest.language, shown),
        }
        return Reading(last_id, {INBOX: orjson.dumps(state)})

    def _items(self, key: str, language: str, rows: Collection[Row]) -> list[orjson.Fragment]:
        """Write the rows, newest first, of which those that were written before are not read again."""
        with self._lock:
            known = self._written.pop(key, None)
        kept = known.items if known is not None and known.language == language else {}
        missing = [row[0] for row in rows if row not in kept]
        made = {}
        if missing:
            with translation.override(language):
                made = {(one.pk, one.read_at): _written(one) for one in of_ids(UUID(key), missing)}
        now = {row: item for row in rows if (item := made.get(row) or kept.get(row)) is not None}
        with self._lock:
            self._written[key] = Written(language, now)
            while len(self._written) > MOST_PEOPLE:
                self._written.popitem(last=False)
        return [orjson.Fragment(one) for one in now.values()]

    def front(self, key: str) -> bytes:
        """Name the person."""
        return b'"user":"%b"' % key.encode()


@dataclass(frozen=True, slots=True)
class Written:
    """Items of a person as JSON, in a language, by their row."""

    language: str
    items: dict[Row, bytes]


def _written(row: Notification) -> bytes:
    return orjson.dumps(payloads.notification(row))


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
        """Have the next state tell what is above an id, or the lowest of `known`, and not among these."""
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
            # ids are given before the commit, so that one below `after` may have appeared since
            lowest, seen = min((after, *known)), self._live | known | {after}
            return [one for one in items if one["id"] > lowest and one["id"] not in seen], after
        if self._known is None:
            return [], state["last_id"]
        fresh = [one for one in items if one["id"] not in self._known and one["id"] > self._floor]
        return fresh, max(self._known, default=0)
