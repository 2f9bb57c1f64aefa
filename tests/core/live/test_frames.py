"""Frames are those of RFC 6455: a library that knows nothing of ours reads them."""

from __future__ import annotations

import pytest
from websockets.frames import Close
from websockets.protocol import CLIENT, OPEN, Protocol

from core.live.frames import Frame, close_frame, listing


def parsed(data: bytes):
    reader = Protocol(CLIENT, state=OPEN)
    reader.receive_data(data)
    return reader.events_received()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_texts_of_every_length_are_one_frame(length):
    (found,) = parsed(Frame(b"x" * length).wire)
    assert (found.opcode, found.fin, bytes(found.data)) == (1, True, b"x" * length)


def test_end_carries_its_code():
    (found,) = parsed(close_frame(1013))
    assert Close.parse(bytes(found.data)) == Close(1013, "")


def test_values_are_put_in_as_they_are():
    frame = listing("delta", b'"world":1,"seq":4', "prices", [b'{"a":"1.10"}', b'{"b":2}'])
    assert frame.payload == b'{"type":"delta","world":1,"seq":4,"prices":[{"a":"1.10"},{"b":2}]}'
