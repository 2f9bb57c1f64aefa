"""A door that lets so many in at once, for what costs much of a processor: passwords that are hashed.

Who finds it shut is told so by the event loop, at a hundredth of what a thread with Django's
middleware would cost: else those who are sent away would slow the site down.
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping
from typing import Any

from core.early import Application, Message, Receive, Refused, Send
from core.errors import Overloaded
from core.hashing import RETRY_SECONDS

SENTENCE = "Many people are signing in at this moment. Try again in a few seconds."


class Gate:
    """An ASGI application that lets at most `places` POSTs to some paths in at once."""

    def __init__(self, application: Application, *, paths: Collection[str], places: int) -> None:
        self._application = application
        self._paths = frozenset(paths)
        self._free = places

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection.

        Raises:
            Refused: all places are taken.
        """
        guarded = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._paths
        if not guarded:
            await self._application(scope, receive, send)
            return
        taken = False

        async def received() -> Message:
            # a place is taken once the body is there, so that nobody holds one by sending slowly
            nonlocal taken
            message = await receive()
            if not taken and message["type"] == "http.request" and not message.get("more_body", False):
                if self._free <= 0:
                    raise Refused(Overloaded(SENTENCE, retry_after=RETRY_SECONDS))
                self._free -= 1
                taken = True
            return message

        try:
            await self._application(scope, received, send)
        finally:
            self._free += taken
