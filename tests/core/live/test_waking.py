"""When a stream is read: at hints of its own, at those of the stream that it hangs on, and not too often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from typing import Any, ClassVar

import pytest

from core.live.feeds import Feed, Reading, Topic
from core.live.hub import Hub
from core.live.streams import Follower


class Counted(Feed):
    """Counts its readings; its one value is what `value` says."""

    name: ClassVar[str] = "counted"
    items: ClassVar[str] = "items"
    wakes_with: ClassVar[tuple[str, str] | None] = ("prices", "1")

    def __init__(self, rest: float = 0.0) -> None:
        self.rest = rest  # type: ignore[misc]  # one of each in a test
        self.readings, self.value = 0, b"1"

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        self.readings += 1
        return Reading(self.readings, dict.fromkeys({*followed, *fresh}, self.value))

    def front(self, key: str) -> bytes:
        return b'"of":1'


class Pipe:
    """Takes every frame."""

    is_gone = False

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def offer(self, frame: Any) -> bool:
        self.frames.append(frame.payload)
        return True


async def followed(feed: Feed) -> tuple[Hub, Pipe]:
    hub, pipe = Hub(), Pipe()
    follower = Follower(pipe)  # type: ignore[arg-type]
    hub.enter(follower)
    await hub.follow(follower, feed, "k", frozenset({"t"}))
    return hub, pipe


async def settled(feed: Counted, readings: int) -> None:
    async with asyncio.timeout(5):
        while feed.readings < readings:  # noqa: ASYNC110  # it is read in another thread
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("hint", "reads"),
    [
        (("counted", "k", 0), True),
        (("counted", "k", 2), True),
        (("counted", "k", 1), False),
        (("counted", "other", 0), False),
        (("prices", "1", 9), True),
        (("prices", "2", 9), False),
    ],
)
async def test_hint_wakes_the_streams_that_it_is_about(hint, reads):
    feed = Counted()
    hub, _ = await followed(feed)
    hub.hint(*hint)
    if reads:
        await settled(feed, 2)
    else:
        await asyncio.sleep(0.05)
    assert feed.readings == (2 if reads else 1)


async def test_value_that_stayed_the_same_is_not_told():
    feed = Counted()
    hub, pipe = await followed(feed)
    hub.hint("counted", "k", 0)
    await settled(feed, 2)
    hub.flush()
    feed.value = b"2"
    hub.hint("counted", "k", 0)
    await settled(feed, 3)
    await asyncio.sleep(0)
    hub.flush()
    assert [frame for frame in pipe.frames if b"delta" in frame] == [
        b'{"type":"delta","of":1,"seq":3,"after":1,"items":[2]}'
    ]


async def test_stream_rests_after_a_reading_and_then_reads_once_for_all_hints():
    feed = Counted(rest=0.2)
    hub, _ = await followed(feed)
    began = asyncio.get_running_loop().time()
    for _turn in range(5):
        hub.hint("prices", "1", 0)
        await asyncio.sleep(0.01)
    assert feed.readings == 1
    await settled(feed, 2)
    assert asyncio.get_running_loop().time() - began >= 0.15
    await asyncio.sleep(0.25)
    assert feed.readings == 2


async def test_new_topic_does_not_wait_for_the_rest():
    feed = Counted(rest=60)
    hub, pipe = await followed(feed)
    other = Follower(pipe)  # type: ignore[arg-type]
    hub.enter(other)
    async with asyncio.timeout(5):
        await hub.follow(other, feed, "k", frozenset({"u"}))
    assert feed.readings == 2


async def test_stream_that_takes_long_rests_longer_and_holds_no_quick_one_up():
    started, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    class Slow(Counted):
        def read(self, *args: Any) -> Reading:
            if self.readings:
                loop.call_soon_threadsafe(started.set)
                release.wait(5)
            return super().read(*args)

    streams = [await followed(Slow(rest=0.01)) for _ in range(6)]
    await asyncio.sleep(0.1)  # as they rest after the first reading
    for hub, _pipe in streams:
        hub.hint("prices", "1", 0)
    await asyncio.wait_for(started.wait(), 5)
    quick = Counted()
    async with asyncio.timeout(2):
        await followed(quick)
    release.set()
    assert quick.readings == 1
