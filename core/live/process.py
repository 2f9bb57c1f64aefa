"""The hub of the running event loop, and what keeps it awake: the carrier, and a look while that is away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final
from weakref import WeakKeyDictionary

import structlog
from django.db import Error as DatabaseFailed

from core import clock, metrics
from core.live.carrier import carrier
from core.live.hub import Hub
from core.live.offloop import off_loop
from core.live.signin import doorkeeper
from core.live.streams import Follower

LOOK_SECONDS: Final = 1.0
LINGER_SECONDS: Final = 30.0
CHECK_SECONDS: Final = 60.0
FAREWELL_SECONDS: Final = 0.1
SIGNED_OUT: Final = 4401

log = structlog.get_logger(__name__)


class Process:
    """A hub that listens while it has sockets, and for a little longer."""

    def __init__(self) -> None:
        """Begin without a connection."""
        self._loop = asyncio.get_running_loop()
        self.hub = Hub()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[None] | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._checking: asyncio.Task[None] | None = None
        self._was_lost = False
        self._waits_for_end = False

    def enter(self, follower: Follower) -> None:
        """Take a socket in; with the first one it listens."""
        self.hub.enter(follower)
        if not self._waits_for_end:
            self._waits_for_end = True
            follower.pipe.before_shutdown(self.end)
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        if self._listening is None:
            self._listening = self._loop.create_task(carrier(self._heard, self._lost, self._back).run())

    def leave(self, follower: Follower) -> None:
        """Let a socket go; some time after the last it stops to listen, at its end at once."""
        self.hub.leave(follower)
        if not self.hub.followers and self._leaving is None:
            self._leaving = self._loop.call_later(0 if self.hub.is_ending else LINGER_SECONDS, self.stop)

    def stop(self) -> None:
        """Stop listening."""
        self._leaving = None
        for task in (self._listening, self._checking):
            if task is not None:
                task.cancel()
        if self._looking is not None:
            self._looking.cancel()
        self._listening = self._looking = None

    async def end(self) -> None:
        """Say goodbye to everybody, and leave the server the moment that it needs to send it."""
        self.hub.say_bye()
        await asyncio.sleep(FAREWELL_SECONDS)

    def watch_proofs(self) -> None:
        """Look now and then whether those who are signed in still are."""
        if self._checking is None or self._checking.done():
            self._checking = self._loop.create_task(self._check())

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.check_proofs()

    async def check_proofs(self) -> None:
        """Close the sockets of those whose sign-in ended."""
        known = {one: one.owner.caller for one in self.hub.followers if one.owner.caller is not None}
        try:
            standing = await off_loop(doorkeeper().standing, {caller.proof for caller in known.values()})
        except DatabaseFailed as error:
            log.warning("live.check_failed", error=repr(error))
            return
        now = clock.now()
        for follower, caller in known.items():
            ended = caller.expires_at is not None and caller.expires_at <= now
            if ended or caller.proof not in standing:
                self.hub.drop(follower, SIGNED_OUT, "signed out")

    async def close(self) -> None:
        """Say goodbye to everybody and stop."""
        self.hub.say_bye()
        listening = self._listening
        self.stop()
        if listening is not None:
            with suppress(asyncio.CancelledError):
                await listening

    def _heard(self, text: str) -> None:
        feed, _, rest = text.partition(" ")
        key, _, seq = rest.rpartition(" ")
        if seq.isdigit():
            self.hub.hint(feed, key, int(seq))

    def _lost(self) -> None:
        """Look for news without a carrier, every second."""
        self._was_lost = True
        metrics.live_carrier_up.set(0)
        if self._looking is None:
            self._looking = self._loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = self._loop.call_later(LOOK_SECONDS, self._look)
        self.hub.look()

    def _back(self) -> None:
        metrics.live_carrier_up.set(1)
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if not self._was_lost:
            self.hub.look()  # the first sockets were here before the subscription
        else:
            self._was_lost = False
            self.keep(self._loop.create_task(self.hub.resync()))

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold a task until it is done: the loop itself would not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_processes: WeakKeyDictionary[asyncio.AbstractEventLoop, Process] = WeakKeyDictionary()


def here() -> Process:
    """Return the one of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _processes.get(loop)
    if found is None:
        found = _processes[loop] = Process()
    return found
