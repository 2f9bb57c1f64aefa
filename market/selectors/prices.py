"""Closes and bars by (world, instrument)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from django.db import connection
from django.db.models import Count, Max, Min, QuerySet

from core import clock
from market.domain.actions import Split
from market.domain.prices import CloseSeries, PriceUsed, quality_of, quality_of_quote, with_quote
from market.models import DailyBar, Instrument
from market.selectors import quotes
from market.selectors.quotes import LastQuote

# One value of all rows, each 16 bytes, big-endian: a COPY hands its rows to Python one by one.
_ROW = np.dtype([("instrument", ">i4"), ("day", ">i4"), ("close", ">f8")])

_CLOSES = """
SELECT string_agg(
    int4send(instrument_id) || int4send(date - DATE '0001-01-01' + 1) || float8send(close::float8), ''
)
FROM market_dailybar
WHERE instrument_id = ANY(%s::int[]) AND world_id = %s AND date <= %s
"""

_CLOSES_ON = """
SELECT wanted.id, wanted.day, trim_scale(last.close * instrument.quote_unit), instrument.currency,
       last.date, last.source
FROM unnest(%s::int[], %s::date[]) AS wanted (id, day)
JOIN market_instrument instrument ON instrument.id = wanted.id
CROSS JOIN LATERAL (
    SELECT close, date, source FROM market_dailybar
    WHERE instrument_id = wanted.id AND world_id = %s AND date <= wanted.day
    ORDER BY date DESC LIMIT 1
) last
"""

# The quote, where there is one and no close is of a later day.
_LATEST = """
SELECT instrument.id, trim_scale(newest.price * instrument.quote_unit), instrument.currency, newest.day,
       newest.source, newest.as_of, newest.quality
FROM market_instrument instrument
CROSS JOIN LATERAL (
    (SELECT close AS price, date AS day, source, NULL::timestamptz AS as_of, '' AS quality, 1 AS rank
     FROM market_dailybar WHERE instrument_id = instrument.id AND world_id = %s AND date <= %s
     ORDER BY date DESC LIMIT 1)
    UNION ALL
    (SELECT price, day, source, as_of, quality, 2 FROM market_quote
     WHERE instrument_id = instrument.id AND world_id = %s)
    ORDER BY day DESC, rank DESC LIMIT 1
) newest
WHERE instrument.id = ANY(%s::int[])
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """How many bars there are, how many came adjusted for splits, and as of which days (first and last).

    All of them are stored as traded.
    """

    bars: int
    adjusted: int
    first_as_of: date | None
    last_as_of: date | None


def close_series(
    world_id: int,
    instrument_ids: Iterable[int],
    *,
    until: date | None = None,
    units: Mapping[int, Decimal] | None = None,
) -> dict[int, CloseSeries]:
    """Read the raw closes of many instruments, in their major currencies, up to and including `until`.

    An instrument without any close is left out. `units`: the quote units, where they are known already.
    """
    ids = sorted(set(instrument_ids))
    if not ids:
        return {}
    rows = _in_order(np.frombuffer(_packed(world_id, ids, until or date.max), dtype=_ROW))
    if units is None:
        units = dict(Instrument.objects.filter(id__in=ids).values_list("id", "quote_unit"))
    instruments = rows["instrument"]
    starts = np.searchsorted(instruments, ids, side="left")
    ends = np.searchsorted(instruments, ids, side="right")
    return {
        instrument: _one_series(rows[start:end], units[instrument])
        for instrument, start, end in zip(ids, starts, ends, strict=True)
        if end > start
    }


def closes_on(world_id: int, instrument_ids: Iterable[int], day: date) -> dict[int, PriceUsed]:
    """Return each instrument's last close on or before `day`, exact; never a later one.

    An instrument without any is left out.
    """
    found = closes_at(world_id, [(instrument, day) for instrument in set(instrument_ids)])
    return {instrument: price for (instrument, _day), price in found.items()}


