"""Files of ticks: which column is what, and the reading of a line that the database would not take."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from market.domain.price_files.faults import UnreadableFileError
from market.domain.ticks import SIZES, NewTick, TickFault, fault_of

NAMES: Final = {
    "ticker": "ticker", "symbol": "ticker", "instrument": "ticker",
    "date": "date", "day": "date", "time": "time",
    "timestamp": "at", "datetime": "at", "at": "at",
    "ltp": "price", "price": "price", "last": "price", "lastprice": "price", "lasttradedprice": "price",
    "ltq": "quantity", "quantity": "quantity", "qty": "quantity", "lastquantity": "quantity",
    "lasttradedquantity": "quantity", "volume": "quantity",
    "buyprice": "bid", "bid": "bid", "bidprice": "bid",
    "buyqty": "bid_size", "bidsize": "bid_size", "bidqty": "bid_size", "buyquantity": "bid_size",
    "sellprice": "ask", "ask": "ask", "askprice": "ask",
    "sellqty": "ask_size", "asksize": "ask_size", "askqty": "ask_size", "sellquantity": "ask_size",
    "openinterest": "open_interest", "oi": "open_interest",
}  # fmt: skip
DELIMITERS: Final = ",;\t|"
_NUMBERS: Final = frozenset({"price", *SIZES})
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?")


Cell: TypeAlias = str | Decimal | date | time | datetime | None


@dataclass(frozen=True, slots=True)
class Layout:
    """What each column of a file is ("": not read), in their order, and what parts them.

    With `at` there is one column with the whole instant, else `date` and `time`.
    """

    columns: tuple[str, ...]
    delimiter: str

    @property
    def has_ticker(self) -> bool:
        """Tell whether the lines name their instrument."""
        return "ticker" in self.columns


@dataclass(frozen=True, slots=True)
class LineFaultError(Exception):
    """A line is not a tick: why, and the text that is to blame."""

    fault: TickFault
    about: str


def layout(header: str) -> Layout:
    """Tell the columns by their names.

    Raises:
        UnreadableFileError: a name comes twice, or there is no instant or no price among them.
    """
    delimiter = max(DELIMITERS, key=header.count)
    cells = next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])
    columns = [NAMES.get(re.sub(r"[^a-z]", "", one.lower()), "") for one in cells]
    if "at" in columns:
        columns = ["" if one in {"date", "time"} else one for one in columns]
    elif ("date" in columns) != ("time" in columns):
        columns = ["at" if one in {"date", "time"} else one for one in columns]
    for one in columns:
        if one and columns.count(one) > 1:
            raise UnreadableFileError("column-twice", column=cells[columns.index(one)])
    if "at" not in columns and "date" not in columns:
        raise UnreadableFileError("no-date-column", headers=", ".join(cells))
    if "price" not in columns:
        raise UnreadableFileError("no-price-column", headers=", ".join(cells))
    return Layout(tuple(columns), delimiter)


def read_line(line: str, table: Layout, zone: ZoneInfo) -> dict[str, Cell]:
    """Read one line, by column; an instant without an offset is of `zone`.

    Raises:
        LineFaultError: says what is wrong with it.
    """
    try:
        cells = next(csv.reader([line], delimiter=table.delimiter, strict=True), [])
    except csv.Error as error:
        raise LineFaultError(TickFault.WRONG_WIDTH, str(error)) from error
    if len(cells) != len(table.columns):
        raise LineFaultError(TickFault.WRONG_WIDTH, str(len(cells)))
    told = {name: cell.strip() for name, cell in zip(table.columns, cells, strict=True) if name}
    return {name: read_cell(name, text, zone) if text else None for name, text in told.items()}


def check(
    told: dict[str, Cell], table: Layout, zone: ZoneInfo, oldest: datetime, latest: datetime
) -> datetime:
    """Refuse a line that lacks something, or whose values no tick has; answer its instant (UTC).

    Raises:
        LineFaultError: says what is wrong with it.
    """
    at, price = _at(told, zone), told["price"]
    if at is None:
        raise LineFaultError(TickFault.NO_TIME, "")
    if not isinstance(price, Decimal):
        raise LineFaultError(TickFault.NO_PRICE, "")
    if table.has_ticker and not told["ticker"]:
        raise LineFaultError(TickFault.UNKNOWN_SYMBOL, "")
    sizes: dict[str, Any] = {name: told.get(name) for name in SIZES}
    fault = fault_of(NewTick(0, at, price, **sizes), latest, oldest)
    if fault is not None:
        raise LineFaultError(fault, "")
    return at


def _at(told: dict[str, Cell], zone: ZoneInfo) -> datetime | None:
    at, day, clock = told.get("at"), told.get("date"), told.get("time")
    if isinstance(day, date) and isinstance(clock, time):
        return datetime.combine(day, clock, zone).astimezone(UTC)
    return at if isinstance(at, datetime) else None


def read_cell(name: str, text: str, zone: ZoneInfo) -> Cell:
    """Read what stands in a column; an instant without an offset is of `zone`.

    Raises:
        LineFaultError: says what is wrong with it.
    """
    if name in _NUMBERS:
        return _number(text)
    if name == "ticker":
        return text
    try:
        if name == "date":
            return _day(text)
        return _instant(text, zone) if name == "at" else _time(text)
    except (ValueError, OverflowError) as error:
        raise LineFaultError(TickFault.NOT_A_TIME, text[:40]) from error


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise LineFaultError(TickFault.NOT_A_NUMBER, text[:40])
    return Decimal(text)


def _time(text: str) -> time:
    found = time.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError(text)
    return found


def _instant(text: str, zone: ZoneInfo) -> datetime:
    day, clock = re.split(r"[T ]", text, maxsplit=1)
    at = datetime.combine(_day(day), time.fromisoformat(clock))
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _day(text: str) -> date:
    if match := _ISO.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.fullmatch(text):
        return date(int(match[3]), int(match[2]), int(match[1]))
    raise ValueError(text)
