"""What the columns of a price file mean: guessed from its header and first rows, or told."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final

from market.domain.price_files import dates, numbers
from market.domain.price_files.faults import UnreadableFileError

FIELDS: Final = ("open", "high", "low", "close", "volume")
DELIMITERS: Final = ",;\t|"
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "symbol": (
        "symbol",
        "ticker",
        "instrument",
        "code",
        "isin",
        "name",
        "security",
        "wkn",
        "wertpapier",
        "symbole",
    ),
    "date": ("date", "datum", "day", "tag", "time", "timestamp", "datetime", "data", "fecha", "dt", "caldt"),
    "open": ("open", "eroeffnung", "eröffnung", "erster", "first", "opening", "ouverture", "openprice"),
    "high": ("high", "hoch", "tageshoch", "max", "haut", "highprice"),
    "low": ("low", "tief", "tagestief", "min", "bas", "lowprice"),
    "close": (
        "close",
        "closelast",
        "schluss",
        "schlusskurs",
        "closing",
        "closingprice",
        "closeprice",
        "last",
        "price",
        "kurs",
        "value",
        "nav",
        "clôture",
        "cloture",
    ),
    "volume": ("volume", "volumen", "vol", "umsatz", "stück", "stuecke", "stücke", "shares"),
}
_LETTERS: Final = {"o": "open", "h": "high", "l": "low", "c": "close"}
_ADJUSTED: Final = re.compile(r"^(adj|adjusted|bereinigt)|adj(usted)?[.\s_-]*close", re.IGNORECASE)
# By convention an adjusted close has dividends taken out too, unless it says that it is for splits alone.
_FOR_SPLITS: Final = re.compile(r"split(?!.*div)", re.IGNORECASE)


class Shape(StrEnum):
    """One row a symbol and day, or one row a day with a column per symbol."""

    LONG = "long"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says about a file; what is empty is guessed. `columns` maps field to header.

    `adjusted`: its prices are adjusted for splits; else they are as traded.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    symbol: str = ""
    delimiter: str = ""
    decimal: str = ""
    date_format: str = ""
    shape: str = ""
    adjusted: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file's rows: places of columns (from 0), marks and formats.

    `symbols` has the column places of a wide file; `symbol` is the constant symbol of a file
    without a symbol column. `ignored` names the headers that are not read.
    """

    shape: Shape
    delimiter: str
    decimal: str
    date_format: str
    width: int
    places: Mapping[str, int]
    headers: tuple[str, ...]
    symbol: str = ""
    symbols: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()


def guess(lines: Sequence[str], wishes: Wishes, *, fallback_symbol: str = "") -> Layout:
    """Find out how to read a file from its first lines.

    `fallback_symbol` stands for a file without a symbol column when nothing else is said.

    Raises:
        UnreadableFileError: no header, no date or no price column, or marks that may mean two things.
    """
    filled = [line for line in lines if line.strip()]
    if not filled:
        raise UnreadableFileError("empty-file")
    delimiter = wishes.delimiter or _delimiter(filled)
    rows = list(islice(csv.reader(filled, delimiter=delimiter, skipinitialspace=True), len(filled)))
    headers, sample = tuple(cell.strip() for cell in rows[0]), rows[1:]
    _refuse_no_header(headers)
    places = _places(headers, wishes)
    _refuse_adjusted(places, headers, wishes, next(at for at, one in enumerate(lines, 1) if one.strip()))
    shape = _shape(places, headers, wishes)
    symbols = _symbol_columns(places, headers, shape)
    read = {*places.values(), *symbols.values()}
    return Layout(
        shape=shape,
        delimiter=delimiter,
        decimal=wishes.decimal
        or numbers.guess(_cells(sample, [*symbols.values(), *_price_places(places)], len(headers))),
        date_format=wishes.date_format or dates.guess(_cells(sample, [places["date"]], len(headers))),
        width=len(headers),
        places=places,
        headers=headers,
        symbol=_constant_symbol(places, shape, wishes, fallback_symbol),
        symbols=symbols,
        ignored=tuple(
            name for at, name in enumerate(headers) if at not in read and not _ADJUSTED.search(name)
        ),
        adjusted=tuple(name for at, name in enumerate(headers) if at not in read and _ADJUSTED.search(name)),
    )


