"""Small pictures from elsewhere: known by their bytes, bounded, and rebuilt from what a picture needs.

PNG: W3C, Portable Network Graphics, 5 and 11. JPEG: ITU-T T.81, annex B. Comments, metadata, profiles and
whatever follows the end are left out. SVG is a program and is not taken.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 256 * 1024
MOST_PIXELS: Final = 2048
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_JPEG, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN: Final = 0xDA
# Tables, frames, the restart interval, and the two segments that say what the colours mean.
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_SEGMENTS: Final = _FRAMES | {0xC4, 0xDB, 0xDD, 0xE0, 0xEE}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its media type and its bytes."""

    media_type: str
    body: bytes


def cleaned(data: bytes) -> Picture | None:
    """Rebuild a PNG or JPEG; None for anything else, and for what is damaged or too large."""
    if len(data) > MOST_BYTES:
        return None
    try:
        if data.startswith(_PNG):
            return Picture("image/png", _PNG + b"".join(_png(data)))
        if data.startswith(_JPEG):
            return Picture("image/jpeg", b"".join(_jpeg(data)))
    except (ValueError, IndexError):
        return None
    return None


def _png(data: bytes) -> Iterator[bytes]:
    """Tell the chunks that are kept, the header first and the end last."""
    place, first = len(_PNG), True
    while True:
        length = int.from_bytes(data[place : place + 4])
        chunk = data[place : place + 12 + length]
        name, body = chunk[4:8], chunk[8:-4]
        if len(chunk) != 12 + length or zlib.crc32(name + body) != int.from_bytes(chunk[-4:]):
            raise ValueError(name)
        if first != (name == b"IHDR"):
            raise ValueError(name)
        if first:
            _require_size(int.from_bytes(body[:4]), int.from_bytes(body[4:8]))
        if name in _CHUNKS:
            yield chunk
        if name == b"IEND":
            return
        place, first = place + 12 + length, False


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Tell the segments that are kept up to the first scan, and all of the scans up to the end."""
    yield _JPEG
    place, is_framed = len(_JPEG), False
    while data[place + 1] != _SCAN:
        if data[place] != 0xFF:  # noqa: PLR2004  # a marker begins so
            raise ValueError(place)
        length = int.from_bytes(data[place + 2 : place + 4])
        segment = data[place : place + 2 + length]
        if data[place + 1] in _FRAMES:
            _require_size(int.from_bytes(segment[7:9]), int.from_bytes(segment[5:7]))
            is_framed = True
        if data[place + 1] in _SEGMENTS:
            yield segment
        place += 2 + length
    end = data.rindex(_END)
    if not is_framed or end <= place:
        raise ValueError(end)
    yield data[place : end + len(_END)]


def _require_size(width: int, height: int) -> None:
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise ValueError(width, height)
