"""A door that lets so many in at once, for what costs much of a processor: passwords that are hashed.

Who finds it shut is told so by the event loop, at a hundredth of what a thread with Django's
middleware would cost: else those who are sent away would slow the site down. Who is let in waits
for a moment in which nobody else is being served, one after the other, and never for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, MutableMapping
from contextlib import suppress
from typing import Any

from core.early import Application, Message, Receive, Refused, Send
from core.errors import Overloaded
from core.hashing import RETRY_SECONDS

SENTENCE = "Many people are signing in at this moment. Try again in a few seconds."
# A site that is never quiet still lets so many in: one for each of these.
PATIENCE_SECONDS = 0.5


class Gate:
    """An ASGI application that takes at most `places` POSTs to some paths, and serves `at_once` of them."""

    def __init__(
        self, application: Application, *, paths: Collection[str], places: int, at_once: int = 1
    ) -> None:
        self._application = application
        self._paths = frozenset(paths)
        self._free = places
        self._turns = asyncio.Semaphore(at_once)
        self._others = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection.

        Raises:
            Refused: all places are taken.
        """
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] in self._paths:
            await self._at_the_door(scope, receive, send)
        else:
            await self._past_the_door(scope, receive, send)

    async def _at_the_door(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Let somebody in when it is their turn.

        Raises:
            Refused: all places are taken.
        """
        taken = turn = False

        async def received() -> Message:
            # a place is taken once the body is there, so that nobody holds one by sending slowly
            nonlocal taken, turn
            message = await receive()
            if not taken and is_whole(message):
                if self._free <= 0:
                    raise Refused(Overloaded(SENTENCE, retry_after=RETRY_SECONDS))
                self._free -= 1
                taken = True
                turn = await self._turns.acquire()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._quiet.wait(), PATIENCE_SECONDS)
            return message

        try:
            await self._application(scope, received, send)
        finally:
            self._free += taken
            if turn:
                self._turns.release()

    async def _past_the_door(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve anybody else, and know for how long: from the whole request to the start of the answer."""
        busy = False

        async def received() -> Message:
            nonlocal busy
            message = await receive()
            if not busy and is_whole(message):
                busy = True
                self._count(1)
            return message

        async def sent(message: Message) -> None:
            nonlocal busy
            if busy and message["type"] == "http.response.start":
                busy = False
                self._count(-1)
            await send(message)

        try:
            await self._application(scope, received, sent)
        finally:
            if busy:
                self._count(-1)

    def _count(self, more: int) -> None:
        self._others += more
        if self._others:
            self._quiet.clear()
        else:
            self._quiet.set()


def is_whole(message: Message) -> bool:
    """Tell whether the request has come to its end with this message."""
    return message["type"] == "http.request" and not message.get("more_body", False)