def _delimiter(lines: Sequence[str]) -> str:
    outside = re.sub(r'"[^"]*"', "", lines[0])
    counts = {mark: outside.count(mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: counts[mark])
    if not counts[best]:
        raise UnreadableFileError("one-column", header=lines[0].strip()[:80])
    return best


def _refuse_no_header(headers: Sequence[str]) -> None:
    if any(dates.parse(cell, one) for cell in headers for one in dates.FORMATS):
        raise UnreadableFileError("no-header", header=", ".join(headers)[:80])
    named = [name for name in headers if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise UnreadableFileError("column-twice", column=twice[0])


def _places(headers: Sequence[str], wishes: Wishes) -> dict[str, int]:
    places: dict[str, int] = {}
    for name, header in wishes.columns.items():
        if name not in _NAMES:
            raise UnreadableFileError("unknown-field", field=name, known=", ".join(_NAMES))
        if header not in headers:
            raise UnreadableFileError("no-such-column", column=header, headers=", ".join(headers))
        places[name] = headers.index(header)
    bare = [re.sub(r"[^\w]|_", "", header).lower() for header in headers]
    if set(_LETTERS) <= set(bare):  # "C" alone is Citigroup, not a close
        bare = [_LETTERS.get(name, name) for name in bare]
    for name, known in _NAMES.items():
        if name in places or (name == "symbol" and wishes.symbol):
            continue
        found = [bare.index(one) for one in known if one in bare and bare.index(one) not in places.values()]
        if found:
            places[name] = found[0]
    if "date" not in places:
        raise UnreadableFileError("no-date-column", headers=", ".join(headers))
    return places


def _refuse_adjusted(places: Mapping[str, int], headers: Sequence[str], wishes: Wishes, line: int) -> None:
    """Refuse columns whose name says that they are adjusted otherwise than the user says."""
    for header in (headers[places[name]] for name in FIELDS if name in places):
        if not _ADJUSTED.search(header):
            continue
        if not _FOR_SPLITS.search(header):
            raise UnreadableFileError("total-return", column=header, line=line)
        if not wishes.adjusted:
            raise UnreadableFileError("adjusted-column", column=header, line=line)


def _shape(places: Mapping[str, int], headers: Sequence[str], wishes: Wishes) -> Shape:
    if wishes.shape:
        shape = Shape(wishes.shape)
    else:
        shape = Shape.LONG if "close" in places or "symbol" in places else Shape.WIDE
    if shape is Shape.LONG and "close" not in places:
        adjusted = any(_ADJUSTED.search(name) for name in headers)
        raise UnreadableFileError(
            "only-adjusted" if adjusted else "no-close-column", headers=", ".join(headers)
        )
    if shape is Shape.WIDE and any(_ADJUSTED.search(name) for name in headers):
        raise UnreadableFileError("only-adjusted", headers=", ".join(headers))
    return shape


def _symbol_columns(places: Mapping[str, int], headers: Sequence[str], shape: Shape) -> dict[str, int]:
    if shape is Shape.LONG:
        return {}
    symbols = {name: at for at, name in enumerate(headers) if name and at != places["date"]}
    if not symbols:
        raise UnreadableFileError("no-close-column", headers=", ".join(headers))
    return symbols


def _constant_symbol(places: Mapping[str, int], shape: Shape, wishes: Wishes, fallback: str) -> str:
    if shape is Shape.WIDE or "symbol" in places:
        return ""
    symbol = wishes.symbol or fallback
    if not symbol:
        raise UnreadableFileError("no-symbol")
    return symbol


def _price_places(places: Mapping[str, int]) -> list[int]:
    return [places[name] for name in FIELDS if name in places and name != "volume"]


def _cells(rows: Sequence[Sequence[str]], places: Sequence[int], width: int) -> list[str]:
    return [row[at] for row in rows if len(row) == width for at in places]
