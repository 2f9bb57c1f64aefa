"""Send what is due, until nothing is: one thread talks to the database, a few others to the world."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

import structlog
from django.db import connection

from alerts.domain.messages import Outcome, Result
from alerts.domain.reasons import Reason, coded
from alerts.models import Channel
from alerts.services.delivery.claims import claim
from alerts.services.delivery.finishing import Tried, finish
from alerts.services.delivery.judging import Ready, judge
from alerts.transports.registry import of
from core import clock

log = structlog.get_logger(__name__)

# after so long a drain lets others have its place; it is called again where more is due
SECONDS: Final = 20.0
# how soon a lane that had nothing is looked at again while another one works
LOOK_SECONDS: Final = 0.5
# How many messages there may be for each thread: while all go quickly, and else. Even if each then takes
# ten seconds, the last leaves before its lease ends.
QUICK_MS: Final = 500
DEEP, SHALLOW = 5, 2
THREADS: Final = {Channel.Lane.MAIL: 4, Channel.Lane.WEB: 16}
UNWRITTEN: Final = coded(Reason.UNWRITTEN)


@dataclass
class Lane:
    """Channels that share threads, so that slow servers elsewhere do not hold up the mail."""

    name: str
    threads: int
    pool: ThreadPoolExecutor = field(init=False)
    running: set[Future[Tried]] = field(default_factory=set)
    look_at: float = 0.0
    depth: int = SHALLOW

    def __post_init__(self) -> None:
        """Start no thread before there is work."""
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix="deliver")

    @property
    def room(self) -> int:
        """How many more messages fit."""
        return self.depth * self.threads - len(self.running)

    def take(self, done: set[Future[Tried]]) -> list[Tried]:
        """Take those of its messages that are done."""
        mine = self.running & done
        self.running -= mine
        tried = [one.result() for one in mine]
        if tried:
            self.look_at = 0.0  # there is room again in the shares of those that it was of
            self.depth = DEEP if all(one.took_ms < QUICK_MS for one in tried) else SHALLOW
        return tried


class Drain:
    """One run through what is due."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._until = time.monotonic() + seconds
        self._lanes = [Lane(name, threads) for name, threads in THREADS.items()]
        self.count = 0
        self.more = False

    def run(self) -> None:
        """Claim, send and record until nothing is due or the time is over."""
        try:
            while self._fill() or self._running():
                self._reap()
        finally:
            for lane in self._lanes:
                lane.pool.shutdown(wait=True, cancel_futures=True)

    def _fill(self) -> bool:
        """Give the lanes what is due; tell whether there was anything."""
        if time.monotonic() > self._until:
            self.more = True
            return False
        if _again.is_set():
            _again.clear()
            for lane in self._lanes:
                lane.look_at = 0.0
        filled = [self._fill_lane(lane) for lane in self._lanes]
        return any(filled)

    def _fill_lane(self, lane: Lane) -> bool:
        now = time.monotonic()
        if lane.room < lane.threads or now < lane.look_at:
            return False
        claims = claim(lane=lane.name, most=lane.room)
        if not claims:
            lane.look_at = now + LOOK_SECONDS
            return False
        for ready in judge(claims):
            lane.running.add(lane.pool.submit(_in_thread, ready))
        return True

    def _reap(self) -> None:
        """Record what is done by now."""
        running = self._running()
        if not running:
            return
        done, _rest = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        if done:
            self.count += finish([one for lane in self._lanes for one in lane.take(done)])

    def _running(self) -> set[Future[Tried]]:
        return {one for lane in self._lanes for one in lane.running}


def send(ready: Ready) -> Tried:
    """Try once; a transport that breaks is our fault, and is written down as such."""
    at, begun = clock.now(), time.perf_counter()
    letter = ready.letter
    if letter is None:
        return Tried(ready, Result(Outcome.RETRY, UNWRITTEN, is_ours=True), at, 0)
    try:
        result = of(ready.channel.kind).send(letter.config, letter.message)
    except Exception:
        log.exception("delivery.transport_failed", kind=ready.channel.kind)
        result = Result(Outcome.RETRY, coded(Reason.TRANSPORT_FAILED), is_ours=True)
    return Tried(ready, result, at, round((time.perf_counter() - begun) * 1000))


def _in_thread(ready: Ready) -> Tried:
    try:
        return send(ready)
    finally:
        connection.close()  # of this thread, if the transport opened one


_alone = threading.Lock()
_again = threading.Event()


def drain(*, seconds: float = SECONDS) -> tuple[int, bool]:
    """Send what is due; answer how many deliveries were recorded, and whether there may be more.

    One runs in a process, for so many seconds; who comes meanwhile has it look again, and is free at once.
    """
    _again.set()
    count, more, until = 0, False, time.monotonic() + seconds
    for one in _turns(until):
        one.run()
        count, more = count + one.count, one.more
    return count, more


def _turns(until: float) -> Iterator[Drain]:
    """Begin anew for whoever came at the last moment, yet not for ever: others want this place as well."""
    while _again.is_set():
        if not _alone.acquire(blocking=False):
            return
        try:
            _again.clear()
            one = Drain(until - time.monotonic())
            yield one
        finally:
            _alone.release()
        if one.more:
            return
