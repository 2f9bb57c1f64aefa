"""Reads streams on: each by one task, so that its numbers only rise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog
from django.db import Error as DatabaseFailed

from core import metrics
from core.errors import DependencyUnavailable, DomainError
from core.live.feeds import Topic
from core.live.offloop import off_loop, off_loop_long
from core.live.streams import Stream

log = structlog.get_logger(__name__)
READ_AGAIN_SECONDS: Final = 1.0
# A stream whose readings take long is at it for a sixth of the time at most.
RESTS_TIMES: Final = 5


class Reader:
    """Reads the streams of one event loop; `changed` is called with one that has something to tell."""

    def __init__(self, now: Callable[[], float], changed: Callable[[Stream], None]) -> None:
        """Begin with nothing to read."""
        self._loop = asyncio.get_running_loop()
        self._now, self._changed = now, changed
        self.is_ending = False

    def read(self, stream: Stream) -> None:
        """Let the stream's one task read; where it is at it already, once more after that."""
        stream.asked_again = True
        if stream.reading is None or stream.reading.done():
            stream.reading = self._loop.create_task(self._read_on(stream))

    async def known(self, stream: Stream, topics: Iterable[Topic], *, again: bool = False) -> None:
        """Wait until the state of topics is read; `again`: whatever is known of it.

        Raises:
            DependencyUnavailable: it cannot be.
        """
        if again or stream.seq is None or stream.lacks(topics):
            waits = self._loop.create_future()
            stream.waiting.append(waits)
            self.read(stream)
            await waits

    async def _read_on(self, stream: Stream) -> None:
        try:
            await self._read_while_followed(stream)
        finally:
            waiting, stream.waiting = stream.waiting, []
            _let_down(waiting)  # nobody else would: they came while it read, and it reads no more

    async def _read_while_followed(self, stream: Stream) -> None:
        while (stream.asked_again or stream.missing) and stream.is_followed and not self.is_ending:
            if not stream.missing and not stream.waiting and (wait := stream.rests_until - self._now()) > 0:
                self._read_later(stream, wait)
                return
            if not await self._read_once(stream):
                return

    async def _read_once(self, stream: Stream) -> bool:
        """Read what changed, and tell who waits; false when that cannot be now."""
        stream.asked_again = False
        followed, fresh, waiting = stream.wanted()
        # what rests takes long, and what is quick does not wait for it
        read, began = off_loop_long if stream.feed.rest else off_loop, self._now()
        try:
            reading = await read(stream.feed.read, stream.key, stream.seq, followed, fresh)
        except (DatabaseFailed, DomainError) as error:
            log.warning("live.read_failed", feed=stream.feed.name, key=stream.key, error=repr(error))
            self._not_read(stream, waiting)
            return False
        except Exception:  # a bug in a feed: whoever waits is told, and it tries on
            log.exception("live.read_broken", feed=stream.feed.name, key=stream.key)
            self._not_read(stream, waiting)
            return False
        stream.merge(reading, fresh)
        now, rest = self._now(), stream.feed.rest
        stream.rests_until = now + (max(rest, RESTS_TIMES * (now - began)) if rest else 0.0)
        metrics.live_lag.labels(stream.feed.name).set(max(0, stream.hinted - reading.seq))
        for one in waiting:
            if not one.done():
                one.set_result(None)
        if stream.dirty:
            self._changed(stream)
        return True

    def _not_read(self, stream: Stream, waiting: Iterable[asyncio.Future[None]]) -> None:
        metrics.live_read_failures.inc()
        stream.put_back()
        _let_down(waiting)
        self._read_later(stream, READ_AGAIN_SECONDS)

    def _read_later(self, stream: Stream, wait: float) -> None:
        if stream.timer is None:
            stream.timer = self._loop.call_later(wait, self._read_rested, stream)

    def _read_rested(self, stream: Stream) -> None:
        stream.timer = None
        if stream.is_followed:
            self.read(stream)


def _let_down(waiting: Iterable[asyncio.Future[None]]) -> None:
    for one in waiting:
        if not one.done():
            one.set_exception(DependencyUnavailable())
