"""Fifty sockets on real daphne with a real Redis, which goes away and comes back."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.live.serving import Small, follow, heard
from tests.support import redis_server

SOCKETS = 50


class Mortal(redis_server.RedisServer):
    """A Redis that is killed and started again at the same port."""

    def __init__(self, program: str, folder: Path) -> None:
        super().__init__(program, folder)
        self._command = self._process.args

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def come_back(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)


@pytest.fixture(scope="module")
def mortal(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    program = redis_server.find()
    assert program is not None
    started = Mortal(program, tmp_path_factory.mktemp("mortal"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def server(mortal: Mortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    started = Small("daphne", tmp_path_factory.mktemp("server"), mortal.url, HEARTBEAT="60")
    yield started.wait()
    started.close()


async def test_sockets_outlive_redis_and_get_the_whole_state_when_it_is_back(server, mortal):
    opened = [server.open() for _ in range(SOCKETS)]
    wires = await asyncio.gather(*(one.__aenter__() for one in opened))
    await asyncio.gather(*(follow(wire, "a", "b") for wire in wires))
    seq = 0
    for number in range(10):
        seq = server.change(a=number, last=number)
        await asyncio.sleep(0.01)
    for wire in wires:
        seen, at = [], 0
        while at < seq:
            delta = await heard(wire, "delta")
            assert delta["after"] <= max(at, delta["after"]) < delta["seq"]
            at = delta["seq"]
            seen += [row["v"] for row in delta["values"] if row["id"] == "a"]
        assert seen == sorted(seen)
        assert seen[-1] == 9

    mortal.kill()
    server.write(b="while it was away")
    away = [await heard(wire, "delta", 5) for wire in wires]
    assert {delta["values"][0]["v"] for delta in away} == {"while it was away"}

    mortal.come_back()
    back = [await heard(wire, "snapshot", 5) for wire in wires]
    assert all(
        {row["id"]: row["v"] for row in one["values"]} == {"a": 9, "b": "while it was away"} for one in back
    )
    server.change(a="after")
    assert {(await heard(wire, "delta", 5))["values"][0]["v"] for wire in wires} == {"after"}
    await asyncio.gather(*(wire.close() for wire in wires))
