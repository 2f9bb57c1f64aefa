"""How much a request may send and how long it may take, for whatever server passes it on.

Django reads a body whole before any of its middleware runs, so this stands in front of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from core import early
from core.early import Application, Message, Receive, Refused, Send
from core.errors import TimedOut, TooLarge

REQUEST_TIMEOUT = 408


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
        except Refused as refused:
            await early.answer(scope, send, refused)

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
                raise Refused(TimedOut("The body did not arrive in time."), REQUEST_TIMEOUT) from error
            count += len(message.get("body", b""))
            if count > self._most_bytes:
                raise Refused(TooLarge())
            whole = not message.get("more_body", False)
            return message

        return counted
