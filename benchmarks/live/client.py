"""A cheap client of many sockets: one thread, epoll, frames counted and not decoded.

    python -m benchmarks.live.client PORT PATH SOCKETS STUCK AT_ONCE SUBPROTOCOL MESSAGE

Connects SOCKETS, of which STUCK never read, AT_ONCE at a time; sends MESSAGE on each; says what it has
on a line of JSON, and again, with what came since, for each line that it reads.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from typing import Any

STAMP = b'"t":'
DIGITS = 16  # nanoseconds of this machine's clock since it started, with leading zeros


class Wire:
    """One socket: how far it is in its handshake and its frames."""

    def __init__(self, port: int, head: bytes, *, stuck: bool) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if stuck:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.socket.connect_ex(("127.0.0.1", port))
        self.stuck, self.head = stuck, head
        self.is_open, self.code = False, 0
        self.left = b""
        self.skip = 0

    def count(self, data: bytes) -> tuple[int, int]:
        """Walk over the frames: how many texts began and how many bytes of them came."""
        data, self.left = self.left + data, b""
        at, texts = self.skip, 0
        while at < len(data):
            rest = len(data) - at
            size = data[at + 1] if rest > 1 else 0
            head = 2 if size < 126 else 4 if size == 126 else 10
            if rest < max(2, head):
                self.left = data[at:]
                self.skip = 0
                return texts, len(data)
            if size >= 126:
                size = int.from_bytes(data[at + 2 : at + head], "big")
            if data[at] == 0x88:
                self.code = int.from_bytes(data[at + head : at + head + 2], "big")
            if data[at] == 0x89 and rest >= head + size:
                self.socket.send(bytes((0x8A, 0x80 | size, 0, 0, 0, 0)) + data[at + head : at + head + size])
            texts += data[at] == 0x81
            at += head + size
        self.skip = at - len(data)
        return texts, len(data)


class Crowd:
    """All sockets, and what they have received."""

    def __init__(self, port: int, path: str, subprotocol: str, message: str) -> None:
        self.port = port
        offered = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        self.head = (
            f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n{offered}\r\n"
        ).encode()
        text = message.encode()
        size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.first = b"\x81" + size + b"\0\0\0\0" + text if text else b""
        self.poll = selectors.DefaultSelector()
        self.wires: list[Wire] = []
        self.opening = 0
        self.reset()

    def reset(self) -> None:
        """Count from here on."""
        self.messages = self.bytes = self.lost = 0
        self.delays: list[float] = []
        self.arrived: list[float] = []

    def connect(self, sockets: int, stuck: int, at_once: int, seconds: float = 60) -> float:
        """Open them all; the seconds it took."""
        began = time.monotonic()
        while (len(self.wires) < sockets or self.opening) and time.monotonic() - began < seconds:
            while len(self.wires) < sockets and self.opening < at_once:
                wire = Wire(self.port, self.head, stuck=len(self.wires) < stuck)
                self.wires.append(wire)
                self.opening += 1
                self.poll.register(wire.socket, selectors.EVENT_WRITE, wire)
            self.turn(0.05)
        return time.monotonic() - began

    def turn(self, seconds: float) -> None:
        """Serve what is ready."""
        for key, events in self.poll.select(seconds):
            wire: Wire = key.data
            if events & selectors.EVENT_WRITE:
                wire.socket.sendall(self.head)
                self.poll.modify(wire.socket, selectors.EVENT_READ, wire)
            else:
                self.read(wire)

    def read(self, wire: Wire) -> None:
        """Take what came."""
        try:
            data = wire.socket.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            self.lost += 1
            self.opening -= not wire.is_open
            self.poll.unregister(wire.socket)
            return
        if not wire.is_open:
            wire.left += data
            if b"\r\n\r\n" not in wire.left:
                return
            head, data = wire.left.split(b"\r\n\r\n", 1)
            wire.left, wire.is_open = b"", b" 101 " in head[:20]
            self.opening -= 1
            if self.first:
                wire.socket.sendall(self.first)
            if wire.stuck:
                wire.count(data)
                self.poll.unregister(wire.socket)
                return
        texts, size = wire.count(data)
        self.messages += texts
        self.arrived += [time.monotonic()] * texts
        self.bytes += size
        at = data.rfind(STAMP)
        if at >= 0 and len(data) >= at + len(STAMP) + DIGITS:
            sent = int(data[at + len(STAMP) : at + len(STAMP) + DIGITS])
            self.delays.append((time.monotonic_ns() - sent) / 1e6)

    def told(self, **more: Any) -> None:
        """Say what came since."""
        delays = sorted(self.delays) or [0.0]
        row = {
            "open": sum(one.is_open for one in self.wires),
            "messages": self.messages,
            "bytes": self.bytes,
            "lost": self.lost,
            # the instants, by this machine's clock, by which half and nearly all of them had come
            "half_at": self.arrived[len(self.arrived) // 2] if self.arrived else 0,
            "most_at": self.arrived[int(len(self.arrived) * 0.99)] if self.arrived else 0,
            "p50": delays[len(delays) // 2],
            "p99": delays[int(len(delays) * 0.99)],
            **more,
        }
        print(json.dumps(row), flush=True)
        self.reset()

    def drain_stuck(self) -> dict[str, int]:
        """Read on the sockets that never read; how they were closed: by a code, or cut off without one."""
        ends: dict[str, int] = {}
        for wire in self.wires:
            if wire.stuck:
                end = self._end_of(wire)
                ends[end] = ends.get(end, 0) + 1
        return ends

    def _end_of(self, wire: Wire) -> str:
        wire.socket.settimeout(2)
        try:
            while data := wire.socket.recv(1 << 20):
                wire.count(data)
        except TimeoutError:
            return "open"
        except ConnectionError:
            return "cut off"
        return str(wire.code or "cut off")


def main(port: int, path: str, counts: list[int], says: list[str]) -> None:
    """Connect, and answer lines until there are no more."""
    crowd = Crowd(port, path, *says)
    crowd.told(seconds=crowd.connect(*counts))
    crowd.poll.register(sys.stdin, selectors.EVENT_READ, None)
    while True:
        asked = False
        for key, events in crowd.poll.select(1):
            if key.data is None:
                asked = True
            elif events & selectors.EVENT_READ:
                crowd.read(key.data)
        if asked:
            line = sys.stdin.readline().strip()
            if not line:
                return
            crowd.told(**({"codes": crowd.drain_stuck()} if line == "drain" else {}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], [int(one) for one in sys.argv[3:6]], sys.argv[6:8])
