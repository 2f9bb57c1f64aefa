"""A sibling's user service over real HTTP on the loopback, with the moods of services."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class UserService:
    """It knows the tokens in `known`; `mood` says how it answers instead."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.mood = "well"
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.done = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.seen.append(
                    (self.path, {name.lower(): value for name, value in self.headers.items()})
                )
                try:
                    getattr(service, f"be_{service.mood}")(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/api/user/me"

    def close(self) -> None:
        self.done.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def be_well(self, call: Any) -> None:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.known:
            answer(call, 200, json.dumps(self.known[token]))
        else:
            answer(call, 401, '{"detail": "Could not validate credentials"}')

    def be_forbidding(self, call: Any) -> None:
        answer(call, 403, "{}")

    def be_broken(self, call: Any) -> None:
        answer(call, 500, '{"id": "5"}')

    def be_absent(self, call: Any) -> None:
        answer(call, 404, '{"id": "5"}')

    def be_html(self, call: Any) -> None:
        answer(call, 200, "<html>Sign in, user id 5</html>", "text/html")

    def be_empty(self, call: Any) -> None:
        answer(call, 200, "")

    def be_list(self, call: Any) -> None:
        answer(call, 200, '[{"id": "5"}]')

    def be_deep(self, call: Any) -> None:
        answer(call, 200, "[" * 30_000)

    def be_huge(self, call: Any) -> None:
        answer(call, 200, json.dumps({"id": "5", "more": "x" * 200_000}))

    def be_redirecting(self, call: Any) -> None:
        call.send_response(302)
        call.send_header("Location", f"{self.url}?again")
        call.send_header("Content-Length", "0")
        call.end_headers()

    def be_dripping_headers(self, call: Any) -> None:
        self._drip(call, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500)

    def be_dripping_body(self, call: Any) -> None:
        self._drip(call, b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "5"' + b" " * 400)

    def be_silent(self, _call: Any) -> None:
        self.done.wait(30)

    def be_closing(self, call: Any) -> None:
        call.close_connection = True

    def _drip(self, call: Any, data: bytes) -> None:
        for byte in data:
            if self.done.is_set():
                return
            call.wfile.write(bytes([byte]))
            call.wfile.flush()
            time.sleep(0.02)


def answer(call: Any, status: int, body: str, kind: str = "application/json") -> None:
    raw = body.encode()
    call.send_response(status)
    call.send_header("Content-Type", kind)
    call.send_header("Content-Length", str(len(raw)))
    call.end_headers()
    call.wfile.write(raw)
