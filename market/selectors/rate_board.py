"""The latest exchange rates of every currency, without reading their history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from core import clock
from core.models import LIVE_WORLD
from market.domain.rates import ONE, RateSeries, RateTable, RateUsed
from market.models import FxRate

# The ECB's rates pause over long weekends; what is that much older than the newest is no longer quoted.
OLD_AFTER_DAYS: Final = 10

# One step along the index a pair, instead of reading every day of each.
_LATEST = """
WITH RECURSIVE owners (owner_id) AS (VALUES (NULL::uuid), (%(user)s::uuid)),
pair AS (
    SELECT owners.owner_id, first.base, first.quote FROM owners CROSS JOIN LATERAL (
        SELECT base, quote FROM market_fxrate
        WHERE (owner_id = owners.owner_id OR (owner_id IS NULL AND owners.owner_id IS NULL))
          AND world_id = %(world)s
        ORDER BY base, quote LIMIT 1
    ) first
    UNION ALL
    SELECT pair.owner_id, next.base, next.quote FROM pair CROSS JOIN LATERAL (
        SELECT base, quote FROM market_fxrate
        WHERE (owner_id = pair.owner_id OR (owner_id IS NULL AND pair.owner_id IS NULL))
          AND world_id = %(world)s AND (base, quote) > (pair.base, pair.quote)
        ORDER BY base, quote LIMIT 1
    ) next
)
SELECT pair.base, pair.quote, pair.owner_id IS NOT NULL, last.source, last.date, trim_scale(last.rate)::text
FROM pair CROSS JOIN LATERAL (
    SELECT date, rate, source FROM market_fxrate
    WHERE (owner_id = pair.owner_id OR (owner_id IS NULL AND pair.owner_id IS NULL))
      AND world_id = %(world)s AND base = pair.base AND quote = pair.quote AND date <= %(today)s
    ORDER BY date DESC LIMIT 1
) last
"""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A currency's latest rate: base currency for one unit, and `inverse`, units for one of the base.

    `own` tells that it is a rate of the user's own; `old` that it is no longer quoted while others are.
    """

    currency: str
    used: RateUsed
    inverse: Decimal
    own: bool
    old: bool


def board(user_id: UUID, base: str, world_id: int = LIVE_WORLD) -> list[BoardRow]:
    """List every currency that has a rate into `base` today, by code; as valuations use it."""
    today = clock.today("UTC")
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"user": user_id, "world": world_id, "today": today})
        series = [_series(row) for row in cursor.fetchall()]
    newest = max((int(one.days[0]) for one in series if not one.own), default=0)
    own = {(one.base, one.quote, int(one.days[0])) for one in series if one.own}
    table = RateTable(base, series)
    found = ((currency, table.rate(currency, today)) for currency in table.currencies())
    return [_row(base, currency, used, own, newest) for currency, used in found if used]


def own_rates(user: object) -> QuerySet[FxRate]:
    """List the user's own rates in the live world, newest first."""
    owner = getattr(user, "pk", None)
    rows = FxRate.objects.filter(owner=owner, world=LIVE_WORLD) if owner else FxRate.objects.none()
    return rows.order_by("-date", "base", "quote")


def _series(row: tuple[str, str, bool, str, date, str]) -> RateSeries:
    base, quote, own, source, day, rate = row
    return RateSeries(base, quote, own, source, np.array([day.toordinal()], dtype=np.int32), [rate])


def _row(base: str, currency: str, used: RateUsed, own: set[tuple[str, str, int]], newest: int) -> BoardRow:
    day = used.as_of.toordinal()
    direct = (currency, base, day) in own or (base, currency, day) in own
    return BoardRow(
        currency=currency,
        used=used,
        inverse=ONE / used.rate,
        own=direct,
        old=newest - day > OLD_AFTER_DAYS,
    )
