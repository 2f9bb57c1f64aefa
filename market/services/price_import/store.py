"""The database's part: rows by COPY into a temporary table, then one set-based upsert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from market.domain.actions import Split
from market.domain.jumps import window
from market.domain.price_files.layout import FIELDS
from market.domain.price_files.reader import Batch

_CREATE = """
DROP TABLE IF EXISTS pg_temp.incoming_bar;
CREATE TEMPORARY TABLE incoming_bar (
    member int2 NOT NULL, line int4 NOT NULL, instrument_id int4 NOT NULL, date date NOT NULL,
    open numeric(38,18), high numeric(38,18), low numeric(38,18), close numeric(38,18) NOT NULL,
    volume numeric(38,18),
    given_open numeric(38,18), given_high numeric(38,18), given_low numeric(38,18),
    given_close numeric(38,18), given_volume numeric(38,18)
) ON COMMIT DROP
"""
_COLUMNS = ("member", "line", "instrument_id", "date", *FIELDS)
_GIVEN = tuple(f"given_{name}" for name in FIELDS)
_OF_TWO_VALUES = """
DELETE FROM incoming_bar USING (
    SELECT instrument_id, date FROM incoming_bar GROUP BY instrument_id, date
    HAVING count(*) > 1 AND count(DISTINCT (open, high, low, close, volume)) > 1
) twice
WHERE incoming_bar.instrument_id = twice.instrument_id AND incoming_bar.date = twice.date
RETURNING incoming_bar.member, incoming_bar.line, incoming_bar.date
"""
_TWINS = """
DELETE FROM incoming_bar USING (
    SELECT ctid, row_number() OVER (PARTITION BY instrument_id, date ORDER BY member, line) AS nth
    FROM incoming_bar
) ranked
WHERE incoming_bar.ctid = ranked.ctid AND ranked.nth > 1
"""
# What is adjusted never replaces what was given raw.
_OVER_RAW = """
DELETE FROM incoming_bar USING market_dailybar bar
WHERE bar.instrument_id = incoming_bar.instrument_id AND bar.date = incoming_bar.date AND bar.world_id = %s
  AND bar.adjusted_as_of IS NULL
RETURNING incoming_bar.member, incoming_bar.line, incoming_bar.instrument_id, incoming_bar.date,
          trim_scale(bar.close), trim_scale(incoming_bar.close), trim_scale(incoming_bar.given_close)
"""
_NEAR = """
SELECT DISTINCT instrument_id, date, trim_scale(close)
FROM unnest(%s::int[], %s::date[], %s::date[]) AS wanted (id, first, last)
JOIN incoming_bar ON instrument_id = id AND date BETWEEN first AND last
"""
_DROP = "DELETE FROM incoming_bar WHERE instrument_id = ANY(%s) RETURNING member, line, instrument_id"
_UNCHANGED = """
DELETE FROM incoming_bar USING market_dailybar bar
WHERE bar.instrument_id = incoming_bar.instrument_id AND bar.date = incoming_bar.date AND bar.world_id = %s
  AND (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.given_open, bar.given_high, bar.given_low,
       bar.given_close, bar.given_volume, bar.adjusted_as_of) IS NOT DISTINCT FROM
      (incoming_bar.open, incoming_bar.high, incoming_bar.low, incoming_bar.close, incoming_bar.volume,
       incoming_bar.given_open, incoming_bar.given_high, incoming_bar.given_low, incoming_bar.given_close,
       incoming_bar.given_volume, %s::date)
"""
_INSERT = """
INSERT INTO market_dailybar (world_id, instrument_id, date, open, high, low, close, volume, given_open,
                             given_high, given_low, given_close, given_volume, adjusted_as_of, source)
SELECT %s, instrument_id, date, open, high, low, close, volume, given_open, given_high, given_low,
       given_close, given_volume, %s::date AS as_of, %s
FROM incoming_bar
"""
_REPLACE = """
ON CONFLICT (instrument_id, world_id, date) DO UPDATE
SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    volume = excluded.volume, given_open = excluded.given_open, given_high = excluded.given_high,
    given_low = excluded.given_low, given_close = excluded.given_close,
    given_volume = excluded.given_volume, adjusted_as_of = excluded.adjusted_as_of,
    source = excluded.source
"""


@dataclass(frozen=True, slots=True)
class OverRaw:
    """A row that would have replaced a raw bar: closes as `stored`, as `converted` and as `given`."""

    member: int
    line: int
    instrument: int
    day: date
    stored: Decimal
    converted: Decimal
    given: Decimal


class _Keys:
    """The (instrument, day) of every row sent, to see repeats and order without asking the database."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.int64]] = []
        self.instruments: set[int] = set()

    def add(self, instruments: NDArray[np.int32], days: list[int]) -> None:
        self._parts.append(instruments.astype(np.int64) << 32 | np.array(days, dtype=np.int64))
        self.instruments.update(np.unique(instruments).tolist())

    def settle(self) -> tuple[bool, bool]:
        """Tell whether the keys came in order, and whether any came twice."""
        keys = np.concatenate(self._parts) if self._parts else np.zeros(0, dtype=np.int64)
        in_order = bool(np.all(keys[1:] >= keys[:-1]))
        if not in_order:
            keys.sort()
        return in_order, bool(np.any(keys[1:] == keys[:-1]))


