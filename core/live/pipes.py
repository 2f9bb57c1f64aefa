"""How a frame gets to a socket without waiting for it.

`await send()` waits for a client that does not read, and everybody behind it waits too. So a frame
goes straight to the server's transport, and only where its buffer is small. The ways into uvicorn and
daphne are attributes of theirs that no documentation promises: they are looked for, each release is
held to tests/core/live/test_servers.py, and any other server gets a task for each socket.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from core.live.frames import Frame, close_frame

# What may wait for a client in this process: a page that reads at all has taken it long before.
BUFFER_BYTES: Final = 64 * 1024
# of messages that answer a client; one that asks on and reads nothing is cut off
ANSWER_BYTES: Final = 256 * 1024
GRACE_SECONDS: Final = 5.0
GONE: Final = 1 << 40
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Pipe(ABC):
    """The way to one client."""

    __slots__ = ("is_closed",)

    def __init__(self) -> None:
        """Begin open."""
        self.is_closed = False

    @property
    @abstractmethod
    def is_gone(self) -> bool:
        """Whether the client is there no more."""

    @abstractmethod
    def offer(self, frame: Frame) -> bool:
        """Write a frame if there is room for it now; say whether it was written."""

    @abstractmethod
    def say(self, frame: Frame) -> bool:
        """Write a frame that answers the client, after all before it; False where too much waits already."""

    def before_shutdown(self, farewell: Callable[[], Coroutine[Any, Any, None]]) -> None:  # noqa: B027
        """Have something done before the server closes its sockets, where it does not tell its end itself."""

    @abstractmethod
    def close(self, code: int) -> None:
        """Say goodbye with a code, and let go of a client that does not take it."""


class TransportPipe(Pipe):
    """Writes frames that are built already to a transport of the server."""

    __slots__ = ()

    @abstractmethod
    def waiting(self) -> int:
        """Tell how many bytes wait for the client; a large number where it is gone."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Hand bytes to the transport."""

    @abstractmethod
    def leave(self) -> None:
        """Close once what waits is sent."""

    @abstractmethod
    def abort(self) -> None:
        """Close now and forget what waits."""

    @property
    def is_gone(self) -> bool:
        """Whether the transport is closing."""
        return self.waiting() >= GONE

    def offer(self, frame: Frame) -> bool:
        """Write a frame if it leaves the buffer small, or there was none before it."""
        waits = self.waiting()
        if waits and waits + len(frame.wire) > BUFFER_BYTES:
            return False
        self.write(frame.wire)
        return True

    def say(self, frame: Frame) -> bool:
        """Write a frame unless very much waits."""
        if self.waiting() > ANSWER_BYTES:
            return False
        self.write(frame.wire)
        return True

    def close(self, code: int) -> None:
        """Write the end of the connection; what is not sent by then is forgotten some seconds later."""
        if self.is_closed:
            return
        self.is_closed = True
        self.write(close_frame(code))
        self.leave()
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self.abort)


