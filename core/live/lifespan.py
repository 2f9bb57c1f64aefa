"""A server that tells its start and end: it says goodbye to its sockets before it closes them."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

from core.live import process


async def lifespan(_scope: Any, receive: Any, send: Any) -> None:
    """Follow the server's life (ASGI's lifespan protocol)."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            say_goodbye_first()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await process.here().close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def say_goodbye_first() -> None:
    """Stand before the server's own handling of signals: uvicorn closes its sockets before it tells us.

    A second signal goes to the server at once.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop, here = asyncio.get_running_loop(), process.here()
    for number in (signal.SIGINT, signal.SIGTERM):
        servers = signal.getsignal(number)
        if not callable(servers):
            continue

        def said(given: int, frame: Any, servers: Any = servers) -> None:
            if here.hub.is_ending:
                servers(given, frame)
                return

            async def end() -> None:
                await here.end()
                servers(given, frame)

            loop.call_soon_threadsafe(lambda: here.keep(loop.create_task(end())))

        signal.signal(number, said)
