"""Sockets at addresses that lead nowhere."""

from __future__ import annotations

from typing import Any

from django.urls import Resolver404


def or_nothing(router: Any) -> Any:
    """Refuse a socket where the router knows no address, which channels would let end as a bug."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        try:
            await router(scope, receive, send)
        except (Resolver404, ValueError) as error:
            if not (isinstance(error, Resolver404) or "No route found" in str(error)):
                raise
            await receive()
            await send({"type": "websocket.close", "code": 4404})

    return application
