"""Records as a ZIP file of JSON lines, a member a table: written and read one line at a time.

The same records make the same bytes: members carry no time of their own, and `manifest.json`, which comes
last, names each with its number of lines, its size and the SHA-256 of its bytes. The sums tell damage from
what was written; who forges a file forges them too, so whoever reads records checks every value.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, Self

import orjson
from django.utils.translation import gettext as _

from core import deadline
from core.errors import BrokenArchive, TooLarge
from core.money import plain

MANIFEST: Final = "manifest.json"
IN_MEMORY: Final = 4 * 1024 * 1024
LINES_AT_ONCE: Final = 1000
PIECE: Final = 256 * 1024
LONGEST_LINE: Final = 1024 * 1024
LARGEST_MANIFEST: Final = 1024 * 1024
# Packed lines of figures shrink to a tenth, or a fortieth where they are much alike; a bomb to a thousandth.
MOST_SHRUNK: Final = 250
SMALL: Final = 1024 * 1024
_DAY_ONE = (1980, 1, 1, 0, 0, 0)
_READABLE = (stat.S_IFREG | 0o600) << 16
_ENCRYPTED = 0x1
_SUM = 64
Lines = Iterable[Mapping[str, Any] | bytes]


@dataclass(frozen=True, slots=True)
class Member:
    """One table of a bundle: how many lines and bytes it has, and the SHA-256 of its bytes."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written, at its beginning, and its members."""

    file: IO[bytes]
    members: tuple[Member, ...]


def write_bundle(
    tables: Iterable[tuple[str, Lines]], *, form: str, version: int, about: Mapping[str, Any]
) -> Bundle:
    """Write tables of records, each a mapping or a line of JSON that is one already.

    Decimals become texts digit by digit, instants UTC with a Z; what says nothing (None, "") is left out.

    Raises:
        TimedOut: the request that asks for it has no time left.
    """
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # it outlives this function
    try:
        with zipfile.ZipFile(file, "w") as archive:
            members = tuple(_written(archive, path, lines) for path, lines in tables)
            manifest = {
                "format": form,
                "version": version,
                **about,
                "members": [asdict(one) for one in members],
            }
            with archive.open(_entry(MANIFEST), "w") as out:
                out.write(orjson.dumps(manifest, default=_plain, option=orjson.OPT_INDENT_2) + b"\n")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Bundle(file, members)


def _written(archive: zipfile.ZipFile, path: str, lines: Lines) -> Member:
    digest, size, rows = hashlib.sha256(), 0, 0
    with archive.open(_entry(path), "w", force_zip64=True) as out:
        for some in _some(lines):
            data = b"".join(some)
            digest.update(data)
            size, rows = size + len(data), rows + len(some)
            out.write(data)
            deadline.check()
    return Member(path, rows, size, digest.hexdigest())


def _some(lines: Lines) -> Iterator[list[bytes]]:
    found: list[bytes] = []
    for line in lines:
        found.append((line if isinstance(line, bytes) else json_line(line)) + b"\n")
        if len(found) >= LINES_AT_ONCE:
            yield found
            found = []
    if found:
        yield found


