"""Exchange rates as a user sees them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Q, QuerySet

from core.models import LIVE_WORLD
from market.domain.rates import RateSeries, RateTable
from market.models import FxRate

# Own rates may need a third currency (a coin in USD, the ECB's EUR/USD): its public rates come too.
_SERIES = """
WITH own AS (
    SELECT DISTINCT base, quote FROM market_fxrate WHERE world_id = %(world)s AND owner_id = %(user)s
), wanted AS (
    SELECT unnest(%(currencies)s::varchar[]) AS code UNION SELECT base FROM own UNION SELECT quote FROM own
)
SELECT base, quote, owner_id IS NOT NULL, source,
       string_agg((date - DATE '0001-01-01' + 1)::text, ',' ORDER BY date),
       string_agg(trim_scale(rate)::text, ',' ORDER BY date)
FROM market_fxrate
WHERE world_id = %(world)s
  AND ((owner_id IS NULL AND base IN (SELECT code FROM wanted) AND quote IN (SELECT code FROM wanted))
       OR owner_id = %(user)s)
GROUP BY base, quote, owner_id, source
"""


def rate_table(user_id: UUID | None, world_id: int, currencies: Iterable[str], base: str) -> RateTable:
    """Read everything known about `currencies` into `base` (and EUR, the common pivot), in one query.

    The user's own rates win over public ones of the same day; without a user only public ones count.
    """
    wanted = sorted({*currencies, base, "EUR"})
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, {"world": world_id, "user": user_id, "currencies": wanted})
        return RateTable(base, [_series(row) for row in cursor.fetchall()])


def listed(
    user: object, *, base: str = "", quote: str = "", start: date | None = None, end: date | None = None
) -> QuerySet[FxRate]:
    """List the live world's rates that the user may see (public and own), newest first.

    `start` and `end` are both included.
    """
    owner = getattr(user, "pk", None)
    rows = FxRate.objects.filter(Q(owner=owner) | Q(owner=None) if owner else Q(owner=None), world=LIVE_WORLD)
    rows = rows.filter(base=base) if base else rows
    rows = rows.filter(quote=quote) if quote else rows
    rows = rows.filter(date__gte=start) if start else rows
    rows = rows.filter(date__lte=end) if end else rows
    return rows.order_by("-date", "base", "quote", "id")


def _series(row: tuple[str, str, bool, str, str, str]) -> RateSeries:
    base, quote, own, source, days, rates = row
    return RateSeries(base, quote, own, source, np.array(days.split(","), dtype=np.int32), rates.split(","))
