"""Rows of a price file as batches of columns: dates and numbers checked, bad rows apart."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, compress, islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.domain.bars import EARLIEST, LARGEST, PLACES, Fault
from market.domain.price_files import dates, numbers
from market.domain.price_files.faults import Reject, UnreadableFileError
from market.domain.price_files.layout import FIELDS, Layout, Shape

BATCH: Final = 40_000
# float64 tells any two decimals of up to 15 digits apart; longer numbers are compared exactly.
_SURE_LENGTH: Final = 15

Bools = NDArray[np.bool_]


@dataclass(slots=True)
class Batch:
    """Columns of equal length: line numbers, symbols, ordinals of days, and texts of plain decimals.

    A missing number is an empty text; a column that the file lacks is absent from `values`. `given` has
    the numbers of the file where `values` were converted from them.
    """

    lines: list[int]
    symbols: list[str]
    days: list[int]
    values: dict[str, list[str]]
    rejects: list[Reject] = field(default_factory=list)
    given: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, good: Bools) -> None:
        """Drop the rows that are not `good`, shape (n,)."""
        chosen = good.tolist()
        self.lines = list(compress(self.lines, chosen))
        self.symbols = list(compress(self.symbols, chosen))
        self.days = list(compress(self.days, chosen))
        self.values = {name: list(compress(column, chosen)) for name, column in self.values.items()}
        self.given = {name: list(compress(column, chosen)) for name, column in self.given.items()}


class Days:
    """The day of each text, remembered; 0 for what is no date, is future or before 1700."""

    def __init__(self, date_format: str, today: date) -> None:
        self._format, self._today = date_format, today
        self._known: dict[str, int] = {}
        self.faults: dict[str, Fault] = {}

    def ordinals(self, texts: list[str]) -> list[int]:
        """Return the ordinal of each text."""
        known = self._known
        for text in set(texts) - known.keys():
            known[text] = self._read(text)
        return [known[text] for text in texts]

    def _read(self, text: str) -> int:
        day = dates.parse(text, self._format)
        if day is None:
            self.faults[text] = Fault.NOT_A_DATE
        elif day > self._today:
            self.faults[text] = Fault.FUTURE_DATE
        elif day < EARLIEST:
            self.faults[text] = Fault.TOO_EARLY
        else:
            return day.toordinal()
        return 0


def batches(lines: Iterable[str], layout: Layout, today: date) -> Iterator[Batch]:
    """Read the file (with its header) in batches of rows.

    Raises:
        UnreadableFileError: the quoting is broken.
    """
    days = Days(layout.date_format, today)
    shape = _wide if layout.shape is Shape.WIDE else _long
    for rows in _tables(lines, layout):
        batch = shape(rows, layout, days)
        _check_numbers(batch, layout)
        yield batch


@dataclass(slots=True)
class _Rows:
    """Rows of the right width, as columns, with those refused for their width."""

    lines: list[int]
    columns: list[list[str]]
    rejects: list[Reject]


def _tables(lines: Iterable[str], layout: Layout) -> Iterator[_Rows]:
    """Cut lines into columns: without quotes by splitting, from the first quote on by the csv module.

    Splitting makes one flat list of texts instead of a list per row, which the garbage collector
    would walk again and again; it takes a third of the time.
    """
    source = iter(lines)
    at = _skip_header(source, layout)
    while chunk := list(islice(source, BATCH)):
        text = "".join(chunk).replace("\r\n", "\n")
        if '"' in text or "\r" in text:
            yield from _quoted(chain(chunk, source), layout, at)
            return
        yield _split(text, layout, at)
        at += len(chunk)


def _skip_header(source: Iterator[str], layout: Layout) -> int:
    """Pass over the header, which may be quoted; tell the number of the line after it."""
    reader = csv.reader(source, delimiter=layout.delimiter)
    for row in reader:
        if any(cell.strip() for cell in row):
            break
    return reader.line_num + 1


def _split(text: str, layout: Layout, first: int) -> _Rows:
    rows = text.removesuffix("\n").split("\n")
    width, mark = layout.width, layout.delimiter
    numbers_of_lines = list(range(first, first + len(rows)))
    if any(row.count(mark) != width - 1 for row in rows):
        numbered = [(line, row.split(mark)) for line, row in zip(numbers_of_lines, rows, strict=True) if row]
        return _even_rows(numbered, layout)
    cells = mark.join(rows).split(mark)
    return _Rows(numbers_of_lines, [cells[place::width] for place in range(width)], [])


def _quoted(lines: Iterable[str], layout: Layout, first: int) -> Iterator[_Rows]:
    reader = csv.reader(lines, delimiter=layout.delimiter, skipinitialspace=True, strict=True)
    try:
        while numbered := [
            (reader.line_num + first - 1, row) for _, row in zip(range(BATCH), reader, strict=False)
        ]:
            yield _even_rows(numbered, layout)
    except csv.Error as error:
        line = reader.line_num + first - 1
        raise UnreadableFileError("broken-csv", line=line, reason=str(error)) from error


def _even_rows(numbered: list[tuple[int, list[str]]], layout: Layout) -> _Rows:
    """Part the rows of the header's width from the others; empty lines are nothing."""
    width = layout.width
    rejects = [
        Reject(line, Fault.WRONG_WIDTH, f"{len(row)}/{width}")
        for line, row in numbered
        if len(row) != width and any(map(str.strip, row))
    ]
    even = [(line, row) for line, row in numbered if len(row) == width]
    columns = [list(column) for column in zip(*(row for _line, row in even), strict=True)]
    return _Rows([line for line, _row in even], columns or [[] for _ in range(width)], rejects)