def json_line(record: Mapping[str, Any]) -> bytes:
    """Write a record as one line, without what says nothing."""
    told = {name: value for name, value in record.items() if value is not None and value != ""}
    return orjson.dumps(told, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(type(value).__name__)


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _DAY_ONE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = _READABLE
    return info


class BundleReader:
    """A bundle from outside: its members are those that its manifest names, byte for byte.

    `most_bytes` limits what it may hold unpacked. Nothing is unpacked into a file, and no more of a
    member at once than a line.
    """

    def __init__(
        self, file: IO[bytes], *, form: str, version: int, members: Sequence[str], most_bytes: int
    ) -> None:
        """Check the whole file.

        Raises:
            BrokenArchive: it is no such file, is damaged, or is made to do harm; names the member.
            TooLarge: it holds more than `most_bytes`.
        """
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
            raise BrokenArchive(_("This is not a ZIP file, or it was cut short.")) from error
        self._entries = self._checked_entries({*members, MANIFEST}, most_bytes)
        self.about = self._manifest(form, version)
        self.members = self._named(members)
        for one in self.members.values():
            self._verify(one)

    @property
    def size(self) -> int:
        """How many bytes it holds unpacked."""
        return sum(one.bytes for one in self.members.values())

    def lines(self, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Read a member's records with the numbers of their lines, from 1.

        Raises:
            BrokenArchive: a line is no record; names it.
        """
        with self._opened(path) as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE + 1):
                if number % LINES_AT_ONCE == 0:
                    deadline.check()
                number += 1
                yield number, _record(path, number, line)

    def _checked_entries(self, wanted: set[str], most_bytes: int) -> dict[str, zipfile.ZipInfo]:
        listed = self._archive.infolist()
        found = {one.filename: one for one in listed}
        if len(found) < len(listed) or found.keys() != wanted:
            strange = sorted(found.keys() ^ wanted)[:5]
            names = ", ".join(one[:80] for one in strange)
            raise BrokenArchive(_("Its members are not those of an archive: %(names)s") % {"names": names})
        if sum(one.file_size for one in listed) > most_bytes:
            limit = {"limit": most_bytes // (1024 * 1024)}
            raise TooLarge(_("The archive holds more than %(limit)s MB unpacked.") % limit)
        for one in listed:
            is_dense = one.file_size > SMALL and one.file_size > one.compress_size * MOST_SHRUNK
            packed = one.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            if one.flag_bits & _ENCRYPTED or is_dense or not packed:
                raise BrokenArchive(_("No archive of ours is packed like this."), member=one.filename)
        return found

    def _manifest(self, form: str, version: int) -> dict[str, Any]:
        if self._entries[MANIFEST].file_size > LARGEST_MANIFEST:
            raise BrokenArchive(_("This is too long."), member=MANIFEST)
        with self._opened(MANIFEST) as stream:
            found = _loaded(MANIFEST, 0, stream.read())
        if found.get("format") != form:
            raise BrokenArchive(_("This is an archive of another kind."), member=MANIFEST, field="format")
        if found.get("version") != version:
            message = _("This is version %(found)s of the format; version %(known)s can be read.")
            values = {"found": str(found.get("version"))[:20], "known": version}
            raise BrokenArchive(message % values, member=MANIFEST, field="version")
        return found

    def _named(self, members: Sequence[str]) -> dict[str, Member]:
        try:
            told = [Member(**one) for one in self.about["members"]]
            found = {one.path: one for one in told}
            is_whole = len(told) == len(found) and list(found) == list(members)
            is_sound = all(
                type(one.rows) is int and type(one.bytes) is int and len(one.sha256) == _SUM for one in told
            )
        except (KeyError, TypeError, AttributeError):
            is_whole = is_sound = False
        if not (is_whole and is_sound):
            raise BrokenArchive(
                _("It does not name the members of this version."), member=MANIFEST, field="members"
            )
        return found

    def _verify(self, told: Member) -> None:
        digest, size, rows = hashlib.sha256(), 0, 0
        with self._opened(told.path) as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
                size, rows = size + len(piece), rows + piece.count(b"\n")
                deadline.check()
        if (size, rows, digest.hexdigest()) != (told.bytes, told.rows, told.sha256):
            raise BrokenArchive(
                _("It is not what the manifest names: it was damaged or changed."), member=told.path
            )

    def _opened(self, path: str) -> _Stream:
        return _Stream(self._archive, path)


class _Stream:
    """A member as it is unpacked; what the ZIP format finds wrong with it is our own error."""

    def __init__(self, archive: zipfile.ZipFile, path: str) -> None:
        self._path = path
        try:
            self._file = archive.open(path)
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
            raise BrokenArchive(_("It cannot be unpacked."), member=path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """Unpack some bytes."""
        return self._guarded(lambda: self._file.read(size))

    def readline(self, limit: int) -> bytes:
        """Unpack a line of at most `limit` bytes."""
        return self._guarded(lambda: self._file.readline(limit))

    def _guarded(self, read: Any) -> bytes:
        try:
            found: bytes = read()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BrokenArchive(_("It cannot be unpacked."), member=self._path) from error
        return found


def _record(path: str, number: int, line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise BrokenArchive(_("This is too long."), member=path, line=number)
    return _loaded(path, number, line)


def _loaded(path: str, number: int, text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BrokenArchive(_("This is not JSON."), member=path, line=number) from error
    if not isinstance(found, dict) or (b"\\u0000" in text and _has_nul(found)):
        raise BrokenArchive(_("This is no record."), member=path, line=number)
    return found


def _has_nul(value: Any) -> bool:
    """Tell whether a text holds a character that no database stores."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_has_nul(one) for one in value)
