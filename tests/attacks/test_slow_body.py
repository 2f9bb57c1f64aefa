"""Who sends slowly, without end or something else than announced is cut off, and holds nobody else up."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.bodyguard import BodyGuard
from tests.attacks.server import Server, heard

LIMIT = 25 * 1024 * 1024
PATIENCE = 2.0
# daphne looks for late requests every two seconds
CUT_OFF = PATIENCE + 4.0
POST = b"POST /api/v1/users/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server(run_root: Path) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="slow-", dir=run_root))
    started = Server(folder, BODY_TIMEOUT_SECONDS=str(PATIENCE))
    yield started
    started.close()
    shutil.rmtree(folder, ignore_errors=True)


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer
    return int(answer.split(b" ", 2)[1])


def drip(wire: socket.socket, first: bytes, byte: bytes = b"a", gap: float = 0.2) -> float:
    """Send a byte now and then until the server hangs up; tell after how many seconds that was."""
    begun = time.monotonic()
    wire.sendall(first)
    wire.settimeout(gap)
    while time.monotonic() - begun < 30:
        try:
            if wire.recv(1024) == b"":
                return time.monotonic() - begun
        except TimeoutError:
            pass
        except OSError:
            return time.monotonic() - begun
        try:
            wire.sendall(byte)
        except OSError:
            return time.monotonic() - begun
    return float("inf")


@pytest.mark.parametrize(
    "first",
    [
        POST + b"Content-Length: 100000\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n",
        POST + b"X-Header: ",
        b"GET /",
        b"",
    ],
    ids=["body", "chunk", "header", "first line", "nothing"],
)
def test_dripping_is_cut_off(server, first):
    with server.connect() as wire:
        assert drip(wire, first) < CUT_OFF


@pytest.mark.parametrize(
    "first",
    [b"", b"G", POST, POST + b"Content-Length: 10\r\n\r\n{"],
    ids=["nothing", "letter", "head", "body"],
)
def test_silence_is_cut_off(server, first):
    begun = time.monotonic()
    with server.connect() as wire:
        wire.sendall(first)
        wire.settimeout(30)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(1024) == b""
    assert time.monotonic() - begun < CUT_OFF


def test_a_hundred_slow_ones_hold_nobody_up(server):
    wires = [server.connect() for _ in range(100)]
    stop = threading.Event()

    def feed() -> None:
        while not stop.is_set():
            for wire in wires:
                with contextlib.suppress(OSError):
                    wire.sendall(b" ")
            stop.wait(0.3)

    for wire in wires:
        wire.sendall(POST + b"Content-Length: 100000\r\n\r\n")
    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        assert max(server.seconds_to_serve() for _ in range(10)) < 1.0
        time.sleep(CUT_OFF)
        assert [wire for wire in wires if not is_closed(wire)] == []
    finally:
        stop.set()
        feeding.join()
        for wire in wires:
            wire.close()


def is_closed(wire: socket.socket) -> bool:
    wire.settimeout(1)
    try:
        return wire.recv(1024) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_announced_length_beyond_the_limit_is_refused_before_the_body(server):
    begun = time.monotonic()
    answer = server.say(POST + f"Content-Length: {LIMIT + 1}\r\n\r\n".encode())
    assert status_of(answer) == 413
    assert b"application/problem+json" in answer
    assert b'"type":"too-large"' in answer
    assert re.search(rb"\r\nx-request-id: [0-9a-f-]{36}\r\n", answer)
    assert time.monotonic() - begun < PATIENCE


def test_chunks_without_end_are_refused_at_the_limit(server):
    sent = 0
    with server.connect() as wire:
        wire.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        part = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        try:
            while sent < 4 * LIMIT:
                wire.sendall(part)
                sent += 0x100000
        except OSError:
            pass
        answer = heard(wire)
    assert sent <= LIMIT + 8 * 1024 * 1024
    if answer:  # a reset may reach us before what was said
        assert status_of(answer) == 413


def test_more_than_announced_is_not_taken_for_the_body(server):
    body = b'{"email": "a@example.org", "password": "x"}'
    answer = server.say(POST + f"Content-Length: {len(body)}\r\n\r\n".encode() + body + b"and more\r\n\r\n")
    assert status_of(answer) == 401


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: -1\r\n",
        b"Content-Length: 1e3\r\n",
        b"Content-Length: 0x10\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length: 99999999999999999999999999999999\r\n",
    ],
)
def test_length_of_two_meanings_smuggles_nothing(server, lengths):
    """Two servers that read it differently would take a part of the body for the next visitor's request."""
    hidden = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = server.say(POST + lengths + b"\r\n" + b"0\r\n\r\n" + hidden)
    assert b'"status":"ok"' not in answer.replace(b" ", b"")
    assert answer == b"" or status_of(answer) in {400, 411, 413, 501}


def test_broken_chunk_is_refused(server):
    for chunk in (b"zz\r\nabc\r\n", b"-5\r\nabc\r\n", b"5;" + b"x" * 100_000, b"fffffffffffffffff\r\n"):
        answer = server.say(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n")
        assert answer == b"" or status_of(answer) in {400, 413}, chunk
    assert server.seconds_to_serve() < 1.0


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Many: a\r\n" * 100_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"b" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"\x00\xff" * 1000 + b"\r\n\r\n",
    ],
    ids=["address", "header", "headers", "cookie", "version", "TLS", "noise"],
)
def test_oversized_or_senseless_head_is_refused_and_the_site_lives(server, head):
    answer = server.say(head)
    assert answer == b"" or status_of(answer) in {400, 413, 414, 431, 505}
    assert server.seconds_to_serve() < 1.0


def test_nothing_of_it_was_an_error_of_ours(server):
    assert "Traceback" not in server.log.read_text()


class Upload:
    """What an ASGI server passes on: the parts of a body, each after a pause."""

    def __init__(self, parts: list[bytes], pause: float = 0.0, *, ends: bool = True) -> None:
        self.parts, self.pause, self.ends = list(parts), pause, ends

    async def receive(self) -> dict[str, object]:
        await asyncio.sleep(self.pause)
        if not self.parts:
            return {"type": "http.disconnect"}
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts) or not self.ends}


async def answered(upload: Upload, *, most_bytes: int = 100, seconds: float = 0.3) -> tuple[int, bytes]:
    """Let an application of one line read the body behind the guard."""
    sent: list[dict[str, object]] = []

    async def application(scope, receive, send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def send(message) -> None:
        sent.append(message)

    guard = BodyGuard(application, most_bytes=most_bytes, seconds=seconds)
    await guard({"type": "http", "headers": []}, upload.receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_guard_passes_what_is_in_its_limits():
    assert await answered(Upload([b"a" * 50, b"b" * 50])) == (200, b"a" * 50 + b"b" * 50)


async def test_guard_refuses_the_byte_too_much_and_reads_no_further():
    upload = Upload([b"a" * 60] * 1000)
    status, body = await answered(upload)
    assert status == 413
    assert b'"type":"too-large"' in body
    assert len(upload.parts) == 998


async def test_guard_refuses_what_drips_beyond_its_time():
    begun = time.monotonic()
    status, body = await answered(Upload([b"a"] * 50, pause=0.05))
    assert status == 408
    assert b'"type":"timed-out"' in body
    assert time.monotonic() - begun < 1.0
