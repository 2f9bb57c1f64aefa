"""The encoding of a file, from its first bytes."""

from __future__ import annotations

import codecs
from typing import Final

from market.domain.price_files.faults import UnreadableFileError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT: Final = bytes(set(range(32)) - {9, 10, 13})


def detect(head: bytes) -> str:
    """Return the codec for a file that begins with `head`: UTF-8, UTF-16 or Latin-1.

    Raises:
        UnreadableFileError: it is not text.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _without_mark(head)
    if head.translate(None, _NOT_TEXT) != head:
        raise UnreadableFileError("not-text")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _without_mark(head: bytes) -> str:
    """Tell UTF-16 without a mark by its zero bytes: ASCII has one in every pair, on the same side."""
    even, odd = head[0::2], head[1::2]
    if even.count(0) == 0 and odd.count(0) * 2 > len(odd):
        return "utf-16-le"
    if odd.count(0) == 0 and even.count(0) * 2 > len(even):
        return "utf-16-be"
    raise UnreadableFileError("not-text")
