"""The database's part of bringing ticks in: each table in one statement, however many ticks there are.

What comes in lies in a temporary table (`ticker`, `at`, `price` and the sizes, in the order in which they
came), beside what its tickers mean (`tick_symbol`, for the span of time in which they do). Of one
instrument, one transaction at a time writes ticks: its row of `market_ticker` is the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from django.db import connection

from market import locks
from market.domain.ticks import NewTick, month_of
from market.services.ticks import partitions, statements

POSTED: Final = statements.POSTED
FILED: Final = "tick_filed"
_values = attrgetter("at", *statements.VALUES)


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one instrument, or of a ticker with a fault: how many ticks, and from when to when."""

    instrument: int | None
    fault: str | None
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """How many ticks were stored, and the days that they joined: (instrument, day, its volume now)."""

    count: int
    days: list[tuple[int, date, Decimal | None]]


def begin() -> None:
    """Make the temporary tables of this connection, or empty them."""
    with connection.cursor() as cursor:
        for statement in (
            statements.SYMBOLS,
            statements.KNOWN_INSTANTS,
            statements.KNOWN,
            statements.MINUTES,
        ):
            cursor.execute(statement)
        cursor.execute("TRUNCATE tick_symbol, tick_instant, tick_known, tick_minute")


def end() -> None:
    """Give up what a file was copied into."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {FILED}")
        cursor.execute("DROP TABLE IF EXISTS tick_symbol, tick_instant, tick_known, tick_minute")


def begin_posting() -> None:
    """Make the tables for ticks that are in memory."""
    begin()
    with connection.cursor() as cursor:
        cursor.execute(statements.POSTED_TABLE)
        cursor.execute(f"TRUNCATE {POSTED}")


def name_symbols(rows: Sequence[tuple[Any, ...]]) -> None:
    """Say what tickers mean: (ticker, since, until, instrument or None, fault or None)."""
    with connection.cursor() as cursor, cursor.copy("COPY tick_symbol FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    with connection.cursor() as cursor:
        # without figures the planner hashes the many rows instead of these
        cursor.execute("ANALYZE tick_symbol, tick_instant, tick_known")


def survey(incoming: str) -> dict[str, Part]:
    """Tell what came in, by ticker."""
    with connection.cursor() as cursor:
        cursor.execute(statements.SURVEY.format(incoming=incoming))
        return {ticker: Part(None, None, *told) for ticker, *told in cursor.fetchall()}


def survey_dated(incoming: str, tickers: Sequence[str]) -> list[Part]:
    """Tell what came in of tickers whose meaning depends on the day, by what they mean."""
    with connection.cursor() as cursor:
        cursor.execute(statements.DATED.format(incoming=incoming), [list(tickers)])
        return [Part(*row) for row in cursor.fetchall()]


def prepare(world_id: int, ticks: Sequence[NewTick]) -> None:
    """Lock the instruments' ticks and make the tables of their months, so that `put` waits for nobody."""
    if not ticks:
        return
    kept = locks.keep_instruments({one.instrument for one in ticks})
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK, [world_id, sorted(kept)])
    _make_room(ticks)


def _make_room(ticks: Sequence[NewTick]) -> None:
    partitions.make(sorted({month_of(one.at) for one in ticks}))


def put(world_id: int, ticks: Sequence[NewTick]) -> Stored:
    """Store good ticks that are in memory, as `settle` does."""
    if not ticks:
        return Stored(0, [])
    instruments = {one.instrument for one in ticks}
    _make_room(ticks)
    begin_posting()
    name_symbols([(str(one), "-infinity", "infinity", one, None) for one in instruments])
    with connection.cursor() as cursor, cursor.copy(statements.COPY) as copy:
        for one in ticks:
            copy.write_row((str(one.instrument), *_values(one)))
    spans: dict[int, list[datetime]] = {one: [] for one in instruments}
    for one in ticks:
        spans[one.instrument].append(one.at)
    return settle(world_id, POSTED, [Part(key, None, len(at), min(at), max(at)) for key, at in spans.items()])


def settle(world_id: int, incoming: str, parts: Iterable[Part]) -> Stored:
    """Store what came in and is not there yet, with its bars; answer how many, and the days it fell on.

    The months' tables are there. A tick that comes again is one that is stored already: of those that are
    alike (instrument, instant and all values) only what is more than before is stored.
    """
    good = [one for one in parts if one.fault is None and one.instrument is not None]
    if not good:
        return Stored(0, [])
    kept = locks.keep_instruments(one.instrument for one in good if one.instrument is not None)
    given = {"world": world_id}
    taken = [one for one in good if one.instrument in kept]
    known = _set_apart_known(world_id, incoming, taken)
    if sum(one.count for one in taken) == (known or 0):
        return Stored(0, [])
    asked = {"next": "0", "instants": "", "unknown": ""}
    if known is not None:
        asked = {
            "next": statements.NEXT,
            "instants": statements.INSTANTS_OF,
            "unknown": statements.UNKNOWN,
        }
    with connection.cursor() as cursor:
        # what was deleted meanwhile
        cursor.execute("DELETE FROM tick_symbol WHERE instrument_id <> ALL(%s)", [list(kept)])
        cursor.execute(statements.INSERT.format(incoming=incoming, **asked), given)
        stored = cursor.rowcount
        cursor.execute(statements.FOLD_MINUTES.format(incoming=incoming, **asked))
        cursor.execute(statements.MINUTE_BARS.format(minutes="tick_minute"), given)
        cursor.execute(statements.DAYS, given)
        days = cursor.fetchall()
        cursor.execute(statements.NEWEST, [world_id, list(kept)])
    return Stored(stored, days)


def _set_apart_known(world_id: int, incoming: str, good: Sequence[Part]) -> int | None:
    """Lock the instruments' ticks; note and count what is stored already; None where all is newer."""
    first = {one.instrument: one.first for one in good}
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK, [world_id, sorted(one for one in first if one is not None)])
        overlapping = [
            instrument for instrument, at in cursor.fetchall() if at is not None and first[instrument] <= at
        ]
        if not overlapping:
            return None
        concerned = [one for one in good if one.instrument in overlapping]
        since, until = min(one.first for one in concerned), max(one.last for one in concerned)
        given: dict[str, Any] = {"world": world_id, "overlapping": overlapping, "first": since, "last": until}
        cursor.execute(statements.REPEATED.format(incoming=incoming), given)
        known = int(cursor.rowcount)
        if known < sum(one.count for one in concerned):
            cursor.execute(statements.INSTANTS, [world_id, overlapping, since, until])
            cursor.execute("ANALYZE tick_known, tick_instant")
        return known
