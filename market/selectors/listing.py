"""The list of instruments with their last prices and the course of a year, in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from core import clock
from market.domain import charts
from market.domain.actions import Split, factor, price_factors
from market.domain.prices import CloseSeries, PriceUsed, quality_of, with_quote
from market.models import Instrument
from market.selectors import actions, instruments, quotes
from market.selectors.quotes import LastQuote

SPARK_DAYS: Final = 365
SPARK_POINTS: Final = 60
# a week has five closes, and holidays take some
DAYS_A_CLOSE: Final = 2
SORTS: Final[dict[str, tuple[str, ...]]] = {
    "symbol": ("symbol", "id"),
    "name": ("name", "id"),
    "kind": ("kind", "symbol", "id"),
    "exchange": ("exchange_id", "symbol", "id"),
    "currency": ("currency", "symbol", "id"),
    "change": (),
}
OWN, REAL, FICTIONAL = "own", "real", "fictional"

_LAST_TWO = """
SELECT wanted.id, trim_scale(last.close * instrument.quote_unit), instrument.currency, last.date, last.source
FROM unnest(%s::int[]) AS wanted (id)
JOIN market_instrument instrument ON instrument.id = wanted.id
CROSS JOIN LATERAL (
    SELECT close, date, source FROM market_dailybar
    WHERE instrument_id = wanted.id AND world_id = %s AND date <= %s
    ORDER BY date DESC LIMIT 2
) last
ORDER BY wanted.id, last.date DESC
"""

_COURSES = """
SELECT wanted.id, array_agg(bar.date - DATE '0001-01-01' + 1 ORDER BY bar.date),
       array_agg((bar.close * instrument.quote_unit)::float8 ORDER BY bar.date)
FROM unnest(%s::int[], %s::date[]) AS wanted (id, last)
JOIN market_instrument instrument ON instrument.id = wanted.id
JOIN market_dailybar bar ON bar.instrument_id = wanted.id AND bar.world_id = %s
     AND bar.date BETWEEN wanted.last - %s AND wanted.last
GROUP BY wanted.id
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked of the list; `sort` is a name of SORTS, with "-" for descending."""

    text: str = ""
    kind: str = ""
    scope: str = ""
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest price, and the close before it in today's units, where that is known."""

    price: PriceUsed
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """What the price did since the close before: 0.05 is 5 % up, splits undone."""
        return None if self.before is None else self.price.price / self.before - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list; `spark` has up to 60 prices of the year up to the newest one, oldest first."""

    instrument: Instrument
    quote: Quote | None
    spark: list[float]


def listed(world_id: int, user: object, wanted: Filter) -> QuerySet[Instrument] | list[Instrument]:
    """List the instruments that the user may see and asks for, in the order asked for.

    Without an order a search has the best match first. By change, what has none comes last.
    """
    rows = instruments.matching(_scoped(user, wanted).select_related("exchange"), wanted.text)
    name, descending = wanted.sort.lstrip("-"), wanted.sort.startswith("-")
    if name == "change":
        return _by_change(world_id, list(rows), descending)
    if name in SORTS:
        mark = "-" if descending else ""
        first, *rest = SORTS[name]
        return rows.order_by(f"{mark}{first}", *rest)
    return rows


def rows(world_id: int, page: Sequence[Instrument], closes: int = 0) -> list[Row]:
    """Give a page of instruments their quotes and courses, in four queries.

    A course is of the year up to the newest price, or of that many last `closes` and the price of now.
    """
    ids = [one.id for one in page]
    splits = _splits(ids)
    found = _quotes(world_id, ids, splits)
    courses = _courses(world_id, {one: quote.price for one, quote in found.items()}, splits, closes)
    return [Row(one, found.get(one.id), courses.get(one.id, [])) for one in page]


def quote(world_id: int, instrument: Instrument) -> Quote | None:
    """Return one instrument's newest price and its change; None without any."""
    return _quotes(world_id, [instrument.id], _splits([instrument.id])).get(instrument.id)


