"""Prices of one instrument as they are pasted: a table with a header, or bare lines of date and price."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from market.domain.bars import BarRow
from market.domain.price_files import dates, layout, reader
from market.domain.price_files.faults import Reject, UnreadableFileError
from market.domain.price_files.layout import FIELDS, Wishes

# What bare lines mean, by how many values they have.
_HEADERS: Final = {
    2: ("date", "close"),
    3: ("date", "close", "volume"),
    5: ("date", "open", "high", "low", "close"),
    6: ("date", "open", "high", "low", "close", "volume"),
}
_SURE_MARKS: Final = ";\t|"


@dataclass(slots=True)
class Pasted:
    """Bars in the order of the text, the line of each (from 1), and the lines that are refused."""

    rows: list[BarRow] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read(text: str, today: date, *, adjusted: bool = False) -> Pasted:
    """Read pasted prices; `today` is the last day that is not future. `adjusted`: they are so for splits.

    Raises:
        UnreadableFileError: nothing in it, no column of closes, or marks that may mean two things.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() for line in lines):
        raise UnreadableFileError("empty-file")
    delimiter, added = "", 0
    if _is_bare(next(line for line in lines if line.strip())):
        delimiter, lines = _with_header(lines)
        added = 1
    lines = [f"{line}\n" for line in lines]
    wishes = Wishes(symbol="pasted", delimiter=delimiter, shape=layout.Shape.LONG, adjusted=adjusted)
    found = Pasted()
    for batch in reader.batches(lines, layout.guess(lines, wishes), today):
        found.lines += [line - added for line in batch.lines]
        found.rows += _bars(batch)
        found.rejects += [Reject(one.line - added, one.fault, one.about) for one in batch.rejects]
    found.rejects.sort(key=lambda one: one.line)
    return found


def _is_bare(line: str) -> bool:
    """Tell whether a line begins with a date or a number, and so is no header."""
    first = re.split(r"[;,\t|]", line.strip())[0].strip().strip('"')
    bare = first.split(" ")[0]
    return bare[:1].isdigit() or any(dates.parse(first, one) is not None for one in dates.FORMATS)


def _with_header(lines: Sequence[str]) -> tuple[str, list[str]]:
    first = next(line for line in lines if line.strip())
    delimiter = next((mark for mark in _SURE_MARKS if mark in first), "")
    if not delimiter and re.match(r"\s*\S+\s+\S", first) and _reads_as_date(first.split()[0]):
        delimiter, lines = ";", [re.sub(r"\s+", ";", line.strip()) for line in lines]
    delimiter = delimiter or ","
    width = next(line for line in lines if line.strip()).count(delimiter) + 1
    if width not in _HEADERS:
        raise UnreadableFileError("no-header", header=first.strip()[:80])
    return delimiter, [delimiter.join(_HEADERS[width]), *lines]


def _reads_as_date(text: str) -> bool:
    return any(dates.parse(text, one) is not None for one in dates.FORMATS)


def _bars(batch: reader.Batch) -> list[BarRow]:
    columns = {name: batch.values[name] for name in FIELDS if name in batch.values}
    rows = []
    for at, ordinal in enumerate(batch.days):
        values = {name: Decimal(column[at]) if column[at] else None for name, column in columns.items()}
        close = values.pop("close")
        if close is not None:  # the reader has refused rows without one
            rows.append(BarRow(day=date.fromordinal(ordinal), close=close, **values))
    return rows
