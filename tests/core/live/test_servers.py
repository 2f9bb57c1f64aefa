"""The ways into uvicorn and daphne, which nothing promises: held to for each of their releases."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.core.live.serving import Small, ended, follow, heard, say

PIPES = {"daphne": "DaphnePipe", "uvicorn": "UvicornPipe", "other": "TaskPipe"}


@pytest.fixture(scope="module", params=list(PIPES))
def server(request, tmp_path_factory, redis_url) -> Iterator[Small]:
    started = Small(request.param, tmp_path_factory.mktemp(request.param), redis_url, STUCK="1")
    yield started.wait()
    started.close()


async def test_frames_of_every_length_arrive_whole_by_the_quickest_way(server):
    async with server.open() as wire:
        assert (await heard(wire))["type"] == "welcome"
        assert wire.subprotocol == "florin.v1"
        for size in (0, 60, 126, 1000, 66_000):
            await say(wire, type="flood", size=size)
            assert await heard(wire, "pipe") == {
                "type": "pipe",
                "kind": PIPES[server.kind],
                "pad": "x" * size,
            }


async def test_change_reaches_who_follows_it_and_nobody_else(server):
    async with server.open() as one, server.open() as other:
        first = await follow(one, "a", "b")
        assert {row["id"] for row in first["values"]} == {"a", "b"}
        await follow(other, "b")
        seq = server.change(a=server.seq + 100)
        delta = await heard(one, "delta")
        assert (delta["seq"], delta["values"]) == (seq, [{"id": "a", "v": server.values["a"]}])
        assert delta["after"] <= first["seq"]
        seq = server.change(b="last")
        delta = await heard(other)
        assert (delta["type"], delta["seq"], delta["values"]) == ("delta", seq, [{"id": "b", "v": "last"}])


class Deaf:
    """A client that follows and then reads nothing."""

    def __init__(self, server: Small) -> None:
        self.wire = socket.socket()
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.wire.connect(("127.0.0.1", server.port))
        self.wire.sendall(
            f"GET /ws/board/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: florin.v1, florin.token.good-deaf\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.wire.recv(1)
        text = json.dumps({"type": "follow", "topics": ["big"]}).encode()
        self.wire.sendall(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text)

    def rest(self) -> bytes:
        self.wire.settimeout(10)
        found = b""
        while part := self.wire.recv(1 << 20):
            found += part
        return found


async def test_client_that_stops_reading_is_dropped_and_holds_nobody_up(server):
    server.write(big="begin")
    async with server.open(max_size=None) as wire:
        await follow(wire, "big")
        deaf = Deaf(server)
        for number in range(200):
            server.change(big=f"{number}:" + "x" * 300_000)
            delta = await heard(wire, "delta")
            assert delta["values"][0]["v"].startswith(f"{number}:")
            if number > 20 and await dropped(server):
                break
        assert await dropped(server)
        if server.kind != "other":  # which cannot cut a client off
            rest = await asyncio.to_thread(deaf.rest)
            assert rest.endswith(b"\x88\x02" + struct.pack("!H", 1013))
        deaf.wire.close()


async def dropped(server: Small) -> bool:
    """Ask, by another socket, how many were dropped as slow."""
    from urllib.request import urlopen

    def ask() -> bool:
        with urlopen(f"http://127.0.0.1:{server.port}/dropped", timeout=10) as answer:
            return int(answer.read()) > 0

    return await asyncio.to_thread(ask)


async def test_end_of_the_server_is_told_with_a_time_to_come_back(server):
    """The last test here: it ends the server that the others use."""
    async with server.open() as one, server.open() as other:
        await follow(one, "a")
        await heard(other, "welcome")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        for wire in (one, other):
            messages, code = await ended(wire)
            (bye,) = messages
            assert bye["type"] == "bye"
            assert 0.5 <= bye["reconnect_in"] <= 5
            assert code == 1012
        await stopping
