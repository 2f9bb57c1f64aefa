"""The socket of what a person is told."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Final

import orjson
from django.utils.translation import gettext as _

from alerts.payloads.inbox import INBOX, NotificationFeed, Told
from core.errors import NotAuthenticated, ValidationFailed
from core.live.consumer import LiveConsumer, Message
from core.live.feeds import feeds
from core.live.frames import Frame
from core.live.pipes import Pipe

MOST_KNOWN: Final = 200
LARGEST: Final = 2**63 - 1


class InboxPipe(Pipe):
    """Turns the state of the stream, the same for all sockets of a person, into what this one does not know.

    What finds no room counts as not told, and the hub offers the newest state again.
    """

    __slots__ = ("_pipe", "told")

    def __init__(self, pipe: Pipe) -> None:
        """Stand before the way to a client."""
        super().__init__()
        self._pipe, self.told = pipe, Told()

    @property
    def is_gone(self) -> bool:
        """Whether the client is there no more."""
        return self._pipe.is_gone

    def offer(self, frame: Frame) -> bool:
        """Write what is new in a state; a heartbeat as it is."""
        message = orjson.loads(frame.payload)
        states = message.get(NotificationFeed.items)
        if states is None:
            return self._pipe.offer(frame)
        for state in states:
            news = self.told.news(state)
            if news is not None:
                if not self._pipe.offer(Frame.of(news)):
                    return False
                self.told.said(state, news)
        return True

    def say(self, frame: Frame) -> bool:
        """Write a frame that answers the client."""
        return self._pipe.say(frame)

    def before_shutdown(self, farewell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have something done before the server closes its sockets."""
        self._pipe.before_shutdown(farewell)

    def close(self, code: int) -> None:
        """Say goodbye with a code."""
        self.is_closed = True
        self._pipe.close(code)


class NotificationConsumer(LiveConsumer):
    """``/ws/notifications/``: what its person is told from now on, and on request what came meanwhile."""

    token_scope: ClassVar[str] = "alerts:read"  # noqa: S105  # the name of a scope
    handlers: ClassVar[dict[str, str]] = {"resume": "resume"}

    def pipe(self, send: Any) -> Pipe:
        """Put what this socket knows before its pipe."""
        self._inbox = InboxPipe(super().pipe(send))
        return self._inbox

    async def opened(self) -> None:
        """Follow what the person is told.

        Raises:
            DependencyUnavailable: it cannot be read now.
        """
        await super().opened()
        if self.caller is None:
            raise NotAuthenticated
        feed = feeds[NotificationFeed.name]
        await self.process.hub.follow(self.follower, feed, str(self.caller.user.pk), frozenset((INBOX,)))

    async def resume(self, content: Message) -> None:
        """Tell what came after the id that the client had come to.

        Raises:
            ValidationFailed: a member has another shape.
        """
        after: Any = content.get("after")
        known: Any = content.get("known", [])
        if not _is_id(after):
            raise ValidationFailed.of("after", _("Give the id of the newest that you have."), "invalid")
        if not isinstance(known, list) or len(known) > MOST_KNOWN or not all(map(_is_id, known)):
            raise ValidationFailed.of("known", _("Give a list of ids, not too long."), "invalid")
        self._inbox.told.resume(after, known)
        self.process.hub.tell_state(self.follower, self.follower.topics)


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST
