"""Make the bars of days of ticks that are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import connection

from core.models import World
from core.worlds import now_in
from market.domain.quotes import DayBar
from market.domain.ticks import SOURCE
from market.services.quotes import store

_TICK_DAYS = """
SELECT day.instrument_id, day.day, day.close, day.high, day.low, day.open, day.volume
FROM unnest(%s::int[], %s::date[]) AS wanted (instrument, day)
JOIN market_tickday day ON day.instrument_id = wanted.instrument AND day.day = wanted.day
     AND day.world_id = %s
JOIN market_instrument instrument ON instrument.id = day.instrument_id
LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
WHERE day.day < (%s AT TIME ZONE coalesce(exchange.time_zone, 'UTC'))::date
ORDER BY day.instrument_id, day.day
"""


def close_tick_days(world: World, days: Sequence[tuple[int, date]]) -> None:
    """Make the daily bars of days of ticks that are over, unless another source has bars there."""
    if not days:
        return
    instruments, dates = zip(*days, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_TICK_DAYS, [list(instruments), list(dates), world.pk, now_in(world)])
        rows = cursor.fetchall()
    store.bars(
        world.pk,
        [
            (instrument, DayBar(day, close, high, low, SOURCE, first, volume, closes=True))
            for instrument, day, close, high, low, first, volume in rows
        ],
    )
