"""Tables as one archive: of each a CSV file and a JSON file, and a manifest that tells what they hold.

Rows are read, written and forgotten a few hundred at a time, and the archive lies in a temporary
file once it is large, so that its size is no matter of memory.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Final, Self

from core import deadline
from core.cells import csv_cell, json_text
from core.ports import PersonalTable

FORMAT: Final = 1
ROWS_AT_ONCE: Final = 500
IN_MEMORY: Final = 4 * 1024 * 1024
_READABLE = (stat.S_IFREG | 0o600) << 16


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an archive: how many rows and bytes it has, and the SHA-256 of its bytes."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive, at its beginning, and what is in it besides the manifest."""

    file: IO[bytes]
    parts: tuple[Part, ...]
    made_at: datetime


class _Writer:
    """One file under way: it counts and hashes what is written into it."""

    def __init__(self, archive: zipfile.ZipFile, path: str, made_at: datetime) -> None:
        info = zipfile.ZipInfo(path, made_at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = _READABLE
        self._path = path
        self._target = archive.open(info, "w", force_zip64=True)
        self._hash = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._target.close()

    def write(self, data: bytes) -> int:
        """Write some bytes."""
        self._hash.update(data)
        self._size += len(data)
        return self._target.write(data)

    def part(self, rows: int = 0) -> Part:
        """Tell what was written."""
        return Part(self._path, rows, self._size, self._hash.hexdigest())


def write_archive(
    tables: Iterable[PersonalTable], *, made_at: datetime, readme: str, about: dict[str, Any]
) -> Archive:
    """Write the tables, a text that explains them and a manifest, which begins with `about`.

    Raises:
        TimedOut: the request that asks for it has no time left.
    """
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # it outlives this function
    try:
        parts = _fill(file, tables, made_at.astimezone(UTC), readme, about)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Archive(file, parts, made_at.astimezone(UTC))


def _fill(
    file: IO[bytes], tables: Iterable[PersonalTable], made_at: datetime, readme: str, about: dict[str, Any]
) -> tuple[Part, ...]:
    parts: list[Part] = []
    with zipfile.ZipFile(file, "w") as archive:
        with _Writer(archive, "README.txt", made_at) as out:
            out.write(readme.encode())
        parts.append(out.part())
        for table in tables:
            parts += _written(archive, table, made_at)
        with _Writer(archive, "manifest.json", made_at) as out:
            out.write(_manifest(parts, made_at, about))
    return tuple(parts)


def _manifest(parts: Sequence[Part], made_at: datetime, about: dict[str, Any]) -> bytes:
    files = [asdict(part) for part in parts]
    manifest = {"format": FORMAT, "made_at": made_at, **about, "files": files}
    return (json_text(manifest) + "\n").encode()


def _written(archive: zipfile.ZipFile, table: PersonalTable, made_at: datetime) -> tuple[Part, Part]:
    """Write a table's two files; the archive takes one after the other, so the second waits aside."""
    count = 0
    with SpooledTemporaryFile(max_size=IN_MEMORY) as aside:
        with _Writer(archive, f"csv/{table.name}.csv", made_at) as out:
            out.write(_csv([table.columns]))
            for rows in _some(table.rows):
                out.write(_csv(rows))
                aside.write(_json(table.columns, rows, is_first=count == 0))
                count += len(rows)
                deadline.check()
        aside.write(b"\n]\n" if count else b"[]\n")
        aside.seek(0)
        with _Writer(archive, f"json/{table.name}.json", made_at) as other:
            shutil.copyfileobj(aside, other)
    return out.part(count), other.part(count)


def _some(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    walked = iter(rows)
    while some := list(islice(walked, ROWS_AT_ONCE)):
        yield some


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([csv_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _json(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, is_first: bool) -> bytes:
    lines = [json_text(dict(zip(columns, row, strict=True))) for row in rows]
    return (("[\n" if is_first else ",\n") + ",\n".join(lines)).encode()
