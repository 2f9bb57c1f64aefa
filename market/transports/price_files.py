"""Price files on disk or uploaded: plain, gzip or ZIP, opened within limits, as lines of text."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Final, Protocol

from market.domain.price_files import encoding
from market.domain.price_files.faults import UnreadableFileError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_EMPTY_ZIP = b"PK\x05\x06"
# Python unpacks the others a whole read at a time, without a bound: a bomb would fill the memory first
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_HEAD: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 16
_TABLE_ENDINGS: Final = (".csv", ".txt", ".tsv", "")
BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may unpack to.

    `max_bytes` in all; beyond `ratio_from` bytes at most `max_ratio` times what it packs.
    """

    max_bytes: int = 4 << 30
    max_ratio: int = 300
    ratio_from: int = 4 << 20
    max_members: int = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """One table: the file itself or one of its ZIP's members. `open` starts reading its bytes anew."""

    name: str
    open: Callable[[], io.BufferedReader[_Guarded]]

    @property
    def stem(self) -> str:
        """The name without folder and endings: often the symbol."""
        return PurePath(self.name).name.split(".")[0]


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; none at the end."""

    def close(self) -> None:
        """Let go of it."""


class _Guarded(io.RawIOBase):
    """Read an unpacked stream and stop a bomb when what comes out passes the limits."""

    def __init__(self, inner: Readable, packed: int, limits: Limits) -> None:
        self._inner, self._packed, self._limits, self._read = inner, max(packed, 1), limits, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        data = self._inner.read(len(view))
        self._read += len(data)
        self._refuse_bomb()
        view[: len(data)] = data
        return len(data)

    def _refuse_bomb(self) -> None:
        limits = self._limits
        if self._read > limits.max_bytes:
            raise UnreadableFileError("too-large", limit=limits.max_bytes)
        if self._read > limits.ratio_from and self._read > self._packed * limits.max_ratio:
            raise UnreadableFileError("zip-bomb", ratio=limits.max_ratio)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


@contextmanager
def reading() -> Iterator[None]:
    """Turn what broken archives and wrong encodings raise into one error.

    Raises:
        UnreadableFileError: the archive is damaged or encrypted, or the text is not in its encoding.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise UnreadableFileError("wrong-encoding", encoding=error.encoding) from error
    except BROKEN as error:
        raise UnreadableFileError("broken-archive", reason=str(error)) from error


def members(file: IO[bytes], name: str, limits: Limits) -> list[Member]:
    """List the tables in an open, seekable file, told by its first bytes and not by its name.

    Raises:
        UnreadableFileError: a damaged or encrypted archive, one in another, or too many members.
    """
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    head = file.read(4)
    if head in {_ZIP, _EMPTY_ZIP}:
        return _zipped(file, limits)
    if head[:2] == _GZIP:
        plain = name.removesuffix(".gz")
        return [Member(plain, lambda: _unpacked(_gunzip(file), size, limits))]
    if name.lower().endswith((".zip", ".gz")):
        raise UnreadableFileError("broken-archive", reason=name)
    return [Member(name, lambda: _unpacked(_rewound(file), size, limits))]


def lines(member: Member, wanted_encoding: str = "") -> tuple[list[str], Iterator[str], str]:
    """Open a table: its first lines (up to 2000), the iterator over the rest, and its encoding.

    Raises:
        UnreadableFileError: it is not text, or a line is longer than any row of prices.
    """
    raw = member.open()
    head = raw.peek(_HEAD)[:_HEAD]
    codec = wanted_encoding or encoding.detect(head)
    text = io.TextIOWrapper(raw, encoding=codec, newline="")
    rest = _bounded(text)
    return list(islice(rest, 2000)), rest, codec


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    with text:
        for number, line in enumerate(iter(lambda: text.readline(_LONGEST_LINE), ""), start=1):
            if len(line) >= _LONGEST_LINE:
                raise UnreadableFileError("long-line", line=number)
            yield line


def _zipped(file: IO[bytes], limits: Limits) -> list[Member]:
    archive = zipfile.ZipFile(file)
    tables = [one for one in archive.infolist() if _is_table(one)]
    if any(one.filename == "[Content_Types].xml" for one in archive.infolist()):
        raise UnreadableFileError("workbook")
    if len(tables) > limits.max_members:
        raise UnreadableFileError("too-many-members", limit=limits.max_members)
    if sum(one.file_size for one in tables) > limits.max_bytes:
        raise UnreadableFileError("too-large", limit=limits.max_bytes)
    for one in archive.infolist():
        if one.flag_bits & 0x1:
            raise UnreadableFileError("encrypted", member=one.filename)
        if one.compress_type not in _METHODS:
            raise UnreadableFileError("packed-otherwise", member=one.filename)
        if one.filename.lower().endswith((".zip", ".gz", ".7z", ".rar")):
            raise UnreadableFileError("nested-archive", member=one.filename)
    if not tables:
        raise UnreadableFileError("no-table")
    return [_member(archive, one, limits) for one in tables]


def _is_table(info: zipfile.ZipInfo) -> bool:
    path = PurePath(info.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not info.is_dir() and not hidden and path.suffix.lower() in _TABLE_ENDINGS


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Member:
    return Member(info.filename, lambda: _unpacked(archive.open(info), info.compress_size, limits))


def _rewound(file: IO[bytes]) -> Readable:
    file.seek(0)
    return _Unclosed(file)


def _gunzip(file: IO[bytes]) -> Readable:
    file.seek(0)
    return gzip.GzipFile(fileobj=file, mode="rb")


def _unpacked(inner: Readable, packed: int, limits: Limits) -> io.BufferedReader[_Guarded]:
    buffered = io.BufferedReader(_Guarded(inner, packed, limits), _HEAD)
    if buffered.peek(4)[:4] == _ZIP or buffered.peek(2)[:2] == _GZIP:
        raise UnreadableFileError("nested-archive", member="")
    return buffered


class _Unclosed:
    """Let a reader close its view of the file without closing the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read

    def close(self) -> None:
        """Leave the file open: it is the caller's."""
