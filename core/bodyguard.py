"""How much a request may send and how long it may take, for whatever server passes it on.

Django reads a body whole before any of its middleware runs, so this stands in front of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from core.errors import DomainError, TimedOut, TooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _Refused(Exception):
    def __init__(self, error: DomainError, status: int) -> None:
        super().__init__(error.detail)
        self.error, self.status = error, status


class BodyGuard:
    """An ASGI application that passes bodies on up to so many bytes, within so many seconds."""

    def __init__(self, application: Application, *, most_bytes: int, seconds: float) -> None:
        self._application = application
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection; what is no HTTP request passes."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        try:
            await self._application(scope, self._counted(receive), send)
        except _Refused as refused:
            await _answer(send, refused)

    def _counted(self, receive: Receive) -> Receive:
        """Count what arrives until the body is there; later messages pass."""
        loop = asyncio.get_running_loop()
        end, count, whole = loop.time() + self._seconds, 0, False

        async def counted() -> Message:
            nonlocal count, whole
            if whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.001, end - loop.time()))
            except TimeoutError as error:
                raise _Refused(TimedOut("The body did not arrive in time."), 408) from error
            count += len(message.get("body", b""))
            if count > self._most_bytes:
                raise _Refused(TooLarge(), 413)
            whole = not message.get("more_body", False)
            return message

        return counted


async def _answer(send: Send, refused: _Refused) -> None:
    body = {
        "type": refused.error.code,
        "title": refused.error.title,
        "status": refused.status,
        "detail": refused.error.detail,
    }
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(body)})
