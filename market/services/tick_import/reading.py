"""A file of ticks into the database: its bytes as they are, and line by line only where that fails."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import DataError, IntegrityError, sql

from market.domain.bars import LARGEST, PLACES
from market.domain.price_files.faults import UnreadableFileError
from market.domain.tick_files import Layout, LineFaultError, check, layout, read_line
from market.domain.ticks import SIZES, TickFault
from market.services.tick_import.symbols import Meanings
from market.services.ticks.store import FILED
from market.transports.price_files import Member

BLOCK: Final = 1 << 20
LONGEST_LINE: Final = 1 << 16
_TYPES: Final = {
    "date": "date",
    "time": "timetz",
    "at": "timestamptz",
    "price": "numeric",
    **dict.fromkeys(SIZES, "numeric"),
}
# A time of day is of `zone`. What a column of times would drop without a word, an offset of its own, shows
# as another than this one, which nobody writes.
_NO_OFFSET: Final = "<+1359>-13:59"
_NO_OFFSET_SECONDS: Final = (13 * 60 + 59) * 60
# NaN is greater than any number
_FITS: Final = (
    f"{{name}} < {LARGEST:f} AND (scale({{name}}) <= {PLACES} OR scale(trim_scale({{name}})) <= {PLACES})"
)
_SETTINGS: Final = "SELECT set_config('datestyle', %s, true), set_config('timezone', %s, true)"
_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is no tick: its number from 1, the fault and the text to blame, and the line itself."""

    line: int
    fault: TickFault
    about: str
    text: str


@dataclass(slots=True)
class Reading:
    """How far a table is read: lines after the header, and what was refused of them (the first `most`).

    Times without an offset are of `zone`; ticks from `oldest` to `latest` are taken.
    """

    zone: str
    oldest: datetime
    latest: datetime
    most: int
    lines: int = 0
    refused_count: int = 0
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, one: Refused) -> None:
        """Count a line that is no tick, and keep it unless there are too many."""
        self.refused_count += 1
        if len(self.refused) < self.most:
            self.refused.append(one)


def copy_table(member: Member, ticker: str, reading: Reading) -> Iterator[int]:
    """Copy a table into a temporary one and yield after each block how many lines were read.

    `ticker` is meant where no column names one.

    Raises:
        UnreadableFileError: the header is none, or a line is longer than any tick.
    """
    with member.open() as raw:
        header = raw.readline(LONGEST_LINE).removeprefix(_MARK)
        if not header:
            raise UnreadableFileError("empty-file")
        table = layout(header.decode("utf-8"))
        if not table.has_ticker and not ticker:
            raise UnreadableFileError("no-symbol")
        _make(table, ticker, reading)
        line = 2
        while block := raw.read(BLOCK):
            block += raw.readline(LONGEST_LINE)
            if len(block) >= BLOCK + LONGEST_LINE and not block.endswith(b"\n"):
                raise UnreadableFileError("long-line", line=line + block.count(b"\n"))
            line = _copy(block, line, table, reading)
            yield reading.lines


