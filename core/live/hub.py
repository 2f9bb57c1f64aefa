"""The hub of one server process: reads what changed once, and tells all sockets.

Changes are kept for up to a flush
interval and sent as the newest state; the first after a pause goes at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Final

from django.conf import settings

from core import metrics
from core.errors import DependencyUnavailable
from core.live.feeds import Feed, Topic
from core.live.frames import Frame
from core.live.reading import Reader
from core.live.streams import Follower, Stream

HEARTBEAT_SECONDS: Final = 10.0
STUCK_SECONDS: Final = 10.0
SLOW: Final = 1013
RESTART: Final = 1012
RECONNECT_SECONDS: Final = (0.5, 5.0)


class Hub:
    """Streams and sockets of one event loop."""

    def __init__(self, *, clock: Callable[[], float] | None = None) -> None:
        """Begin empty; `clock` stands in for the loop's in tests."""
        self._loop = asyncio.get_running_loop()
        self._now = clock or self._loop.time
        self._interval = 1 / settings.LIVE_FLUSHES_A_SECOND
        self._streams: dict[tuple[str, str], Stream] = {}
        self._slow: set[Follower] = set()
        self._due = 0.0
        self._flush_timer: asyncio.TimerHandle | None = None
        self._beat_timer: asyncio.TimerHandle | None = None
        self._reader = Reader(self._now, self._changed)
        self.followers: set[Follower] = set()
        self.is_ending = False

    # sockets come and go

    def enter(self, follower: Follower) -> None:
        """Take a socket in."""
        self.followers.add(follower)
        metrics.live_sockets.set(len(self.followers))
        if self._beat_timer is None:
            self._beat_timer = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)

    def leave(self, follower: Follower) -> None:
        """Let a socket go."""
        self.followers.discard(follower)
        self._slow.discard(follower)
        metrics.live_sockets.set(len(self.followers))
        self._unfollow(follower)
        if not self.followers:
            self._stop_timers()

    def _unfollow(self, follower: Follower) -> None:
        stream = follower.stream
        if stream is not None:
            stream.part(follower)
            stream.release(follower, frozenset())
            self._forget(stream)
            follower.stream = None

    async def follow(
        self, follower: Follower, feed: Feed, key: str, topics: frozenset[Topic], *, since: int | None = None
    ) -> None:
        """Let a socket follow these topics of a stream and no others; what is new to it comes first.

        `since`: it knows the state at that number, and is told what may have changed after it.

        Raises:
            DependencyUnavailable: the values cannot be read now.
        """
        if not topics:
            self._unfollow(follower)
            return
        stream = self._streams.setdefault((feed.name, key), Stream(feed, key))
        follower.stream = stream
        before = follower.topics
        stream.hold(follower, topics)
        try:
            await self._reader.known(stream, topics)
        except DependencyUnavailable:
            stream.release(follower, before)
            self._forget(stream)
            raise
        if follower not in self.followers:
            return  # it left meanwhile
        told = (topics - before) | (topics & (stream.dirty | follower.behind))
        stream.join(follower, topics)
        stream.release(follower, topics)
        if told or not topics <= before:
            self.tell_state(follower, told, since=since)

    def tell_state(self, follower: Follower, topics: Iterable[Topic], *, since: int | None = None) -> None:
        """Send a socket the state of some topics, now or once it has room."""
        stream = follower.stream
        if stream is None:
            return
        told = list(topics) if since is None else stream.changed_since(topics, since)
        if follower.stuck_since is None and follower.pipe.offer(stream.snapshot(told)):
            follower.behind.clear()
            return
        follower.behind |= set(told)
        follower.owes_state = True
        self._late(follower)

    # what wakes it

    def hint(self, feed: str, key: str, seq: int) -> None:
        """Hear that a stream has come to a number (0: it changed); read on if anybody here follows it."""
        stream = self._streams.get((feed, key))
        if stream is not None and (not seq or stream.seq is None or seq > stream.seq):
            stream.hinted = max(stream.hinted, seq)
            self._reader.read(stream)
        for one in self._streams.values():
            if one.feed.wakes_with == (feed, key):
                self._reader.read(one)

    def look(self) -> None:
        """Read on in every stream: a hint may have been lost."""
        for stream in self._streams.values():
            self._reader.read(stream)

    async def resync(self) -> None:
        """Read on and send every socket its whole state: what was said in between nobody heard."""
        for stream in list(self._streams.values()):
            try:
                await self._reader.known(stream, (), again=True)
            except DependencyUnavailable:
                continue
            for follower in stream.followers():
                self.tell_state(follower, follower.topics)

    def _forget(self, stream: Stream) -> None:
        if not stream.is_followed and self._streams.get((stream.feed.name, stream.key)) is stream:
            del self._streams[stream.feed.name, stream.key]

    # what it tells

    def _changed(self, stream: Stream) -> None:
        """Tell what a stream has read, or soon."""
        if stream.feed.at_once:
            self._tell(stream, self._now())
        else:
            self._flush_soon()

    def _tell(self, stream: Stream, now: float) -> None:
        for follower in stream.flush(now):
            self._late(follower)

    def _flush_soon(self) -> None:
        """Flush at the next moment of an absolute schedule; at once where the last one is long ago."""
        if self._flush_timer is None:
            self._due = max(self._now(), self._due + self._interval)
            self._flush_timer = self._loop.call_later(self._due - self._now(), self._flush_timed)

    def _flush_timed(self) -> None:
        self._flush_timer = None
        self.flush()
        if self._slow:
            self._flush_soon()

    def flush(self) -> None:
        """Send what changed to whoever has room, and the newest state to those who have room again."""
        now = self._now()
        for follower in list(self._slow):
            self._try_again(follower, now)
        for stream in self._streams.values():
            if stream.dirty:
                self._tell(stream, now)

    def _beat(self) -> None:
        self._beat_timer = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)
        self.flush()
        self.beat()
        self.look()

    def beat(self) -> None:
        """Send every socket a heartbeat."""
        now = self._now()
        for stream in self._streams.values():
            for follower in stream.heartbeat(now):
                self._late(follower)
        plain = Frame.of({"type": "hb"})
        for follower in self.followers:
            if follower.group is None and not follower.pipe.offer(plain):
                self._late(follower)

    def _late(self, follower: Follower) -> None:
        if follower.stuck_since is None:
            follower.stuck_since = self._now()
        self._slow.add(follower)
        self._flush_soon()

    def _try_again(self, follower: Follower, now: float) -> None:
        """Send the newest state of what a slow socket missed, or drop it when it was slow for too long."""
        stream, since = follower.stream, follower.stuck_since or now
        frame = Frame.of({"type": "hb"})
        if stream is not None and follower.group is not None:
            frame = stream.missed_by(follower)
        if follower.pipe.offer(frame):
            follower.behind.clear()
            follower.owes_state = False
            follower.stuck_since = None
            self._slow.discard(follower)
        elif now - since >= STUCK_SECONDS:
            self.drop(follower, SLOW, "slow")

    def drop(self, follower: Follower, code: int, why: str) -> None:
        """Close a socket and forget it."""
        metrics.live_dropped.labels(why).inc()
        follower.pipe.close(code)
        self.leave(follower)

    def say_bye(self) -> None:
        """Send everybody away with a hint when to come back, each at another moment."""
        if self.is_ending:
            return
        self.is_ending = self._reader.is_ending = True
        for follower in list(self.followers):
            wait = round(random.uniform(*RECONNECT_SECONDS), 1)  # noqa: S311  # spreads, hides nothing
            follower.pipe.say(Frame.of({"type": "bye", "reconnect_in": wait}))
            follower.pipe.close(RESTART)

    def _stop_timers(self) -> None:
        for timer in (self._beat_timer, self._flush_timer):
            if timer is not None:
                timer.cancel()
        self._beat_timer = self._flush_timer = None
