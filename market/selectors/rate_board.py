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

# One step along the index a pair, instead of reading every day of each. The whole order of the index
# is named, because the planner does not see that a column that IS NULL is constant.
_LATEST = """
WITH RECURSIVE pair AS (
    (SELECT base, quote FROM market_fxrate WHERE {owned} AND world_id = %(world)s
     ORDER BY owner_id, world_id, base, quote LIMIT 1)
    UNION ALL
    SELECT following.base, following.quote FROM pair CROSS JOIN LATERAL (
        SELECT base, quote FROM market_fxrate
        WHERE {owned} AND world_id = %(world)s AND (base, quote) > (pair.base, pair.quote)
        ORDER BY owner_id, world_id, base, quote LIMIT 1
    ) following
)
SELECT pair.base, pair.quote, {own}, last.source, last.date, trim_scale(last.rate)::text
FROM pair CROSS JOIN LATERAL (
    SELECT date, rate, source FROM market_fxrate
    WHERE {owned} AND world_id = %(world)s
      AND base = pair.base AND quote = pair.quote AND date <= %(today)s
    ORDER BY owner_id DESC, world_id DESC, base DESC, quote DESC, date DESC LIMIT 1
) last
"""
_PUBLIC = _LATEST.format(owned="owner_id IS NULL", own="false")
_OWN = _LATEST.format(owned="owner_id = %(user)s", own="true")


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
    series: list[RateSeries] = []
    with connection.cursor() as cursor:
        for query in (_PUBLIC, _OWN):
            cursor.execute(query, {"user": user_id, "world": world_id, "today": today})
            series += [_series(row) for row in cursor.fetchall()]
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