def _make(table: Layout, ticker: str, reading: Reading) -> None:
    """Make the temporary table with the columns of the file, in their order; it takes good ticks only."""
    columns: list[sql.Composable] = [
        sql.SQL("{} {}").format(sql.Identifier(_column(name, at)), sql.SQL(_TYPES.get(name, "text")))
        for at, name in enumerate(table.columns)
    ]
    if "at" not in table.columns:
        made = 'at timestamptz GENERATED ALWAYS AS (("date" + "time"::time) AT TIME ZONE {}) STORED'
        columns.append(sql.SQL(made).format(sql.Literal(reading.zone)))
        columns.append(sql.SQL(f'CHECK (extract(timezone FROM "time") = {_NO_OFFSET_SECONDS})'))
    if not table.has_ticker:
        columns.append(sql.SQL("ticker text DEFAULT {}").format(sql.Literal(ticker)))
    columns += [sql.SQL(f"{name} numeric") for name in SIZES if name not in table.columns]
    columns += [
        sql.SQL("CHECK (ticker IS NOT NULL AND at IS NOT NULL AND at BETWEEN {} AND {})").format(
            sql.Literal(reading.oldest), sql.Literal(reading.latest)
        ),
        sql.SQL(f"CHECK (price IS NOT NULL AND price > 0 AND {_FITS.format(name='price')})"),
        *(sql.SQL(f"CHECK ({name} >= 0 AND {_FITS.format(name=name)})") for name in SIZES),
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {FILED}")
        made_table = sql.SQL("CREATE TEMP TABLE {} ({})").format(
            sql.Identifier(FILED), sql.SQL(", ").join(columns)
        )
        cursor.execute(made_table.as_string(cursor.connection))


def _column(name: str, at: int) -> str:
    return name or f"unread_{at}"


def _copy(block: bytes, line: int, table: Layout, reading: Reading) -> int:
    """Copy a block of whole lines that begins with `line`; answer the number of the next."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    reading.lines += count
    try:
        with transaction.atomic():
            _pass_on(block, count, table, reading.zone)
    except (DataError, IntegrityError):
        _line_by_line(block, line, table, reading)
    return line + count


def _pass_on(block: bytes, count: int, table: Layout, zone: str) -> None:
    """Give a block of so many lines to the database as it is.

    Raises:
        DataError: a line is no row.
    """
    names = [_column(name, at) for at, name in enumerate(table.columns)]
    with connection.cursor() as cursor, _written_as_here(cursor, table, zone):
        with cursor.copy(_statement(names, table.delimiter)) as copy:
            copy.write(block)
        if cursor.rowcount != count:
            raise DataError("a line is no row of its own")


@contextmanager
def _written_as_here(cursor: CursorWrapper, table: Layout, zone: str) -> Iterator[None]:
    """Let the database read days as the files write them, and times as of `zone`."""
    cursor.execute("SELECT current_setting('datestyle'), current_setting('timezone')")
    before = cursor.fetchone()
    cursor.execute(_SETTINGS, ["ISO, DMY", zone if "at" in table.columns else _NO_OFFSET])
    yield
    # after a failure the savepoint takes them back
    cursor.execute(_SETTINGS, before)


def _statement(names: Sequence[str], delimiter: str = "") -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(FILED), listed)
    if not delimiter:
        return copy
    return copy + sql.SQL(" WITH (FORMAT csv, DELIMITER {}, ENCODING 'utf8')").format(sql.Literal(delimiter))


def _line_by_line(block: bytes, line: int, table: Layout, reading: Reading) -> None:
    """Read a block that holds something else than ticks, and copy what is good of it."""
    zone = ZoneInfo(reading.zone)
    names = [name for name in table.columns if name]
    with (
        connection.cursor() as cursor,
        _written_as_here(cursor, table, reading.zone),
        cursor.copy(_statement(names)) as copy,
    ):
        for number, raw in enumerate(io.BytesIO(block), start=line):
            if not raw.strip():
                reading.lines -= 1
                continue
            try:
                told = read_line(_text(raw), table, zone)
                check(told, table, zone, reading.oldest, reading.latest)
            except LineFaultError as fault:
                shown = raw.rstrip(b"\r\n").decode("utf-8", "replace")
                reading.refuse(Refused(number, fault.fault, fault.about, shown))
                continue
            copy.write_row([told[name] for name in names])


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise LineFaultError(TickFault.NOT_TEXT, error.reason) from error
    if "\0" in text:
        raise LineFaultError(TickFault.NOT_TEXT, "NUL")
    return text


def without_instrument(member: Member, reading: Reading, found: Meanings) -> Iterator[Refused]:
    """Read a table again for the lines whose ticker meant no instrument."""
    zone, always = ZoneInfo(reading.zone), found.always
    days = {(row[0], row[1]): row for row in found.rows if row[0] in found.dated}
    with member.open() as raw:
        table = layout(raw.readline(LONGEST_LINE).removeprefix(_MARK).decode("utf-8"))
        for number, line in enumerate(raw, start=2):
            try:
                told = read_line(_text(line), table, zone)
                at = check(told, table, zone, reading.oldest, reading.latest)
            except LineFaultError:
                continue
            ticker = str(told.get("ticker") or next(iter(always)))
            row = always.get(ticker) or days.get((ticker, f"{at:%Y-%m-%d} 00:00+00"))
            if row is not None and row[4] is not None:
                shown = line.decode("utf-8", "replace").rstrip("\r\n")
                yield Refused(number, TickFault(row[4]), ticker, shown)