def _scoped(user: object, wanted: Filter) -> QuerySet[Instrument]:
    rows = instruments.visible_to(user)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.scope == OWN:
        return rows.exclude(owner=None)
    if wanted.scope in {REAL, FICTIONAL}:
        return rows.filter(is_fictional=wanted.scope == FICTIONAL)
    return rows


def _by_change(world_id: int, found: list[Instrument], descending: bool) -> list[Instrument]:
    ids = [one.id for one in found]
    known = _quotes(world_id, ids, _splits(ids))
    changes = {one: quote.change for one, quote in known.items() if quote.change is not None}
    moved = [one for one in found if one.id in changes]
    moved.sort(key=lambda one: changes[one.id], reverse=descending)
    return moved + [one for one in found if one.id not in changes]


def _splits(ids: Iterable[int]) -> dict[int, list[Split]]:
    found: dict[int, list[Split]] = {}
    for split in actions.splits(ids):
        found.setdefault(split.instrument, []).append(split)
    return found


def _quotes(world_id: int, ids: list[int], splits: dict[int, list[Split]]) -> dict[int, Quote]:
    today = clock.today("UTC")
    with connection.cursor() as cursor:
        cursor.execute(_LAST_TWO, [ids, world_id, today])
        closes = cursor.fetchall()
    lasts: dict[int, PriceUsed] = {}
    found: dict[int, Quote] = {}
    for instrument, price, currency, day, source in closes:
        if instrument not in lasts:
            lasts[instrument] = PriceUsed(price, currency, day, source, quality_of(source, day, today))
            found[instrument] = Quote(lasts[instrument], None)
            continue
        last = lasts[instrument]
        found[instrument] = Quote(last, _carried(last, price, day, splits.get(instrument, ())))
    for instrument, newest in quotes.newest(world_id, ids).items():
        close = found.get(instrument)
        if close is None or close.price.as_of <= newest.day:
            found[instrument] = Quote(newest.used, _before(newest, close, splits.get(instrument, ())))
    return found


def _before(newest: LastQuote, close: Quote | None, splits: Iterable[Split]) -> Decimal | None:
    """Tell the close before a quote's day; without one, the last close we have."""
    if newest.previous_close is not None:
        return newest.previous_close
    if close is None or close.price.as_of == newest.day:
        return None
    return _carried(newest.used, close.price.price, close.price.as_of, splits)


def _carried(last: PriceUsed, before: Decimal, day: date, splits: Iterable[Split]) -> Decimal:
    return charts.scaled(before, factor(splits, day, last.as_of))


def _courses(
    world_id: int, lasts: dict[int, PriceUsed], splits: dict[int, list[Split]], most: int
) -> dict[int, list[float]]:
    ends = [last.as_of for last in lasts.values()]
    since = most * DAYS_A_CLOSE or SPARK_DAYS
    with connection.cursor() as cursor:
        cursor.execute(_COURSES, [list(lasts), ends, world_id, since])
        return {
            instrument: _course(days[-most:], closes[-most:], splits.get(instrument, []), lasts[instrument])
            for instrument, days, closes in cursor.fetchall()
        }


def _course(days: list[int], closes: list[float], splits: list[Split], last: PriceUsed) -> list[float]:
    """Adjust for splits and thin out to 60 points, the first and the last among them; a quote ends it."""
    series = CloseSeries(np.array(days, dtype=np.int32), np.array(closes, dtype=np.float64))
    if last.at is not None:
        series = with_quote(series, last.as_of, last.as_of, float(last.price))
    values = series.closes * price_factors(series.days, splits)
    if len(values) > SPARK_POINTS:
        values = values[np.linspace(0, len(values) - 1, SPARK_POINTS).round().astype(np.int64)]
    course: list[float] = values.tolist()
    return course
