"""Starting servers and crowds of clients, and what they cost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.live.server import CHANNEL, NODE


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Redis:
    """A Redis of the benchmark's own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        answers(self.port)

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


def answers(port: int, seconds: float = 60) -> None:
    """Wait until something listens at a port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing answers at port {port}")


class Server:
    """One server of a kind."""

    def __init__(self, kind: str, redis: Redis, **variables: str) -> None:
        self.kind, self.port = kind, free_port()
        self._folder: str | None = None
        environment = {**os.environ, "REDIS_URL": redis.url, **variables}
        self.process = subprocess.Popen(self._command(redis), env=environment)
        answers(self.port)

    def _command(self, redis: Redis) -> list[str]:
        if self.kind != "node":
            return [sys.executable, "-W", "ignore", "-m", "benchmarks.live.server", self.kind, str(self.port)]
        self._folder = tempfile.mkdtemp(prefix="florin-node-")
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "ws", "bufferutil"]
        subprocess.run(install, cwd=self._folder, check=True, stdout=subprocess.DEVNULL)
        script = Path(self._folder) / "server.js"
        script.write_text(NODE)
        return ["node", str(script), str(self.port), str(redis.port)]

    def spent(self) -> float:
        """Tell the seconds of processor time so far, of all its threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((one / "schedstat").read_text().split()[0]) for one in tasks) / 1e9

    def memory(self) -> int:
        """Tell the bytes in memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


class Crowd:
    """Clients in a process of their own."""

    def __init__(
        self,
        port: int,
        sockets: int,
        *,
        path: str = "/ws/",
        stuck: int = 0,
        at_once: int = 64,
        offers: str = "",
        says: str = "",
    ) -> None:
        command = [sys.executable, "-m", "benchmarks.live.client", str(port), path, str(sockets), str(stuck)]
        self._process = subprocess.Popen(
            [*command, str(at_once), offers, says], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.opened = self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def ask(self, what: str = "told") -> dict[str, Any]:
        """Ask what came since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._hear()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def crowd_at(server: Server, sockets: int, **more: Any) -> Iterator[Crowd]:
    """Connect a crowd to a server for as long as it is looked at."""
    crowd = Crowd(server.port, sockets, **more)
    try:
        yield crowd
    finally:
        crowd.close()


class Publisher:
    """Sends ticks whose number is the clock."""

    def __init__(self, redis: Redis) -> None:
        import redis as library

        self._redis = library.Redis.from_url(redis.url)
        self.url = redis.url
        self._layer: Any = None

    def tick(self, kind: str) -> None:
        """Send one, by the way that this kind of server hears of it."""
        if kind != "stock":
            self._redis.publish(CHANNEL, f"t k {time.monotonic_ns()}")
            return
        import asyncio

        if self._layer is None:
            from channels_redis.core import RedisChannelLayer

            host = {"address": self.url, "socket_timeout": 30, "max_connections": 5000}
            self._loop = asyncio.new_event_loop()
            self._layer = RedisChannelLayer(hosts=[host])
        text = f'{{"t":{time.monotonic_ns():016d},"p":"{"x" * 91}"}}'
        self._loop.run_until_complete(self._layer.group_send("ticks", {"type": "tick", "text": text}))

    def run(self, kind: str, rate: float, seconds: float) -> int:
        """Send so many a second for so long; how many it sent."""
        began, sent = time.monotonic(), 0
        while (now := time.monotonic()) - began < seconds:
            if now - began >= sent / rate:
                self.tick(kind)
                sent += 1
            else:
                time.sleep(max(0, min(0.005, began + sent / rate - now)))
        return sent
