"""Let splits take effect in a world, and let in what waited for them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from core import clock
from core.bus import bus
from core.models import World
from core.worlds import now_in
from market import locks
from market.domain.plausibility import Doubt
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.events import SplitTookEffect
from market.models import HeldQuote, Quote
from market.selectors import actions
from market.services.quotes.record import record_locked

_DUE = """
SELECT quote.instrument_id, max(action.ex_date) FROM market_quote quote
JOIN market_instrument instrument ON instrument.id = quote.instrument_id
JOIN market_corporateaction action ON action.instrument_id = quote.instrument_id
LEFT JOIN market_exchange exchange ON exchange.mic = instrument.exchange_id
WHERE quote.world_id = %s AND action.kind IN ('split', 'stock_dividend')
  AND action.ex_date > quote.splits_through
  AND action.ex_date <= (%s AT TIME ZONE coalesce(exchange.time_zone, 'UTC'))::date
GROUP BY quote.instrument_id
"""


@transaction.atomic
def apply_due_splits(*, world_id: int) -> int:
    """Let the splits whose ex-date has come take effect, and take the quotes that waited for them.

    Whoever keeps prices of an instrument listens to `SplitTookEffect`, in this transaction: nothing moves
    meanwhile. Answers how many instruments it was about.
    """
    world = World.objects.get(pk=world_id)
    locks.price_log(world_id)
    return apply_splits_of(world)


def apply_splits_of(world: World) -> int:
    """Do it in a world whose log is locked, by the clock of the object."""
    due = _due(world.pk, now_in(world))
    if not due:
        return 0
    locks.instruments(due)
    through = dict(
        Quote.objects.filter(world=world, instrument__in=due).values_list("instrument_id", "splits_through")
    )
    for split in actions.splits(due):
        if through[split.instrument] < split.ex_date <= due[split.instrument]:
            bus.publish(
                SplitTookEffect(world.pk, split.instrument, split.ex_date, split.numerator, split.denominator)
            )
    for instrument, day in due.items():
        Quote.objects.filter(world=world, instrument=instrument).update(splits_through=day)
    _let_in(world, due)
    return len(due)


def _due(world_id: int, now: datetime) -> dict[int, date]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [world_id, now])
        return dict(cursor.fetchall())


def _let_in(world: World, due: dict[int, date]) -> None:
    rows = list(
        HeldQuote.objects.filter(
            world=world, instrument__in=due, reason=Doubt.SPLIT, state=HeldQuote.State.HELD
        )
    )
    HeldQuote.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=HeldQuote.State.RELEASED, decided_at=clock.now(), decided_by="system"
    )
    record_locked(world, [as_it_came(row) for row in rows])


def as_it_came(row: HeldQuote) -> NewQuote:
    """Make the quote again that was held back."""
    return NewQuote(
        instrument=row.instrument_id,
        price=Decimal(row.price),
        at=row.as_of,
        source=row.source,
        quality=Quality(row.quality),
        currency=row.currency,
        **{name: Decimal(value) for name, value in row.values.items()},
    )
