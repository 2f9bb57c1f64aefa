"""Messages as a WebSocket carries them from the server, built once for however many sockets.

Source of the layout: RFC 6455, section 5.2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

_TEXT: Final = 0x81
_CLOSE: Final = 0x88
_SHORT: Final = 126
_MEDIUM: Final = 1 << 16


class Frame:
    """One text message: its JSON, and the bytes on the wire."""

    __slots__ = ("payload", "wire")

    def __init__(self, payload: bytes) -> None:
        """Frame a text in UTF-8."""
        self.payload = payload
        self.wire = head(_TEXT, len(payload)) + payload

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Frame:
        """Frame a message as JSON."""
        return cls(orjson.dumps(message))


def head(first: int, length: int) -> bytes:
    """Write the head of an unmasked frame: its first byte and the length of what follows."""
    if length < _SHORT:
        return bytes((first, length))
    if length < _MEDIUM:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


def close_frame(code: int) -> bytes:
    """Frame the end of a connection, with its code."""
    return head(_CLOSE, 2) + struct.pack("!H", code)


def listing(kind: str, front: bytes, name: str, values: Iterable[bytes]) -> Frame:
    """Frame a message of values that are JSON already; `front` is the JSON of its other members."""
    parts = (
        b'{"type":"',
        kind.encode(),
        b'",',
        front,
        b',"',
        name.encode(),
        b'":[',
        b",".join(values),
        b"]}",
    )
    return Frame(b"".join(parts))
