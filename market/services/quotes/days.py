"""Make the bar of a day from its last quote once the day is over."""

from __future__ import annotations

from django.db import connection, transaction

from core.models import World
from core.worlds import now_in
from market import locks
from market.domain.quotes import closed
from market.models import Quote
from market.selectors.quotes import known_quote
from market.services.quotes import store

# Of quotes whose day is over, those whose bar is not there, or is theirs and differs.
_OVER = """
SELECT quote.id FROM market_quote quote
JOIN market_instrument instrument ON instrument.id = quote.instrument_id
LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
LEFT JOIN market_dailybar bar ON bar.instrument_id = quote.instrument_id
     AND bar.world_id = quote.world_id AND bar.date = quote.day
WHERE quote.world_id = %s AND quote.day < (%s AT TIME ZONE coalesce(exchange.time_zone, 'UTC'))::date
  AND (bar.id IS NULL OR bar.source = quote.source AND bar.close <> quote.price)
"""


@transaction.atomic
def close_days(*, world_id: int) -> int:
    """Keep the last quote of each day that is over as that day's bar; answer how many bars came of it.

    The first quote of another day does the same for its instrument; this is for those that have none.
    """
    world = World.objects.get(pk=world_id)
    locks.price_log(world_id)
    with connection.cursor() as cursor:
        cursor.execute(_OVER, [world_id, now_in(world)])
        ids = [one for (one,) in cursor.fetchall()]
    rows = Quote.objects.filter(pk__in=ids).order_by("instrument_id")
    store.bars(world_id, [(row.instrument_id, closed(known_quote(row))) for row in rows])
    return len(ids)