def _long(rows: _Rows, layout: Layout, days: Days) -> Batch:
    at = layout.places
    count = len(rows.lines)
    batch = Batch(
        lines=rows.lines,
        symbols=rows.columns[at["symbol"]] if "symbol" in at else [layout.symbol] * count,
        days=days.ordinals(rows.columns[at["date"]]),
        values={name: rows.columns[at[name]] for name in FIELDS if name in at},
        rejects=rows.rejects,
    )
    _refuse_bad_days(batch, rows.columns[at["date"]], days)
    return batch


def _wide(rows: _Rows, layout: Layout, days: Days) -> Batch:
    texts = rows.columns[layout.places["date"]]
    ordinals = days.ordinals(texts)
    batch = Batch([], [], [], {"close": []}, rows.rejects)
    all_texts: list[str] = []
    for symbol, place in layout.symbols.items():
        cells = rows.columns[place]
        filled = [bool(cell.strip()) for cell in cells]
        batch.lines += compress(rows.lines, filled)
        batch.days += compress(ordinals, filled)
        batch.values["close"] += compress(cells, filled)
        batch.symbols += [symbol] * (len(batch.lines) - len(batch.symbols))
        all_texts += compress(texts, filled)
    _refuse_bad_days(batch, all_texts, days)
    return batch


def _refuse_bad_days(batch: Batch, texts: list[str], days: Days) -> None:
    good = np.array(batch.days, dtype=np.int64) > 0
    if good.all():
        return
    for at in np.flatnonzero(~good).tolist():
        batch.rejects.append(Reject(batch.lines[at], days.faults[texts[at]], texts[at].strip()))
    batch.keep(good)


def _check_numbers(batch: Batch, layout: Layout) -> None:
    """Write numbers plainly and refuse the rows whose prices cannot be."""
    original, floats = batch.values, {}
    batch.values = {}
    for name, texts in original.items():
        batch.values[name], floats[name] = numbers.column(texts, layout.decimal)
    good = np.ones(len(batch.lines), dtype=np.bool_)
    for fault, about, bad in _number_faults(batch, floats):
        for at in np.flatnonzero(bad & good).tolist():
            shown = f"{about} {original[about][at]}".strip()
            batch.rejects.append(Reject(batch.lines[at], fault, shown))
        good &= ~bad
    if not good.all():
        batch.keep(good)


def _number_faults(
    batch: Batch, floats: dict[str, NDArray[np.float64]]
) -> Iterator[tuple[Fault, str, Bools]]:
    for name, values in floats.items():
        yield Fault.NOT_A_NUMBER, name, _unknown(batch.values[name], values)
        if name == "close":
            yield Fault.MISSING, name, np.isnan(values)
        if name == "volume":
            yield Fault.NEGATIVE_VOLUME, name, values < 0
        else:
            yield Fault.NOT_POSITIVE, name, values <= 0
        yield Fault.OUT_OF_RANGE, name, _unfit(batch.values[name], values)
    yield from _shape_faults(batch, floats)


def _unknown(texts: list[str], values: NDArray[np.float64]) -> Bools:
    if not np.isnan(values).any():
        return np.zeros(len(texts), dtype=np.bool_)
    return np.array([text == numbers.BAD for text in texts], dtype=np.bool_)


def _unfit(texts: list[str], values: NDArray[np.float64]) -> Bools:
    unfit: Bools = values >= float(LARGEST)
    if max(map(len, texts), default=0) > PLACES:
        unfit |= np.array([_places(text) > PLACES for text in texts], dtype=np.bool_)
    return unfit


def _places(text: str) -> int:
    mantissa, _mark, power = text.lower().partition("e")
    _whole, _point, fraction = mantissa.partition(".")
    return len(fraction.rstrip("0")) - int(power or 0)


def _shape_faults(batch: Batch, floats: dict[str, NDArray[np.float64]]) -> Iterator[tuple[Fault, str, Bools]]:
    for small, large, fault, about in (
        ("low", "high", Fault.HIGH_BELOW_LOW, "high"),
        ("low", "close", Fault.CLOSE_OUTSIDE, "close"),
        ("close", "high", Fault.CLOSE_OUTSIDE, "close"),
        ("low", "open", Fault.OPEN_OUTSIDE, "open"),
        ("open", "high", Fault.OPEN_OUTSIDE, "open"),
    ):
        if small in floats and large in floats:
            yield fault, about, _above(batch, floats, small, large)


def _above(batch: Batch, floats: dict[str, NDArray[np.float64]], small: str, large: str) -> Bools:
    """Tell where `small` exceeds `large`; exactly, also where float64 would call them equal."""
    above: Bools = floats[small] > floats[large]
    equal = np.flatnonzero(floats[small] == floats[large])
    one, two = batch.values[small], batch.values[large]
    for at in equal.tolist():
        if max(len(one[at]), len(two[at])) > _SURE_LENGTH:
            above[at] = _exactly_above(one[at], two[at])
    return above


def _exactly_above(one: str, two: str) -> bool:
    return Decimal(one) > Decimal(two)
