"""Time the way from `record_quotes` to the frame on an open socket.

    python -m benchmarks.notifications_live [--people 100] [--rounds 50] [--quotes 500]

In a database and a Redis of its own, with a Celery worker and a server of sockets as processes, as in
production. Each batch of quotes lets one alert of every person fire, and each of them has a socket open. The
clock runs from the call of `record_quotes`; the frame counts when it is read. Exits 1 when one frame in a
hundred takes over half a second, or one is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import connect

from benchmarks.ground import database
from benchmarks.live.product import environment, served, token_of
from benchmarks.live.runs import Redis

T = TypeVar("T")
GOAL_SECONDS = 0.5
BETWEEN_BATCHES = 0.5
FRAMES_SECONDS = 20.0
STARTS_SECONDS = 60.0


def main(people: int = 100, rounds: int = 50, quotes: int = 500) -> int:
    """Run both servers and print the times."""
    redis = Redis()
    os.environ["REDIS_URL"] = redis.url
    met = True
    try:
        with database():
            scene = Scene(people, rounds, quotes)
            with worker(redis):
                for server in ("uvicorn", "daphne"):
                    load = Path("/proc/loadavg").read_text().split()[0]
                    with served(redis, server) as port:
                        delays = asyncio.run(scene.run(port))
                    print(f"  record_quotes took {statistics.median(scene.recorded) * 1000:.0f} ms of it")
                    met &= _told(server, delays, people * rounds, load)
    finally:
        redis.stop()
    return 0 if met else 1


def _told(server: str, delays: list[float], wanted: int, load: str) -> bool:
    found = sorted(delays)
    half, most = found[len(found) // 2], found[int(len(found) * 0.99)]
    print(
        f"  {server:8} {len(found)} of {wanted} frames: p50 {half * 1000:.0f} ms, p99 {most * 1000:.0f} ms, "
        f"longest {found[-1] * 1000:.0f} ms (goal: p99 under {GOAL_SECONDS * 1000:.0f} ms; load {load})",
        flush=True,
    )
    return len(found) == wanted and most < GOAL_SECONDS


@contextmanager
def worker(redis: Redis) -> Iterator[None]:
    """Run the tasks of the platform in a process of their own."""
    command = ["celery", "--quiet", "-A", "config", "worker", "--pool", "solo", "--loglevel", "error"]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *command], env=environment(redis), stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        time.sleep(1)  # until PostgreSQL has let its connection go


class Scene:
    """People, each with an instrument that they wait for, and prices that rise by one with every batch."""

    def __init__(self, people: int, rounds: int, quotes: int) -> None:
        from accounts.models import User
        from alerts.services.evaluation import evaluate
        from core.models import LIVE_WORLD
        from market.models import Instrument

        self.rounds, self.step = rounds, 0
        self.recorded: list[float] = []
        names = [f"bench-{n}@example.org" for n in range(people)]
        self.people = User.objects.bulk_create(User(email=name) for name in names)
        listings = (
            Instrument(symbol=f"B{n}", name=f"Bench {n}", currency="USD", kind="crypto")
            for n in range(max(quotes, people))
        )
        self.ids = [one.pk for one in Instrument.objects.bulk_create(listings)]
        self.tokens = [token_of(one, "alerts:read") for one in self.people]
        self.batch()
        evaluate(world_id=LIVE_WORLD)  # from here on every batch counts

    def batch(self) -> float:
        """Record the next prices; the instant before it."""
        from core import clock
        from core.models import LIVE_WORLD
        from market.domain.quotes import NewQuote
        from market.services.quotes.record import record_quotes

        self.step += 1
        now, price = clock.now(), Decimal(1000 + self.step)
        quotes = [NewQuote(instrument=one, price=price, at=now, source="bench") for one in self.ids]
        began = time.monotonic()
        record_quotes(world_id=LIVE_WORLD, batch=quotes)
        self.recorded.append(time.monotonic() - began)
        return began

    def arm(self) -> None:
        """Let everybody wait for each of the next prices."""
        from alerts.models import Alert, Level
        from core.models import LIVE_WORLD
        from market.selectors.quotes import log_head

        seq = log_head(LIVE_WORLD)
        levels = [Decimal(1000 + self.step + n) - Decimal("0.5") for n in range(1, self.rounds + 2)]
        made = Alert.objects.bulk_create(
            Alert(owner=person, instrument_id=one, condition="crosses_up", level=level)
            for person, one in zip(self.people, self.ids, strict=False)
            for level in levels
        )
        Level.objects.bulk_create(
            Level(
                alert=one,
                world_id=one.world_id,
                instrument_id=one.instrument_id,
                side="U",
                level=one.level,
                after=seq,
            )
            for one in made
        )

    async def run(self, port: int) -> list[float]:
        """Open everybody's socket and record batches; the seconds that each frame took."""
        await _beside(self.arm)
        arrived: asyncio.Queue[float] = asyncio.Queue()
        opened = [asyncio.create_task(_listen(port, token, arrived)) for token in self.tokens]
        for _ in opened:  # what each socket hears first
            await asyncio.wait_for(arrived.get(), STARTS_SECONDS)
        await self._round(arrived, STARTS_SECONDS)  # the worker may yet be starting
        delays: list[float] = []
        for _ in range(self.rounds):
            delays += await self._round(arrived, FRAMES_SECONDS)
            await asyncio.sleep(BETWEEN_BATCHES)
        for task in opened:
            task.cancel()
        await asyncio.gather(*opened, return_exceptions=True)
        return delays

    async def _round(self, arrived: asyncio.Queue[float], patience: float) -> list[float]:
        began = await _beside(self.batch)
        found: list[float] = []
        try:
            async with asyncio.timeout(patience):
                while len(found) < len(self.people):
                    found.append(await arrived.get() - began)
        except TimeoutError:
            print(f"  {len(self.people) - len(found)} frames did not come in {patience:.0f} s")
        return found


async def _beside(work: Callable[[], T]) -> T:
    """Do something in another thread, which keeps no connection."""
    from django.db import connection

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(run)


async def _listen(port: int, token: str, arrived: asyncio.Queue[float]) -> None:
    offers: list[Any] = ["florin.v1", f"florin.token.{token}"]
    async with connect(f"ws://127.0.0.1:{port}/ws/notifications/", subprotocols=offers) as socket:
        async for text in socket:
            at = time.monotonic()
            if json.loads(text)["type"] == "notifications":
                arrived.put_nowait(at)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("people", 100), ("rounds", 50), ("quotes", 500)):
        parser.add_argument(f"--{name}", type=int, default=default)
    sys.exit(main(**vars(parser.parse_args())))
