"""A server's application without a database: the hub, a feed that reads a file, and people made of words.

`python -m tests.core.live.small daphne|uvicorn|other PORT` serves it. The file named by BOARD holds
``{"seq": 3, "values": {"a": 1}}``; the one named by GONE the proofs that count no more.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.db import InterfaceError
from django.urls import path

from core import metrics
from core.errors import DependencyUnavailable, Forbidden
from core.live import consumer, hub, process, signin
from core.live.consumer import LiveConsumer, Message
from core.live.feeds import Feed, Reading, Topic
from core.live.lifespan import lifespan
from core.live.routing import or_nothing
from core.live.signin import Caller

django.setup()
BOARD, GONE = Path(os.environ["BOARD"]), Path(os.environ["GONE"])
hub.STUCK_SECONDS = float(os.environ.get("STUCK", "10"))
hub.HEARTBEAT_SECONDS = float(os.environ.get("HEARTBEAT", "10"))
process.CHECK_SECONDS = 0.2
consumer.SIGN_IN_SECONDS = 0.5


class Board(Feed):
    """What the file says."""

    name: ClassVar[str] = "board"
    items: ClassVar[str] = "values"

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        board = json.loads(BOARD.read_text())
        wanted = [one for one in (*followed, *fresh) if one in board["values"]]
        return Reading(
            board["seq"], {one: json.dumps({"id": one, "v": board["values"][one]}).encode() for one in wanted}
        )

    def front(self, key: str) -> bytes:
        return b'"board":"%b"' % key.encode()


@dataclass(frozen=True)
class Person:
    """Somebody."""

    pk: str
    language: str = "en"


class Words:
    """Lets in whoever brings ``good-<name>``; a name that leaves is about to be erased."""

    def by_session(self, session_key: str) -> Caller | None:
        return self.by_token(session_key)

    def by_token(self, token: str) -> Caller | None:
        kind, _, name = token.partition("-")
        if name == "leaving":
            raise Forbidden
        scopes = {"good": None, "narrow": frozenset({"other"})}
        return Caller(Person(name), token, scopes[kind]) if kind in scopes else None

    def standing(self, proofs: Collection[str]) -> set[str]:
        return set(proofs) - set(GONE.read_text().split())


signin.socket_doors._providers = {"words": Words}
BOARD_FEED = Board()


class Follow(LiveConsumer):
    """Follows what it is told to."""

    token_scope: ClassVar[str] = "board:read"
    handlers: ClassVar[dict[str, str]] = {"follow": "follow", "flood": "flood", "fail": "fail"}

    async def follow(self, content: Message) -> None:
        await self.process.hub.follow(
            self.follower, BOARD_FEED, "b", frozenset(content["topics"]), since=content.get("seq")
        )

    async def flood(self, content: Message) -> None:
        self.say({"type": "pipe", "kind": type(self.follower.pipe).__name__, "pad": "x" * content["size"]})

    async def fail(self, _content: Message) -> None:
        raise InterfaceError("the connection already closed")


class Down(Follow):
    """Has nothing to show now."""

    async def opened(self) -> None:
        raise DependencyUnavailable


class Anybody(Follow):
    """The same for those who are nobody in particular."""

    needs_sign_in: ClassVar[bool] = False


async def http(_scope: Any, _receive: Any, send: Any) -> None:
    slow = metrics.live_dropped.labels("slow")._value.get()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(int(slow)).encode()})


sockets = URLRouter(
    [
        path("ws/board/", Follow.as_asgi()),
        path("ws/open/", Anybody.as_asgi()),
        path("ws/down/", Down.as_asgi()),
    ]
)
application = ProtocolTypeRouter({"http": http, "websocket": or_nothing(sockets), "lifespan": lifespan})


async def wrapped(scope: Any, receive: Any, send: Any) -> None:
    """Hide the server from the pipes, as any server would be that they do not know."""

    async def sent(message: Any) -> None:
        await send(message)

    await application(scope, receive, sent if scope["type"] == "websocket" else send)


def main(kind: str, port: int) -> None:
    if kind == "daphne":
        from daphne.server import Server

        Server(application, endpoints=[f"tcp:{port}:interface=127.0.0.1:backlog=4096"], verbosity=0).run()
        return
    import uvicorn

    uvicorn.run(
        wrapped if kind == "other" else application,
        port=port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
