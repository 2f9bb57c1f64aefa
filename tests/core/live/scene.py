"""A hub by itself: pipes of ours, a feed in memory, and a clock that the test turns."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Collection
from typing import Any, ClassVar

from django.db import OperationalError

from core.live.feeds import Feed, Reading, Topic
from core.live.frames import Frame
from core.live.hub import Hub
from core.live.pipes import Pipe
from core.live.streams import Follower


class Box(Pipe):
    """Keeps what was sent; `room` False: the client does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.room, self.code = True, 0

    is_gone = False

    def offer(self, frame: Frame) -> bool:
        if self.room:
            self.sent.append(json.loads(frame.payload))
        return self.room

    def say(self, frame: Frame) -> bool:
        return self.offer(frame)

    def close(self, code: int) -> None:
        self.code = self.code or code

    def values(self) -> dict[str, Any]:
        """What a client knows after all it was sent, in order."""
        return {one["id"]: one["v"] for message in self.sent for one in message.get("values", ())}


class Memory(Feed):
    """A stream of numbers; `changed` lists topic and number of each change."""

    name: ClassVar[str] = "memory"
    items: ClassVar[str] = "values"

    def __init__(self) -> None:
        self.seq, self.values, self.changed = 0, {}, []
        self.readings: list[tuple[int | None, set[Topic], set[Topic]]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.broken = False

    def put(self, **values: Any) -> int:
        self.seq += 1
        self.values |= values
        self.changed += [(topic, self.seq) for topic in values]
        return self.seq

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        self.readings.append((after, set(followed), set(fresh)))
        if self.broken:
            raise OperationalError("away")
        moved = {topic for topic, seq in self.changed if seq > (after or 0) and topic in followed}
        wanted = {one: self.values[one] for one in moved | set(fresh) if one in self.values}
        reading = Reading(
            self.seq, {one: json.dumps({"id": one, "v": v}).encode() for one, v in wanted.items()}
        )
        assert self.gate.wait(10)
        return reading

    def front(self, key: str) -> bytes:
        return b'"key":"%b"' % key.encode()


class Clock:
    """Seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """A hub with its feed and clock."""

    def __init__(self) -> None:
        self.feed, self.clock = Memory(), Clock()
        self.hub = Hub(clock=self.clock)

    def come(self) -> Follower:
        follower = Follower(Box())
        self.hub.enter(follower)
        return follower

    async def follow(self, follower: Follower, *topics: str, since: int | None = None) -> None:
        await self.hub.follow(follower, self.feed, "k", frozenset(topics), since=since)

    async def moved(self, **values: Any) -> None:
        """Change values, and wait until the hub has read them; then flush."""
        self.hub.hint("memory", "k", self.feed.put(**values))
        await self.read()
        self.hub.flush()

    async def read(self) -> None:
        tasks = [one.reading for one in self.hub._streams.values() if one.reading is not None]
        await asyncio.gather(*tasks)
