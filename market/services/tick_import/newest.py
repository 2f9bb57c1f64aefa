"""Let imported ticks that are newer than what is known become quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.models import World
from core.worlds import now_in
from market.domain.quotes import NewQuote
from market.domain.ticks import SOURCE, quality_at
from market.services.quotes import record_quotes

AT_ONCE: Final = 1000

_NEWER = """
SELECT ticker.instrument_id, ticker.price, ticker.at, nullif(ticker.bid, 0), nullif(ticker.ask, 0),
       day.volume, day.open, day.high, day.low
FROM market_ticker ticker
JOIN market_instrument instrument ON instrument.id = ticker.instrument_id
LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
JOIN market_tickday day ON day.instrument_id = ticker.instrument_id AND day.world_id = ticker.world_id
     AND day.day = (ticker.at AT TIME ZONE coalesce(exchange.time_zone, 'UTC'))::date
LEFT JOIN market_quote quote ON quote.instrument_id = ticker.instrument_id
     AND quote.world_id = ticker.world_id
WHERE ticker.world_id = %s AND ticker.instrument_id = ANY(%s)
  AND (quote.as_of IS NULL OR quote.as_of < ticker.at)
ORDER BY ticker.instrument_id
"""


def quote_newest(world_id: int, instruments: Iterable[int]) -> int:
    """Record the newest tick of each instrument that has no newer quote; answer how many prices moved."""
    now = now_in(World.objects.get(pk=world_id))
    with connection.cursor() as cursor:
        cursor.execute(_NEWER, [world_id, list(instruments)])
        quotes = list(_quotes(cursor.fetchall(), now))
    return sum(
        record_quotes(world_id=world_id, batch=quotes[start : start + AT_ONCE]).moved
        for start in range(0, len(quotes), AT_ONCE)
    )


def _quotes(rows: Iterable[tuple[Any, ...]], now: datetime) -> Iterator[NewQuote]:
    for instrument, price, at, bid, ask, volume, first, high, low in rows:
        yield NewQuote(
            instrument=instrument,
            price=price,
            at=at,
            source=SOURCE,
            quality=quality_at(at, now),
            bid=bid,
            ask=ask,
            volume=volume,
            open=first,
            high=high,
            low=low,
        )
