"""How a hint reaches every server process: by Redis where there is one, else by the database.

A hint is three words: the feed, the key of its stream, and the number that this has come to. What
changed is read from the database, so a hint that is lost costs time only.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import connection, connections
from redis.asyncio import Redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import metrics

log = structlog.get_logger(__name__)
CHANNEL: Final = "florin_live"
# A connection that is silent for this long is asked whether it is there, and given up as long after.
SILENT_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 2.0
AGAIN_SECONDS: Final = (0.1, 1.0)
# what PostgreSQL's own connection takes of Django's options
_OF_DJANGO: Final = frozenset({"context", "cursor_factory", "prepare_threshold", "client_encoding"})
Heard = Callable[[str], None]


def send_hint(feed: str, key: str, seq: int) -> None:
    """Tell every server process that a stream has come to a number. Call it after the commit."""
    send_hints(feed, [key], seq)


def send_hints(feed: str, keys: Sequence[str], seq: int) -> None:
    """Tell the same of several streams of a kind, at once."""
    texts = [f"{feed} {key} {seq}" for key in keys]
    if settings.REDIS_URL:
        _publish(texts)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, text) FROM unnest(%s::text[]) AS text", [CHANNEL, texts])


def _publish(texts: Iterable[str]) -> None:
    try:
        with _publisher(settings.REDIS_URL).pipeline(transaction=False) as pipeline:
            for text in texts:
                pipeline.publish(CHANNEL, text)
            pipeline.execute()
    except redis.RedisError as error:  # those who listen have lost it too, and read on by themselves
        metrics.live_hints_lost.inc()
        log.warning("live.hint_lost", error=repr(error))


@cache
def _publisher(url: str) -> redis.Redis[bytes]:
    # no retries: a hint is not worth a second of whoever records prices
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


class Carrier(ABC):
    """One subscription of a process. It connects anew for as long as it runs."""

    def __init__(self, heard: Heard, lost: Callable[[], None], back: Callable[[], None]) -> None:
        """Take whom to tell of a hint, of a loss, and of having a connection (again)."""
        self._heard, self._lost, self._back = heard, lost, back
        self._wait = AGAIN_SECONDS[0]

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (OSError, redis.RedisError, psycopg.Error, TimeoutError) as error:
                log.warning("live.carrier_lost", error=repr(error))
            metrics.live_carrier_lost.inc()
            self._lost()
            await asyncio.sleep(self._wait * random.uniform(0.5, 1))  # noqa: S311  # spreads, hides nothing
            self._wait = min(self._wait * 2, AGAIN_SECONDS[1])

    def _listens(self) -> None:
        self._wait = AGAIN_SECONDS[0]
        self._back()

    @abstractmethod
    async def _listen(self) -> None:
        """Connect, call `_listens`, and pass hints on until the connection is lost."""


class RedisCarrier(Carrier):
    """A subscription to a channel of Redis."""

    async def _listen(self) -> None:
        # its own time limits stand in for redis-py's, whose five seconds would end a quiet subscription
        options: dict[str, Any] = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": None}
        client: Redis[bytes] = Redis.from_url(
            settings.REDIS_URL, **options, socket_keepalive=True, retry=AsyncRetry(NoBackoff(), 0)
        )
        async with client, client.pubsub() as subscription:
            await asyncio.wait_for(subscription.subscribe(CHANNEL), CONNECT_SECONDS)
            quiet = False
            while True:
                message = await subscription.get_message(timeout=SILENT_SECONDS)
                if message is not None:
                    quiet = False
                    self._take(message)
                elif quiet:
                    raise TimeoutError
                else:
                    quiet = True
                    await subscription.ping()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._listens()
        elif message["type"] == "message":
            self._heard(message["data"].decode())


class NotifyCarrier(Carrier):
    """LISTEN on a connection to the database."""

    async def _listen(self) -> None:
        options = await asyncio.to_thread(_connection_options)
        connecting = psycopg.AsyncConnection.connect(**options, autocommit=True)
        async with await asyncio.wait_for(connecting, CONNECT_SECONDS * 2) as listening:
            await listening.execute(f"LISTEN {CHANNEL}")
            self._listens()
            while True:
                async for note in listening.notifies(timeout=SILENT_SECONDS):
                    self._heard(note.payload)
                await asyncio.wait_for(listening.execute("SELECT 1"), SILENT_SECONDS)


def _connection_options() -> dict[str, Any]:
    """Tell how to reach the database; starts the embedded one where it is not there."""
    own = connections.create_connection("default")
    options = own.get_connection_params()
    return {name: value for name, value in options.items() if name not in _OF_DJANGO}


def carrier(heard: Heard, lost: Callable[[], None], back: Callable[[], None]) -> Carrier:
    """Choose the carrier by the settings."""
    kind = RedisCarrier if settings.REDIS_URL else NotifyCarrier
    return kind(heard, lost, back)