class UvicornPipe(TransportPipe):
    """The transport under uvicorn's `WebSocketsSansIOProtocol`."""

    __slots__ = ("_is_closing", "_transport", "_waiting", "_write")

    def __init__(self, transport: Any) -> None:
        """Hold a transport of asyncio or uvloop."""
        super().__init__()
        self._transport = transport
        self._waiting: Callable[[], int] = transport.get_write_buffer_size
        self._is_closing: Callable[[], bool] = transport.is_closing
        self._write: Callable[[bytes], None] = transport.write

    def offer(self, frame: Frame) -> bool:
        """Write a frame if it leaves the buffer small; written out, for it is most of what a tick costs."""
        if self._is_closing():
            return False
        waits = self._waiting()
        if waits and waits + len(frame.wire) > BUFFER_BYTES:
            return False
        self._write(frame.wire)
        return True

    def waiting(self) -> int:
        """Tell how many bytes wait."""
        return GONE if self._is_closing() else self._waiting()

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport."""
        if not self._is_closing():
            self._write(data)

    def leave(self) -> None:
        """Close once what waits is sent."""
        self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()


class DaphnePipe(TransportPipe):
    """The transport of Twisted under daphne's `WebSocketProtocol`."""

    __slots__ = ("_protocol", "_transport")

    def __init__(self, protocol: Any) -> None:
        """Hold daphne's protocol."""
        super().__init__()
        self._protocol, self._transport = protocol, protocol.transport

    def before_shutdown(self, farewell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Stand in the row of what Twisted waits for; daphne's own part may fail (daphne 4.2.3)."""
        from twisted.internet.defer import Deferred

        def start() -> Deferred[None]:
            return Deferred.fromFuture(asyncio.ensure_future(farewell()))

        self._transport.reactor.addSystemEventTrigger("before", "shutdown", start)

    def waiting(self) -> int:
        """Tell how many bytes wait: those that Twisted joined for the next write, and those after them."""
        transport = self._transport
        if self._protocol.state != self._protocol.STATE_OPEN or transport.disconnecting:
            return GONE
        waits: int = transport._tempDataLen + len(transport.dataBuffer) - transport.offset  # noqa: SLF001
        return waits

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport."""
        self._transport.write(data)

    def leave(self) -> None:
        """Close once what waits is sent: the channel of HTTP, still its producer, would keep it open."""
        self._transport.unregisterProducer()
        self._transport.loseConnection()

    def abort(self) -> None:
        """Close now."""
        self._transport.abortConnection()


class TaskPipe(Pipe):
    """For any other server: a task sends one frame after the other, and few wait for it."""

    __slots__ = ("_answers", "_send", "_task", "_waits")

    def __init__(self, send: Send) -> None:
        """Hold the `send` of ASGI."""
        super().__init__()
        self._send = send
        self._answers: deque[dict[str, Any]] = deque()
        self._waits = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_gone(self) -> bool:
        """Whether sending failed, or it was closed."""
        return self.is_closed

    def offer(self, frame: Frame) -> bool:
        """Send a frame if little waits, or nothing does."""
        if self.is_closed or (self._waits and self._waits + len(frame.payload) > BUFFER_BYTES):
            return False
        self._put({"type": "websocket.send", "text": frame.payload.decode()})
        return True

    def say(self, frame: Frame) -> bool:
        """Send a frame after those that wait."""
        if self._waits + len(frame.payload) > ANSWER_BYTES:
            return False
        self._put({"type": "websocket.send", "text": frame.payload.decode()})
        return True

    def close(self, code: int) -> None:
        """End the connection after what waits."""
        if not self.is_closed:
            self._put({"type": "websocket.close", "code": code})
            self.is_closed = True

    def _put(self, message: dict[str, Any]) -> None:
        self._answers.append(message)
        self._waits += len(message.get("text", ""))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._answers:
            message = self._answers[0]
            try:
                await self._send(message)
            except (OSError, RuntimeError):  # the client is gone: its disconnection comes by itself
                self._answers.clear()
                self.is_closed = True
                return
            self._answers.popleft()
            self._waits -= len(message.get("text", ""))


def pipe_to(send: Any) -> Pipe:
    """Find the quickest way to the client behind a `send` that the server gave, unwrapped."""
    protocol = getattr(send, "__self__", None)
    if type(protocol).__name__ == "WebSocketsSansIOProtocol":
        transport = getattr(protocol, "transport", None)
        if all(hasattr(transport, one) for one in ("get_write_buffer_size", "is_closing", "write", "abort")):
            return UvicornPipe(transport)
    protocol = next(iter(getattr(send, "args", ())), None)
    if type(protocol).__name__ == "WebSocketProtocol" and hasattr(protocol, "STATE_OPEN"):
        transport = getattr(protocol, "transport", None)
        parts = ("_tempDataLen", "dataBuffer", "offset", "disconnecting", "unregisterProducer", "reactor")
        if all(hasattr(transport, one) for one in parts):
            return DaphnePipe(protocol)
    return TaskPipe(send)
