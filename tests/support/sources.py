"""A source of prices over real HTTP on the loopback, which answers what it is told to, or misbehaves."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAYLOADS = Path(__file__).resolve().parents[1] / "market" / "providers" / "payloads"
Act = Callable[[Any], None]


@dataclass
class Asked:
    """A request as it came."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Reply:
    """An answer, or in its place something that a server does to a connection."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    act: Act | None = None


def says(value: Any, status: int = 200, **headers: str) -> Reply:
    """Answer JSON; bytes and text as they are."""
    body = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else None
    named = {name.replace("_", "-"): one for name, one in headers.items()}
    return Reply(json.dumps(value).encode() if body is None else body, status, named)


def payload(name: str) -> Reply:
    """Answer a file of payloads/, as the source's documentation shows it."""
    return Reply((PAYLOADS / name).read_bytes())


def packed(body: bytes) -> Reply:
    return Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})


def truncated(body: bytes, promised: int) -> Reply:
    """Promise more bytes than come."""

    def act(call: Any) -> None:
        call.send_response(200)
        call.send_header("Content-Length", str(promised))
        call.end_headers()
        call.wfile.write(body)
        call.close_connection = True

    return Reply(act=act)


def dripping(part: bytes = b" ", seconds: float = 0.02, *, heads: bool = False) -> Reply:
    """Send a byte now and then, forever, in the body or in the headers."""

    def act(call: Any) -> None:
        call.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Slow: " if heads else b"Content-Length: 9999\r\n\r\n"))
        while not call.server.over.wait(seconds):
            call.wfile.write(part)
            call.wfile.flush()

    return Reply(act=act)


def endless() -> Reply:
    """Send a body that has no end."""

    def act(call: Any) -> None:
        call.send_response(200)
        call.end_headers()
        while not call.server.over.is_set():
            call.wfile.write(b"x" * 65536)

    return Reply(act=act)


def silent() -> Reply:
    return Reply(act=lambda call: call.server.over.wait(5) and None)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    over: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers who hang up."""


class Source:
    """Answers by path. Of several replies of a path the last one stays."""

    def __init__(self, secured_by: ssl.SSLContext | None = None) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        source = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                source.answer(self)

            def do_POST(self) -> None:
                source.answer(self)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.over = threading.Event()
        if secured_by is not None:
            self.server.socket = secured_by.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def on(self, path: str, *replies: Reply) -> Source:
        self.replies[path] = list(replies)
        return self

    def forget(self) -> None:
        self.replies.clear()
        self.asked.clear()

    def answer(self, call: Any) -> None:
        parts = urlsplit(call.path)
        headers = {name.lower(): value for name, value in call.headers.items()}
        body = call.rfile.read(int(headers.get("content-length", 0)))
        self.asked.append(
            Asked(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)
        )
        waiting = self.replies.get(parts.path) or [Reply(b"{}", 404)]
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if reply.act is not None:
            call.close_connection = True
            reply.act(call)
            return
        etag = reply.headers.get("ETag")
        status = 304 if etag and headers.get("if-none-match") == etag else reply.status
        body = b"" if status == 304 else reply.body
        call.send_response(status)
        for name, value in reply.headers.items():
            call.send_header(name, value)
        if status != 304:
            call.send_header("Content-Length", str(len(body)))
        call.end_headers()
        call.wfile.write(body)

    def close(self) -> None:
        self.server.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def within(seconds: float) -> Callable[[], bool]:
    """Tell whether less time has passed since now."""
    begun = time.monotonic()
    return lambda: time.monotonic() - begun < seconds
