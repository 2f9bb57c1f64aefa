"""Bars of any interval: within a day of those of minutes, longer ones of those of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from django.db import connection

from core.models import LIVE_WORLD
from market.domain.actions import Split, factor
from market.domain.charts import scaled
from market.domain.ticks import Interval
from market.models import Instrument, Quote, TickDay
from market.selectors import actions

_DAYS = """
SELECT day, open, high, low, close, volume FROM market_tickday
WHERE instrument_id = %(instrument)s AND world_id = %(world)s AND day BETWEEN %(start)s AND %(end)s
UNION ALL
SELECT date, coalesce(open, close), coalesce(high, greatest(open, close)), coalesce(low, least(open, close)),
       close, volume
FROM market_dailybar bar
WHERE instrument_id = %(instrument)s AND world_id = %(world)s AND date BETWEEN %(start)s AND %(end)s
  AND NOT EXISTS (SELECT FROM market_tickday
                  WHERE instrument_id = %(instrument)s AND world_id = %(world)s AND day = bar.date)
ORDER BY day
"""
# spans count from the exchange's midnight, which is an instant of its own where clocks change
_MINUTES = """
SELECT date_bin(%(step)s, at, midnight), (midnight AT TIME ZONE %(zone)s)::date,
       (array_agg(open ORDER BY at))[1], max(high), min(low), (array_agg(close ORDER BY at DESC))[1],
       sum(volume)
FROM (
    SELECT bar.*, (at AT TIME ZONE %(zone)s)::date::timestamp AT TIME ZONE %(zone)s AS midnight
    FROM market_minutebar bar
    WHERE instrument_id = %(instrument)s AND world_id = %(world)s
      AND at >= %(start)s::date::timestamp AT TIME ZONE %(zone)s
      AND at < (%(end)s::date + 1)::timestamp AT TIME ZONE %(zone)s
) told
GROUP BY 1, 2 ORDER BY 1 LIMIT %(most)s
"""
_FIRST: Final = date(1700, 1, 1)
_LAST: Final = date(9998, 12, 31)


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices of a span that begins on `day` (the exchange's), at the instant `at` if it is within a day.

    Raw, in quote units. `volume` null: unknown.
    """

    at: datetime | None
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


def bars(
    instrument: Instrument,
    interval: Interval,
    *,
    start: date | None = None,
    end: date | None = None,
    most: int,
    world_id: int = LIVE_WORLD,
) -> list[Bar]:
    """List an instrument's bars from one day to another (both included), oldest first; at most `most`.

    Days have the bar of their ticks; without ticks the daily bar, in which an open, high or low that its
    source left out is taken from the close, and at the end the quote of its day. Weeks begin on Monday.
    The bar of a week or month is in the units of its last day: splits inside it are undone.
    """
    given: dict[str, Any] = {
        "instrument": instrument.pk,
        "world": world_id,
        "start": start or _FIRST,
        "end": min(end or _LAST, _LAST),
        "most": most,
    }
    if interval.minutes is not None:
        zone = instrument.exchange.time_zone if instrument.exchange else "UTC"
        step = timedelta(minutes=interval.minutes)
        return [Bar(*row) for row in _rows(_MINUTES, {**given, "step": step, "zone": zone})]
    days = [Bar(None, *row) for row in _rows(_DAYS, given)]
    quote = Quote.objects.filter(instrument=instrument, world_id=world_id).first()
    if quote is not None and given["start"] <= quote.day <= given["end"]:
        days = _with_quote(days, quote)
    if interval is Interval.DAY:
        return days[:most]
    return list(_folded(days, interval, actions.splits([instrument.pk])))[:most]


def _rows(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _with_quote(days: list[Bar], quote: Quote) -> list[Bar]:
    """Let the quote be the bar of its day, or the end of the bar that its ticks make."""
    price, first = quote.price, quote.price if quote.open is None else quote.open
    at = next((place for place, one in enumerate(days) if one.day >= quote.day), len(days))
    if at == len(days) or days[at].day != quote.day:
        bar = Bar(None, quote.day, first, max(quote.high, first), min(quote.low, first), price, quote.volume)
        return [*days[:at], bar, *days[at:]]
    known = TickDay.objects.filter(instrument=quote.instrument_id, world_id=quote.world_id, day=quote.day)
    last = known.values_list("last_at", flat=True).first()
    if last is None or last >= quote.as_of:
        return days
    bar = days[at]
    joined = replace(bar, high=max(bar.high, quote.high), low=min(bar.low, quote.low), close=price)
    return [*days[:at], joined, *days[at + 1 :]]


def _folded(days: Iterable[Bar], interval: Interval, splits: Sequence[Split]) -> Iterator[Bar]:
    for first, group in groupby(days, key=lambda one: _first_day(one.day, interval)):
        span = _in_units_of_the_last(list(group), splits)
        volumes = [one.volume for one in span if one.volume is not None]
        yield Bar(
            None,
            first,
            span[0].open,
            max(one.high for one in span),
            min(one.low for one in span),
            span[-1].close,
            sum(volumes, Decimal(0)) if volumes else None,
        )


def _in_units_of_the_last(span: list[Bar], splits: Sequence[Split]) -> list[Bar]:
    """Undo the splits inside a span, whose bar would else be true in no unit."""
    last = span[-1].day
    found = []
    for one in span:
        by = factor(splits, one.day, last)
        if by == 1:
            found.append(one)
            continue
        open_, high, low, close = (scaled(price, by) for price in (one.open, one.high, one.low, one.close))
        volume = None if one.volume is None else scaled(one.volume, 1 / by)
        found.append(replace(one, open=open_, high=high, low=low, close=close, volume=volume))
    return found


def _first_day(day: date, interval: Interval) -> date:
    return day.replace(day=1) if interval is Interval.MONTH else day - timedelta(days=day.weekday())
