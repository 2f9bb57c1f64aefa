"""daphne with limits on what a connection may send, and for how long it may go on sending.

daphne keeps a body, on disk if it is long, until the last byte is there, and only then asks the
application: whoever sends a byte a minute, or sends without end, is known to nobody else.
"""

from __future__ import annotations

import time
from typing import Any

from daphne import server as daphne  # before anything that may import Twisted's default reactor
from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from twisted.internet import reactor

from core import early
from core.errors import TooLarge

# seconds without a byte before a connection is closed: Twisted's own rule, which dripping evades
IDLE_SECONDS = 30
# above what a consumer takes, so that it says itself what is too long
SOCKET_MESSAGE_BYTES = 16 * 1024
# daphne's own five seconds are too few when everybody comes back at once
SOCKET_HANDSHAKE_SECONDS = 20


class LimitedRequest(WebRequest):  # type: ignore[misc]  # daphne has no types
    """A request that is refused when it is too long and cut off when it takes too long to arrive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel.has_asked = True
        self.began = time.monotonic()
        self.arrived = 0
        self.refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """Refuse a body that says it is too long, before the first byte of it."""
        super().gotLength(length)
        if length is not None and length > settings.UPLOAD_LIMIT_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Keep a part of the body, unless it is too much: of one sent in chunks nothing tells before."""
        self.arrived += len(data)
        if not self.refused and self.arrived > settings.UPLOAD_LIMIT_BYTES:
            self._refuse()
        if not self.refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Ask the application, unless the answer was given."""
        return None if self.refused else super().process()

    def check_timeouts(self) -> None:
        """Cut off what does not arrive; daphne asks every two seconds."""
        waits = not hasattr(self, "request_start")
        if waits and time.monotonic() - self.began > settings.BODY_TIMEOUT_SECONDS:
            self.channel.transport.abortConnection()
            return
        super().check_timeouts()

    def _refuse(self) -> None:
        self.refused = True
        given = self.requestHeaders.getRawHeaders(b"x-request-id", [b""])[0]
        status, told, body = early.written(early.Refused(TooLarge()), [(b"x-request-id", given)])
        lines = [
            f"HTTP/1.1 {status} Content Too Large",
            *(f"{name}: {value}" for name, value in told.items()),
        ]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""])
        self.channel.transport.write(head.encode("ascii") + body)
        self.channel.loseConnection()


class LimitedFactory(HTTPFactory):  # type: ignore[misc]  # daphne has no types
    """Makes connections whose requests are limited, and closes those that never make one."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        """Take a connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = LimitedRequest
        protocol.timeOut = IDLE_SECONDS
        later: Any = reactor
        later.callLater(settings.BODY_TIMEOUT_SECONDS, _close_if_silent, protocol)
        return protocol


def _close_if_silent(protocol: Any) -> None:
    """Close a connection that has not got to the end of its first line."""
    channel = getattr(protocol, "_channel", protocol)
    if not getattr(channel, "has_asked", False) and channel.transport is not None:
        channel.transport.abortConnection()


class LimitedServer(daphne.Server):  # type: ignore[misc]  # daphne has no types
    """daphne's server on connections of ours, whose sockets take short messages only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        sockets = {
            "websocket_max_message_size": SOCKET_MESSAGE_BYTES,
            "websocket_max_frame_size": SOCKET_MESSAGE_BYTES,
            "websocket_handshake_timeout": SOCKET_HANDSHAKE_SECONDS,
        }
        super().__init__(*args, **{**sockets, **kwargs})

    @property
    def http_factory(self) -> LimitedFactory:
        """The maker of connections."""
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _daphnes: HTTPFactory) -> None:
        # `run` makes daphne's own and listens with whatever stands here
        self._http_factory = LimitedFactory(self)
