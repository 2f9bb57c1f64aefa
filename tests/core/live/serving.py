"""Starts the small application on a real server, and speaks to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.ground import PROJECT
from tests.support.redis_server import free_port

START_SECONDS = 60


class Small:
    """A running server of tests/core/live/small.py, with its board."""

    def __init__(self, kind: str, folder: Path, redis_url: str, **variables: str) -> None:
        self.kind, self.port, self._redis_url = kind, free_port(), redis_url
        self._board, self.gone = folder / "board", folder / "gone"
        self.gone.write_text("")
        self.seq, self.values = 0, {}
        self.write(a=1, b=1)
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.core.live.small", kind, str(self.port)],
            cwd=PROJECT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
                "REDIS_URL": redis_url,
                "BOARD": str(self._board),
                "GONE": str(self.gone),
                "LIVE_SOCKETS_A_PERSON": "60",
                "LIVE_FLUSHES_A_SECOND": "20",
                **variables,
            },
        )

    def wait(self) -> Small:
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended at its start"
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def write(self, **values: Any) -> int:
        """Change values on the board, and tell nobody."""
        self.seq += 1
        self.values |= values
        aside = self._board.with_name("board.new")
        aside.write_text(json.dumps({"seq": self.seq, "values": self.values}))
        aside.replace(self._board)
        return self.seq

    def change(self, **values: Any) -> int:
        """Change values on the board and send the hint."""
        import redis

        seq = self.write(**values)
        with redis.Redis.from_url(self._redis_url) as client:
            client.publish("florin_live", f"board b {seq}")
        return seq

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/board/"

    def open(self, path: str = "", token: str = "good-ann", **options: Any) -> connect:
        """Open a socket; with a token, as a subprotocol."""
        offered = ["florin.v1", f"florin.token.{token}"] if token else None
        url = f"ws://127.0.0.1:{self.port}{path}" if path else self.url
        return connect(url, subprotocols=offered, compression=None, **options)

    def stop(self) -> int:
        """Ask it to end, and wait."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self) -> None:
        """End it, whatever its state."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


async def heard(wire: ClientConnection, kind: str = "", seconds: float = 10) -> dict[str, Any]:
    """Read the next message (of a kind), past heartbeats."""
    async with asyncio.timeout(seconds):
        while True:
            message: dict[str, Any] = json.loads(await wire.recv())
            if message["type"] == kind or (not kind and message["type"] != "hb"):
                return message


async def say(wire: ClientConnection, **message: Any) -> None:
    """Send a message."""
    await wire.send(json.dumps(message))


async def follow(wire: ClientConnection, *topics: str, **more: Any) -> dict[str, Any]:
    """Follow topics; the snapshot."""
    await say(wire, type="follow", topics=topics, **more)
    return await heard(wire, "snapshot")


async def ended(wire: ClientConnection, seconds: float = 10) -> tuple[list[dict[str, Any]], int]:
    """Read to the end: the messages but heartbeats, and the code."""
    messages = []
    async with asyncio.timeout(seconds):
        try:
            while True:
                messages.append(json.loads(await wire.recv()))
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 0  # cut off without a word
            return [one for one in messages if one["type"] != "hb"], code


async def refused(opening: connect) -> int:
    """Open a socket that is refused at the door: the status of HTTP."""
    from websockets.exceptions import InvalidStatus

    try:
        async with opening:
            raise AssertionError("it was let in")
    except InvalidStatus as error:
        return error.response.status_code
