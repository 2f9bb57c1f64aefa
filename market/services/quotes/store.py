"""The database's part: one statement a table, however many quotes a batch has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from json import dumps
from operator import attrgetter
from typing import Any

from django.db import connection

from core import clock
from core.money import plain
from market import locks
from market.domain.plausibility import Doubt
from market.domain.quotes import DayBar, KnownQuote, Move, NewQuote
from market.domain.ticks import month_of
from market.services.revisions import prices_changed
from market.services.ticks import partitions
from market.services.ticks.statements import QUOTED_MINUTES

_QUOTES = """
INSERT INTO market_quote AS quote (world_id, instrument_id, price, bid, ask, volume, open, high, low,
    previous_close, as_of, day, splits_through, source, quality)
SELECT %s, row.*
FROM unnest(%s::int[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
    %s::numeric[], %s::numeric[], %s::numeric[], %s::timestamptz[], %s::date[], %s::date[], %s::text[],
    %s::text[]) AS row
ON CONFLICT (instrument_id, world_id) DO UPDATE
SET price = excluded.price, bid = excluded.bid, ask = excluded.ask, volume = excluded.volume,
    open = excluded.open, high = excluded.high, low = excluded.low,
    previous_close = excluded.previous_close, as_of = excluded.as_of, day = excluded.day,
    splits_through = excluded.splits_through, source = excluded.source, quality = excluded.quality
"""
_VALUES = (
    "price", "bid", "ask", "volume", "open", "high", "low", "previous_close", "at", "day",
    "splits_through", "source", "quality",
)  # fmt: skip

# The last quote of a day takes the place of a bar of its own source; another's close is better than ours.
# A quote is raw, so that what was given adjusted for splits goes.
_BARS = """
WITH written AS (
    INSERT INTO market_dailybar AS bar
        (world_id, instrument_id, date, open, high, low, close, volume, source)
    SELECT %s, instrument, day, open, high, low, close, volume, source
    FROM unnest(%s::int[], %s::date[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
        %s::numeric[], %s::text[]) AS row (instrument, day, open, high, low, close, volume, source)
    ON CONFLICT (instrument_id, world_id, date) DO UPDATE
    SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        volume = excluded.volume, adjusted_as_of = NULL, given_open = NULL, given_high = NULL,
        given_low = NULL, given_close = NULL, given_volume = NULL
    WHERE bar.source = excluded.source
      AND (bar.open, bar.high, bar.low, bar.close, bar.volume)
          IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
    RETURNING instrument_id
)
SELECT DISTINCT instrument_id FROM written
"""
# Of a day that is over and had no bar, a late quote is what is known; of one that has, only its range.
_LATE_BARS = """
WITH written AS (
    INSERT INTO market_dailybar AS bar (world_id, instrument_id, date, high, low, close, source)
    SELECT %s, instrument, day, high, low, close, source
    FROM unnest(%s::int[], %s::date[], %s::numeric[], %s::numeric[], %s::numeric[], %s::text[])
        AS row (instrument, day, high, low, close, source)
    ON CONFLICT (instrument_id, world_id, date) DO UPDATE
    SET high = greatest(bar.high, excluded.high), low = least(bar.low, excluded.low)
    WHERE bar.source = excluded.source AND bar.high IS NOT NULL AND bar.adjusted_as_of IS NULL
      AND (excluded.high > bar.high OR excluded.low < bar.low)
    RETURNING instrument_id
)
SELECT DISTINCT instrument_id FROM written
"""

_HELD = """
INSERT INTO market_heldquote AS held (created_at, updated_at, world_id, instrument_id, reason, state, times,
    price, reference, currency, as_of, source, quality, values, decided_by)
SELECT %s, %s, %s, instrument, reason, 'held', 1, price, reference, currency, as_of, source, quality,
       told::jsonb, ''
FROM unnest(%s::int[], %s::text[], %s::text[], %s::numeric[], %s::text[], %s::timestamptz[], %s::text[],
    %s::text[], %s::text[])
    AS row (instrument, reason, price, reference, currency, as_of, source, quality, told)
ON CONFLICT (instrument_id, world_id, source, reason) WHERE state = 'held' DO UPDATE
SET updated_at = excluded.updated_at, times = held.times + 1, price = excluded.price,
    reference = excluded.reference, currency = excluded.currency, as_of = excluded.as_of,
    quality = excluded.quality, values = excluded.values
"""

_APPEND = """
WITH head AS (UPDATE market_loghead SET seq = seq + 1 WHERE world_id = %s RETURNING seq)
INSERT INTO market_movebatch (world_id, seq, day, time, instruments, previous, prices, lows, highs)
SELECT %s, head.seq, %s, %s, %s::int[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[] FROM head
RETURNING seq
"""
# what a word of ours may consist of without being quoted in an array
_BARE = re.compile(r"[A-Za-z0-9._-]+")
EXTRAS = ("bid", "ask", "volume", "open", "high", "low", "previous_close")


def quotes(world_id: int, rows: Mapping[int, KnownQuote]) -> None:
    """Store the newest quotes by instrument."""
    if not rows:
        return
    columns = [_array(map(attrgetter(name), rows.values())) for name in _VALUES]
    with connection.cursor() as cursor:
        cursor.execute(_QUOTES, [world_id, _array(rows), *columns])


def bars(world_id: int, rows: Sequence[tuple[int, DayBar]]) -> None:
    """Store days that are over, and count the change of the instruments' prices."""
    if not rows:
        return
    locks.instruments(instrument for instrument, _ in rows)
    over = [row for row in rows if row[1].closes]
    late = [row for row in rows if not row[1].closes]
    names = ("day", "open", "high", "low", "close", "volume", "source")
    changed = _written(_BARS, world_id, over, names)
    changed |= _written(_LATE_BARS, world_id, late, ("day", "high", "low", "close", "source"))
    prices_changed(world_id, changed)


def minutes(world_id: int, rows: Sequence[NewQuote]) -> None:
    """Let quotes join the bars of their minutes."""
    if not rows:
        return
    partitions.make({month_of(one.at) for one in rows}, ["market_minutebar"])
    given: dict[str, Any] = {
        "world": world_id,
        "instruments": _array([one.instrument for one in rows]),
        "instants": _array([one.at for one in rows]),
        "prices": _array([one.price for one in rows]),
    }
    with connection.cursor() as cursor:
        cursor.execute(QUOTED_MINUTES, given)


def _written(
    statement: str, world_id: int, rows: Sequence[tuple[int, DayBar]], names: Iterable[str]
) -> set[int]:
    if not rows:
        return set()
    columns = [_array([getattr(bar, name) for _, bar in rows]) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(statement, [world_id, _array([instrument for instrument, _ in rows]), *columns])
        return {instrument for (instrument,) in cursor.fetchall()}


def held(world_id: int, rows: Sequence[tuple[NewQuote, Doubt, Decimal | None]]) -> None:
    """Keep what is held back; of several alike the last one."""
    latest = {(new.instrument, new.source, doubt): (new, doubt, last) for new, doubt, last in rows}
    if not latest:
        return
    kept = list(latest.values())
    now = clock.now()
    columns: list[list[Any]] = [
        [new.instrument for new, _, _ in kept],
        [doubt.value for _, doubt, _ in kept],
        [str(new.price)[:80] for new, _, _ in kept],
        [last for _, _, last in kept],
        [new.currency for new, _, _ in kept],
        [new.at for new, _, _ in kept],
        [new.source for new, _, _ in kept],
        [str(new.quality) for new, _, _ in kept],
        [dumps(told_besides(new)) for new, _, _ in kept],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [now, now, world_id, *columns])


def told_besides(new: NewQuote) -> dict[str, str]:
    """Tell what a quote says besides its price, as texts."""
    values = {name: getattr(new, name) for name in EXTRAS}
    return {name: plain(value) for name, value in values.items() if value is not None}


def append(world_id: int, time: datetime, moves: Sequence[Move]) -> int:
    """Append a batch to the log, whose head is locked, and answer its number."""
    day = clock.today("UTC")
    names = ("instrument", "previous", "price", "low", "high")
    columns = [_array([getattr(one, name) for one in moves]) for name in names]
    make_partition(day)
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [world_id, world_id, day, time, *columns])
        return int(cursor.fetchone()[0])


def _array(values: Iterable[object]) -> str:
    """Write an array as PostgreSQL reads it; the driver takes ten times as long over one of 5,000 numbers."""
    words = _Words()
    words[None] = "NULL"
    return "{" + ",".join([str(one) if type(one) is Decimal else words[one] for one in values]) + "}"


class _Words(dict[object, str]):
    """Values other than numbers as an array has them, each written once however often it comes."""

    def __missing__(self, value: object) -> str:
        word = str(value)
        if not _BARE.fullmatch(word):
            word = '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
        self[value] = word
        return word


def partition(day: date) -> str:
    """Name the table of one day's log."""
    return f"market_movebatch_{day:%Y%m%d}"


def make_partition(day: date) -> None:
    """Make the table of a day's log unless it is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [partition(day)])
        if cursor.fetchone()[0] is None:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {partition(day)} PARTITION OF market_movebatch "
                f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
            )


_MAKING = 0x464C_4F53
