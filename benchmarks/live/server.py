"""Servers that send every tick of a Redis channel to all of their sockets.

    python -m benchmarks.live.server KIND PORT

`hub-uvicorn` and `hub-daphne` are ours, without a database; `stock` is daphne with Channels' `group_send`
on the Redis layer as its documentation has it; `picows` a server of that library. FLUSHES is how often a
second ours may send; SYMBOLS how many values a socket follows, PAYLOAD the
bytes of a message.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import Any, ClassVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
CHANNEL = "florin_live"
PAYLOAD = int(os.environ.get("PAYLOAD", "120"))
SYMBOLS = int(os.environ.get("SYMBOLS", "1"))


def hub_application() -> Any:
    """Make an application of our hub, whose values are the numbers of the hints: when each was sent."""
    import django

    django.setup()
    from channels.routing import ProtocolTypeRouter
    from django.conf import settings

    from core.live.consumer import LiveConsumer
    from core.live.feeds import Feed, Reading, Topic
    from core.live.lifespan import lifespan

    settings.LIVE_FLUSHES_A_SECOND = float(os.environ.get("FLUSHES", "1000"))
    settings.LIVE_SOCKETS_MOST = settings.LIVE_SOCKETS_A_PERSON = 100_000

    class Ticks(Feed):
        name: ClassVar[str] = "t"
        items: ClassVar[str] = "v"
        wakes_with: ClassVar[tuple[str, str] | None] = None

        def read(
            self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
        ) -> Reading:
            seq = next((one.hinted for one in hub._streams.values()), 0) or 1  # noqa: SLF001
            if SYMBOLS == 1:
                pad = "x" * (PAYLOAD - 93)
                value = b'{"t":%016d,"p":"%b"}' % (seq, pad.encode())
                return Reading(seq, dict.fromkeys((*followed, *fresh), value))
            # one symbol in turn for each hint, in a shape of the size of a quote's
            number = self.count % SYMBOLS
            self.count += 1
            every = b'{"t":%016d,"id":"%036d","price":"155.25","as_of":"2026-11-27T15:00:00Z","p":"%b"}'
            moved = [number] if number in followed else []
            return Reading(seq, {one: every % (seq, one, b"x" * 20) for one in (*moved, *fresh)})

        count = 0

        def front(self, key: str) -> bytes:
            return b'"k":1'

    feed = Ticks()

    class Everything(LiveConsumer):
        needs_sign_in: ClassVar[bool] = False

        async def opened(self) -> None:
            nonlocal hub
            hub = self.process.hub
            await hub.follow(self.follower, feed, "k", frozenset(range(SYMBOLS)))

    hub: Any = None
    return ProtocolTypeRouter({"websocket": Everything.as_asgi(), "lifespan": lifespan})


def stock_application() -> Any:
    """Make the textbook's: a group on the Redis layer (with its time limit mended, else it drops sockets)."""
    import django

    django.setup()
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.routing import ProtocolTypeRouter

    class Textbook(AsyncWebsocketConsumer):
        groups = ["ticks"]

        async def tick(self, event: dict[str, Any]) -> None:
            await self.send(text_data=event["text"])

    return ProtocolTypeRouter({"websocket": Textbook.as_asgi()})


def stock_layers() -> dict[str, Any]:
    """Describe the layer of the textbook's server, for it and for who sends to it."""
    host = {"address": os.environ["REDIS_URL"], "socket_timeout": 30, "max_connections": 5000}
    return {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}}


async def picows(port: int) -> None:
    """Serve with picows: every tick to every socket at once."""
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server
    from redis.asyncio import Redis

    wires: set[WSTransport] = set()

    class Listener(WSListener):
        def on_ws_connected(self, transport: WSTransport) -> None:
            wires.add(transport)

        def on_ws_disconnected(self, transport: WSTransport) -> None:
            wires.discard(transport)

        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            """Take what a client says."""

    def listener(_request: WSUpgradeRequest) -> WSListener:
        return Listener()

    await ws_create_server(listener, "127.0.0.1", port, backlog=4096)
    subscription = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None).pubsub()
    await subscription.subscribe(CHANNEL)
    async for message in subscription.listen():
        if message["type"] == "message":
            text = b'{"t":%016d,"p":"%b"}' % (int(message["data"].split()[-1]), b"x" * 91)
            for wire in list(wires):
                wire.send(WSMsgType.TEXT, text)


NODE = """
const net = require("node:net"), { WebSocketServer } = require("ws");
const [port, redis] = [Number(process.argv[2]), Number(process.argv[3])];
const server = new WebSocketServer({ port, host: "127.0.0.1", backlog: 4096, perMessageDeflate: false });
const wire = net.connect(redis, "127.0.0.1", () => wire.write("SUBSCRIBE florin_live\\r\\n"));
let rest = "";
wire.on("data", (data) => {
  rest += data.toString();
  for (let found; (found = /\\bt k (\\d+)\\r\\n/.exec(rest)); ) {
    rest = rest.slice(found.index + found[0].length);
    const text = `{"t":${found[1].padStart(16, "0")},"p":"${"x".repeat(91)}"}`;
    for (const client of server.clients) client.send(text);
  }
});
"""


def main(kind: str, port: int) -> None:
    """Serve."""
    if kind == "picows":
        import uvloop

        uvloop.run(picows(port))
    elif kind == "hub-uvicorn":
        import uvicorn

        uvicorn.run(
            hub_application(),
            port=port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            backlog=4096,
            log_level="error",
        )
    else:
        from daphne.server import Server

        if kind == "stock":
            from django.conf import settings

            settings.CHANNEL_LAYERS = stock_layers()
        application = stock_application() if kind == "stock" else hub_application()
        endpoint = f"tcp:{port}:interface=127.0.0.1:backlog=4096"
        Server(application, endpoints=[endpoint], verbosity=0, websocket_handshake_timeout=60).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
