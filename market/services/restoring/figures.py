"""Prices and rates that an archive brought along; never over those that are here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.records import Record
from market import locks
from market.domain.bars import EARLIEST, PRICES, BarRow, Fault, faults
from market.models import FxRate
from market.services import texts
from market.services.restoring.instruments import Found, instrument_of
from market.services.revisions import prices_changed, rates_changed

AT_ONCE = 5000
_COPY = """
COPY market_dailybar (world_id, instrument_id, date, open, high, low, close, volume, source, adjusted_as_of,
    given_open, given_high, given_low, given_close, given_volume) FROM STDIN
"""
_INSERT = """
INSERT INTO market_fxrate (world_id, owner_id, base, quote, date, rate, source)
SELECT %s, row.*
FROM unnest(%s::uuid[], %s::varchar[], %s::varchar[], %s::date[], %s::numeric[], %s::varchar[]) AS row
ON CONFLICT (owner_id, world_id, base, quote, date) DO NOTHING
"""
_RateRow = tuple[UUID | None, str, str, date, Decimal, str]


def restore_bars(*, found: Found, world_id: int, rows: Iterable[Record]) -> int:
    """Store the bars of instruments that were made; say how many. Those that were here keep theirs.

    Lines come by instrument and day. Raises BrokenArchive where one says what no bar can be.
    """
    stored = 0
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for one in _bars(found, rows):
            if one.instrument in found.made:
                given = (None,) * len(_NUMBERS) if one.given is None else _numbers(one.given)
                told = (world_id, one.instrument, one.bar.day, *_numbers(one.bar), one.source)
                copy.write_row((*told, one.as_of, *given))
                stored += 1
    prices_changed(world_id, found.made)
    return stored


_NUMBERS = (*PRICES, "volume")


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar as traded and, where its source had adjusted it for splits as of a day, as it was given."""

    instrument: int
    source: str
    bar: BarRow
    as_of: date | None = None
    given: BarRow | None = None


def _numbers(bar: BarRow) -> tuple[Decimal | None, ...]:
    return tuple(getattr(bar, name) for name in _NUMBERS)


def _bars(found: Found, rows: Iterable[Record]) -> Iterator[_Bar]:
    done, current, last = set[int](), 0, date.min
    for row in rows:
        key: int = instrument_of(found, row, "instrument").id
        one = _bar(key, row)
        if key != current:
            done.add(current)
            current, last = key, date.min
        if key in done or one.bar.day <= last:
            row.refuse("date", _("The days of an instrument follow one another."))
        last = one.bar.day
        yield one


def _bar(instrument: int, row: Record) -> _Bar:
    day, as_of = row.day("date"), row.day_or_none("adjusted_as_of")
    bar = _row(row, day)
    given = None if as_of is None else _row(row, day, "given_")
    one = _Bar(instrument, row.text("source", 24, needed=True), bar, as_of, given)
    row.done()
    if as_of is not None and as_of < day:
        row.refuse("adjusted_as_of", texts.fault(Fault.AFTER_AS_OF))
    return one


def _row(row: Record, day: date, prefix: str = "") -> BarRow:
    prices = {name: row.number_or_none(f"{prefix}{name}") for name in (*PRICES[:3], "volume")}
    bar = BarRow(day, row.number(f"{prefix}close"), **prices)
    for field, fault in faults(bar, clock.today("UTC")):
        row.refuse(field if field == "date" else f"{prefix}{field}", texts.fault(fault))
    return bar


def restore_rates(*, actor: Actor, owner_id: UUID, world_id: int, rows: Iterable[Record]) -> int:
    """Store rates; say how many. A pair that has public rates here keeps them.

    The owner's own stay their own. Public ones that nobody here knows are made public where the actor may,
    else the owner's own. Raises BrokenArchive where a line says what no rate can be.
    """
    known = {(row["base"], row["quote"]) for row in _pairs(world_id)}
    public = None if actor.may("market.change_fxrate") else owner_id
    for owner in sorted({public, owner_id}, key=str):
        locks.rates(owner)
    stored = {public: 0, owner_id: 0}
    found = _rates(rows, known, public, owner_id)
    with connection.cursor() as cursor:
        while some := list(islice(found, AT_ONCE)):
            for owner in stored:
                mine = [one for one in some if one[0] == owner]
                if mine:
                    cursor.execute(_INSERT, [world_id, *map(list, zip(*mine, strict=True))])
                    stored[owner] += cursor.rowcount
    for owner, count in stored.items():
        if count:
            rates_changed(owner)
    return sum(stored.values())


def _pairs(world_id: int) -> Any:
    return FxRate.objects.filter(owner=None, world_id=world_id).values("base", "quote").distinct()


def _rates(
    rows: Iterable[Record], known: set[tuple[str, str]], public: UUID | None, owner_id: UUID
) -> Iterator[_RateRow]:
    today = clock.today("UTC")
    for row in rows:
        own, base, quote = row.flag("own"), row.currency("base"), row.currency("quote")
        day, rate, source = row.day("date"), row.number("rate"), row.text("source", 24, needed=True)
        row.done()
        if rate <= 0 or base == quote:
            row.refuse("rate")
        if not EARLIEST <= day <= today:
            row.refuse("date")
        if own or (base, quote) not in known:
            yield (owner_id if own else public), base, quote, day, rate, source