def closes_at(world_id: int, pairs: Iterable[tuple[int, date]]) -> dict[tuple[int, date], PriceUsed]:
    """Return the last close on or before the day of each (instrument, day), exact."""
    wanted = sorted(set(pairs))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSES_ON, [[one for one, _ in wanted], [day for _, day in wanted], world_id])
        return {
            (instrument, day): PriceUsed(
                price=price,
                currency=currency,
                as_of=as_of,
                source=source,
                quality=quality_of(source, as_of, day),
            )
            for instrument, day, price, currency, as_of, source in cursor.fetchall()
        }


def latest(world_id: int, instrument_ids: Iterable[int], day: date | None = None) -> dict[int, PriceUsed]:
    """Return each instrument's newest price: its quote, or a close up to `day` (today, UTC) that is newer."""
    until, now = day or clock.today("UTC"), clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [world_id, until, world_id, sorted(set(instrument_ids))])
        return {
            instrument: PriceUsed(
                price=price,
                currency=currency,
                as_of=as_of,
                source=source,
                quality=quality_of(source, as_of, until)
                if at is None
                else quality_of_quote(given, at, as_of, now),
                at=at,
            )
            for instrument, price, currency, as_of, source, at, given in cursor.fetchall()
        }


def series_to_now(world_id: int, instruments: Iterable[Instrument], time_zone: str) -> dict[int, CloseSeries]:
    """Read closes as `close_series` does, each ending with the newest quote in the days of a time zone."""
    units = {one.pk: one.quote_unit for one in instruments}
    return ending_now(close_series(world_id, units, units=units), quotes.newest(world_id, units), time_zone)


def ending_now(
    closes: Mapping[int, CloseSeries],
    newest: Mapping[int, LastQuote],
    time_zone: str,
    splits: Collection[Split] = (),
) -> dict[int, CloseSeries]:
    """Let series of closes end with the newest quotes, in the days of a time zone."""
    found = dict(closes)
    for key, quote in newest.items():
        since = quote.counts_from(time_zone, splits)
        found[key] = with_quote(found.get(key), since, quote.day, float(quote.price))
    return found


def bars(
    world_id: int, instrument: Instrument, start: date | None = None, end: date | None = None
) -> QuerySet[DailyBar]:
    """List an instrument's raw bars from `start` to `end` (both included), oldest first."""
    rows = DailyBar.objects.filter(instrument=instrument, world_id=world_id)
    if start is not None:
        rows = rows.filter(date__gte=start)
    if end is not None:
        rows = rows.filter(date__lte=end)
    return rows.order_by("date")


def origin(world_id: int, instrument: Instrument) -> Origin:
    """Tell in what form the stored prices of an instrument came."""
    found = bars(world_id, instrument).aggregate(
        total=Count("id"),
        adjusted=Count("adjusted_as_of"),
        first=Min("adjusted_as_of"),
        last=Max("adjusted_as_of"),
    )
    return Origin(found["total"], found["adjusted"], found["first"], found["last"])


def last_day(world_id: int, instrument: Instrument) -> date | None:
    """Tell the date of an instrument's last bar."""
    return bars(world_id, instrument).values_list("date", flat=True).last()


def _packed(world_id: int, ids: list[int], until: date) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSES, [ids, world_id, until])
        return bytes(cursor.fetchone()[0] or b"")


def _in_order(rows: np.ndarray) -> np.ndarray:
    """Sort by (instrument, day). Here it costs a fraction of what it costs the database."""
    key = rows["instrument"].astype(np.int64) << 32 | rows["day"]
    return rows if bool(np.all(key[1:] > key[:-1])) else rows[np.argsort(key)]


def _one_series(rows: np.ndarray, quote_unit: Decimal) -> CloseSeries:
    closes = rows["close"].astype(np.float64)
    if quote_unit != 1:
        closes *= float(quote_unit)
    return CloseSeries(days=rows["day"].astype(np.int32), closes=closes)
