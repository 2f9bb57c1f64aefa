"""From bytes to cells: encoding, delimiter, lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Final

from portfolios.domain.csv_import.export import OWN_HEADER
from portfolios.domain.csv_import.findings import Finding, UnreadableFile, warning

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200
DELIMITERS: Final = (",", ";", "\t", "|")
ENCODINGS: Final = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp1250", "mac-roman")

_SAMPLE_LINES = 60
_SAMPLE_BYTES = 64 * 1024
_FOREIGN = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "zip"),
    (b"Rar!", "zip"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"SQLite format 3", "binary"),
)
_MARKUP = re.compile(r"\s*<(!doctype|html|\?xml|svg|table)", re.IGNORECASE)
_JSON = re.compile(r"\s*(\{\s*[\"}]|\[\s*[\[{\]\"])")
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f]")
# A text may have a stray control character; one in every ten is no text.
_FEWEST_LETTERS = 10
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Line:
    """One record: the number of the line it starts on (from 1) and its cells."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The records of a file, and how they were read."""

    lines: list[Line]
    encoding: str
    delimiter: str
    findings: tuple[Finding, ...]


def read_sheet(content: bytes, *, encoding: str = "", delimiter: str = "") -> Sheet:
    """Read a file's records; `encoding` and `delimiter` are guessed where they are not given.

    Raises:
        UnreadableFile: it is empty, not CSV, in another encoding, or has too many rows.
    """
    refuse_foreign(content)
    text, used, findings = decoded(content.rstrip(b"\x1a"), encoding)
    _refuse_other_text(text)
    declared = re.match(r"\s*sep=([,;|\t])\r?\n", text)
    mark = delimiter or (declared.group(1) if declared else _delimiter(text))
    lines = _lines(text, mark)
    if declared:
        lines = lines[1:]
    if not lines:
        raise UnreadableFile("empty")
    return Sheet(lines, used, mark, findings)


def refuse_foreign(content: bytes) -> None:
    """Refuse what is no text, by its first bytes, and what is too large.

    Raises:
        UnreadableFile: says which of the two.
    """
    for magic, kind in _FOREIGN:
        if content.startswith(magic):
            raise UnreadableFile("not-csv-" + kind)
    if len(content) > MAX_BYTES:
        raise UnreadableFile("too-large", limit=str(MAX_BYTES // (1024 * 1024)))


def _refuse_other_text(text: str) -> None:
    if not text.strip():
        raise UnreadableFile("empty")
    if _MARKUP.match(text):
        raise UnreadableFile("not-csv-html")
    if _JSON.match(text):
        raise UnreadableFile("not-csv-json")
    if "\0" in text or len(_CONTROL.findall(text)) * _FEWEST_LETTERS > len(text):
        raise UnreadableFile("not-csv-binary")


def decoded(content: bytes, encoding: str) -> tuple[str, str, tuple[Finding, ...]]:
    """Return text, encoding and what to say about it; a byte order mark is left out.

    Raises:
        UnreadableFile: it is not text in the `encoding` that it has or was said to have.
    """
    for mark, name in _BOMS:
        if content.startswith(mark) and (not encoding or encoding.startswith(name[:5])):
            return _strictly(content[len(mark) :], name), name, ()
    if encoding:
        return _strictly(content, encoding), encoding, ()
    wide = _wide(content)
    if wide:
        return _strictly(content, wide), wide, ()
    try:
        return content.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError:
        return _western(content)


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as failure:
        raise UnreadableFile("encoding", encoding=encoding) from failure


def _western(content: bytes) -> tuple[str, str, tuple[Finding, ...]]:
    """Read as Windows-1252, or Latin-1 where that has no letter; nobody can be sure of either."""
    try:
        text, name = content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, name = content.decode("latin-1"), "latin-1"
    return text, name, (warning("guessed-encoding", "file", encoding=name),)


def _wide(content: bytes) -> str:
    """Recognise UTF-16 without a byte order mark: every other byte of Western text is zero."""
    sample = content[:2000]
    half = len(sample) // 2
    if half < 4 or sample.count(0) < half * 0.6:  # noqa: PLR2004 (two letters are no evidence)
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts the first lines into the most even columns."""
    sample = text[:_SAMPLE_BYTES]
    return max(DELIMITERS, key=lambda mark: _evenness(sample, mark))


def _evenness(sample: str, mark: str) -> tuple[float, int]:
    try:
        reader = csv.reader(
            io.StringIO(sample, newline=""), delimiter=mark, skipinitialspace=_padded(sample, mark)
        )
        rows = [row for row in islice(reader, _SAMPLE_LINES) if row]
    except csv.Error:
        return 0.0, 0
    widths = Counter(len(row) for row in rows)
    width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(1, 0))
    return (count / len(rows), width) if width > 1 else (0.0, 0)


def _padded(text: str, mark: str) -> bool:
    """Tell whether quotes follow a blank (``a, "b"``); our own files never have that."""
    sample = text[:_SAMPLE_BYTES]
    return mark != "\t" and f'{mark} "' in sample and not sample.startswith(OWN_HEADER)


def _lines(text: str, mark: str) -> list[Line]:
    """Cut the text into records; empty lines at the end are none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=_padded(text, mark))
    lines, start = [], 1
    try:
        for cells in reader:
            lines.append(Line(start, cells))
            start = reader.line_num + 1
            if len(lines) > MAX_ROWS + _SAMPLE_LINES:
                raise UnreadableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
    except csv.Error as failure:
        raise UnreadableFile("broken-line", line=str(start)) from failure
    while lines and not lines[-1].cells:
        lines.pop()
    if lines:
        _refuse_open_quote(lines[-1], text)
        _refuse_width(lines)
    return lines


def _refuse_open_quote(last: Line, text: str) -> None:
    swallowed = last.cells and "\n" in last.cells[-1].rstrip()
    if swallowed and not text.rstrip().endswith('"'):
        raise UnreadableFile("open-quote", line=str(last.number))


def _refuse_width(lines: list[Line]) -> None:
    widest = max(lines, key=lambda line: len(line.cells))
    if len(widest.cells) > MAX_COLUMNS:
        raise UnreadableFile("too-many-columns", line=str(widest.number), limit=str(MAX_COLUMNS))