class Incoming:
    """The temporary table of one import; lives until the transaction that makes it ends."""

    def __init__(self) -> None:
        self._keys = _Keys()
        self._iso: dict[int, str] = {}
        self._in_order = False

        with connection.cursor() as cursor:
            # the sort and the joins of a million rows fit into memory
            cursor.execute("SET LOCAL work_mem = '128MB'")
            cursor.execute(_CREATE)

    def copy(self, member: int, batch: Batch, instruments: NDArray[np.int32]) -> None:
        """Send a batch with the instrument of each row, shape (n,)."""
        if not batch.lines:
            return
        self._keys.add(instruments, batch.days)
        names = (*_COLUMNS, *(_GIVEN if batch.given else ()))
        into = f"COPY incoming_bar ({', '.join(names)}) FROM STDIN WITH (NULL '')"
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.write(self._text(member, batch, instruments))

    def instruments(self) -> list[int]:
        """List the instruments of all rows sent."""
        return sorted(self._keys.instruments)

    def settle_repeats(self) -> list[tuple[int, int, date]]:
        """Keep one of equal rows, and take out, as (member, line, day), those with two values for a key."""
        self._in_order, repeated = self._keys.settle()
        if not repeated:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_OF_TWO_VALUES)
            conflicting: list[tuple[int, int, date]] = cursor.fetchall()
            cursor.execute(_TWINS)
            return conflicting

    def take_out_over_raw(self, world_id: int) -> list[OverRaw]:
        """Take out the rows of days that have a raw bar, and tell them."""
        with connection.cursor() as cursor:
            cursor.execute(_OVER_RAW, [world_id])
            return [OverRaw(*row) for row in cursor.fetchall()]

    def closes_near(self, splits: Sequence[Split]) -> dict[int, dict[date, Decimal]]:
        """Tell the closes around splits, by instrument."""
        found: dict[int, dict[date, Decimal]] = defaultdict(dict)
        spans = [window(one) for one in splits]
        with connection.cursor() as cursor:
            ids = [one.instrument for one in splits]
            cursor.execute(_NEAR, [ids, [first for first, _last in spans], [last for _first, last in spans]])
            for instrument, day, close in cursor.fetchall():
                found[instrument][day] = close
        return found

    def take_out(self, instruments: list[int]) -> list[tuple[int, int, int]]:
        """Take out all rows of some instruments, and tell them as (member, line, instrument)."""
        with connection.cursor() as cursor:
            cursor.execute(_DROP, [instruments])
            rows: list[tuple[int, int, int]] = cursor.fetchall()
            return rows

    def store(
        self, world_id: int, instruments: list[int], source: str, as_of: date | None
    ) -> tuple[int, list[int]]:
        """Upsert what differs from the table; how many rows, and of which instruments.

        The instruments' rows are locked, so that nobody else writes their bars meanwhile.
        """
        with connection.cursor() as cursor:
            known = self._any_known(cursor, world_id, instruments)
            if known:
                cursor.execute("ANALYZE incoming_bar")
                cursor.execute(_UNCHANGED, [world_id, as_of])
                cursor.execute("SELECT DISTINCT instrument_id FROM incoming_bar ORDER BY 1")
                instruments = [instrument for (instrument,) in cursor.fetchall()]
            order = "" if self._in_order else "ORDER BY instrument_id, date"
            cursor.execute(f"{_INSERT} {order} {_REPLACE if known else ''}", [world_id, as_of, source])
            stored = cursor.rowcount
            # Checked now: after the instruments' counters change, each row's check takes twice as long.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            return stored, instruments if stored else []

    def _any_known(self, cursor: Any, world_id: int, instruments: list[int]) -> bool:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM market_dailybar WHERE instrument_id = ANY(%s) AND world_id = %s)",
            [instruments, world_id],
        )
        return bool(cursor.fetchone()[0])

    def _text(self, member: int, batch: Batch, instruments: NDArray[np.int32]) -> str:
        count = len(batch.lines)
        empty = [""] * count
        columns = [
            [str(member)] * count,
            list(map(str, batch.lines)),
            list(map(str, instruments.tolist())),
            self._dates(batch.days),
            *(batch.values.get(name, empty) for name in FIELDS),
            *(batch.given.get(name, empty) for name in (FIELDS if batch.given else ())),
        ]
        return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"

    def _dates(self, days: list[int]) -> list[str]:
        iso = self._iso
        for day in set(days) - iso.keys():
            iso[day] = date.fromordinal(day).isoformat()
        return [iso[day] for day in days]
