"""A socket without a server: the consumer itself, between two queues."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from core import clock
from core.live import process
from market.domain.quotes import NewQuote
from market.models import Instrument
from tests.market.quotes.told import told

BEGIN = clock.now() - timedelta(minutes=10)


def lately(instrument: Instrument, price: str, minutes: int = 0, **fields: Any) -> NewQuote:
    """Make a quote of these minutes."""
    return told(instrument, price, at=BEGIN + timedelta(minutes=minutes), **fields)


class Wire:
    """One socket of a consumer, opened with a token as a subprotocol."""

    def __init__(self, consumer: Any, token: str = "", query: bytes = b"") -> None:
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        offered = ["florin.v1", f"florin.token.{token}"] if token else []
        scope = {"type": "websocket", "headers": [(b"host", b"localhost")], "subprotocols": offered}
        scope["query_string"] = query
        self._in.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(consumer()(scope, self._in.get, self._out.put))

    def say(self, **message: Any) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def heard(self, kind: str = "") -> dict[str, Any]:
        """Return the next message (of a kind); the end as a message of type ``closed``."""
        async with asyncio.timeout(10):
            while True:
                sent = await self._sent()
                if sent["type"] == "websocket.close":
                    return {"type": "closed", "code": sent["code"]}
                message = json.loads(sent.get("text", "{}"))
                if message.get("type", "hb") != "hb" and kind in {"", message["type"]}:
                    return message

    async def _sent(self) -> dict[str, Any]:
        getting = asyncio.create_task(self._out.get())
        await asyncio.wait({getting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not getting.done() and self._task.exception() is not None:
            getting.cancel()
            await self._task
        return await getting

    async def close(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, 10)


async def stop_listening() -> None:
    """End what a process keeps running for its sockets."""
    here = process.here()
    listening = here._listening
    here.stop()
    if listening is not None:
        await asyncio.gather(listening, return_exceptions=True)
