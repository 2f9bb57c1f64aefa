"""The newest quote of each instrument of a world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from core import clock
from market.domain.actions import Split
from market.domain.prices import PriceUsed, quality_of_quote
from market.domain.quotes import KnownQuote, Listing, day_of
from market.models import LogHead, Quote
from market.selectors import actions

_FIELDS = (
    "price", "bid", "ask", "volume", "open", "high", "low", "previous_close", "as_of", "day",
    "splits_through", "source", "quality",
)  # fmt: skip

_AT: Final = _FIELDS.index("as_of")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_LISTINGS = """
SELECT instrument.id, instrument.currency, coalesce(exchange.time_zone, 'UTC'), instrument.is_fictional,
       quote.price, quote.bid, quote.ask, quote.volume, quote.open, quote.high, quote.low,
       quote.previous_close, (extract(epoch FROM quote.as_of) * 1000000)::bigint, quote.day,
       quote.splits_through, quote.source, quote.quality
FROM market_instrument instrument
LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
LEFT JOIN market_quote quote ON quote.instrument_id = instrument.id AND quote.world_id = %s
WHERE instrument.id = ANY(%s::int[])
ORDER BY instrument.id
FOR KEY SHARE OF instrument
"""

_CLOSES_BEFORE = """
SELECT wanted.id, last.date, last.close
FROM unnest(%s::int[], %s::date[]) AS wanted (id, day)
CROSS JOIN LATERAL (
    SELECT date, close FROM market_dailybar
    WHERE instrument_id = wanted.id AND world_id = %s AND date < wanted.day
    ORDER BY date DESC LIMIT 1
) last
"""

_NEWEST = """
SELECT price_revision, instrument.id, trim_scale(quote.price * quote_unit), currency, quote.as_of, quote.day,
       quote.source, quote.quality, trim_scale(quote.previous_close * quote_unit),
       trim_scale(quote.open * quote_unit), trim_scale(quote.high * quote_unit),
       trim_scale(quote.low * quote_unit), trim_scale(quote.volume),
       trim_scale(quote.bid * quote_unit), trim_scale(quote.ask * quote_unit)
FROM market_instrument instrument
LEFT JOIN market_quote quote ON quote.instrument_id = instrument.id AND quote.world_id = %s
WHERE instrument.id = ANY(%s::int[])
"""


@dataclass(frozen=True, slots=True)
class LastQuote:
    """An instrument's newest quote: prices for one unit in the major unit of `currency`, raw.

    `at` is the instant and `day` its date at the exchange; open, high, low and volume are of that day so
    far, `previous_close` is of the trading day before, in the units of `day`. `given` is the quality that
    the source claimed.
    """

    instrument: int
    price: Decimal
    currency: str
    at: datetime
    day: date
    source: str
    given: str
    previous_close: Decimal | None
    open: Decimal | None
    high: Decimal
    low: Decimal
    volume: Decimal | None
    bid: Decimal | None
    ask: Decimal | None

    def counts_from(self, time_zone: str, splits: Iterable[Split] = ()) -> date:
        """Tell from which date of a time zone on the quote counts: its own, or an earlier one there.

        A quote of Tokyo's Tuesday morning is known on New York's Monday evening. Where a split lies between
        the two dates its units would not fit, and it counts from its own.
        """
        there = min(self.day, clock.day_of(self.at, time_zone))
        crosses = any(one.instrument == self.instrument and there < one.ex_date <= self.day for one in splits)
        return self.day if crosses else there

    @property
    def since_close(self) -> Decimal | None:
        """What the price did since the close before its day: 0.05 is 5 % up; None where that is not known."""
        return None if self.previous_close is None else self.price / self.previous_close - 1

    @property
    def used(self) -> PriceUsed:
        """The quote as a price of now."""
        quality = quality_of_quote(self.given, self.at, self.day, clock.now())
        return PriceUsed(self.price, self.currency, self.day, self.source, quality, self.at)


def newest(world_id: int, instrument_ids: Iterable[int]) -> dict[int, LastQuote]:
    """Return the newest quote of each instrument; one without any is left out."""
    return state(world_id, instrument_ids).quotes


@dataclass(frozen=True, slots=True)
class State:
    """What prices hang on now: the counter of each instrument's history, and its newest quote, if any."""

    revisions: dict[int, int]
    quotes: dict[int, LastQuote]


def state(world_id: int, instrument_ids: Iterable[int]) -> State:
    """Read the price revisions and the newest quotes of instruments, in one query."""
    ids = sorted(set(instrument_ids))
    if not ids:
        return State({}, {})
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [world_id, ids])
        rows = cursor.fetchall()
    return State(
        {row[1]: row[0] for row in rows},
        {row[1]: LastQuote(*row[1:]) for row in rows if row[2] is not None},
    )


def listings(world_id: int, until: Mapping[int, datetime]) -> dict[int, Listing]:
    """Read what is known of instruments before quotes of up to the given instants; keep them from deletion.

    For whoever holds the world's log. Closes and splits come only where the instant begins another day.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LISTINGS, [world_id, list(until)])
        found = {row[0]: _listing(row) for row in cursor.fetchall()}
    starting = {key: day for key, one in found.items() if (day := _new_day(one, until[key])) is not None}
    if starting:
        _add_history(world_id, found, starting)
    return found


def _listing(row: tuple[Any, ...]) -> Listing:
    instrument, currency, zone, is_fictional, *quote = row
    known = None
    if quote[0] is not None:
        # as a number: the driver takes longer over the text of an instant than over the rest of the row
        quote[_AT] = _EPOCH + timedelta(microseconds=quote[_AT])
        known = KnownQuote(*quote)
    return Listing(instrument, currency, _zone(zone), is_fictional, known)


def _new_day(listing: Listing, at: datetime) -> date | None:
    day = day_of(at, listing.zone)
    return None if listing.quote is not None and listing.quote.day >= day else day


def _add_history(world_id: int, found: dict[int, Listing], starting: dict[int, date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSES_BEFORE, [list(starting), list(starting.values()), world_id])
        for instrument, day, close in cursor.fetchall():
            found[instrument].closes[day] = close
    for split in actions.splits(starting):
        found[split.instrument].splits = [*found[split.instrument].splits, split]


@cache
def _zone(name: object) -> ZoneInfo:
    return ZoneInfo(str(name))


def known_quote(row: Quote) -> KnownQuote:
    """Take a row as the mathematics sees it."""
    return KnownQuote(*(getattr(row, name) for name in _FIELDS))


def known_quotes(world_id: int, instrument_ids: Iterable[int]) -> dict[int, KnownQuote]:
    """Return the newest quote of each instrument as the mathematics sees it; one without any is left out."""
    rows = Quote.objects.filter(world=world_id, instrument__in=list(instrument_ids))
    return {row.instrument_id: known_quote(row) for row in rows}


def log_head(world_id: int) -> int:
    """Tell the number of the newest batch of a world's log; 0 where nothing has moved yet."""
    return LogHead.objects.filter(world=world_id).values_list("seq", flat=True).first() or 0
