"""Let rules take up what changed about the days that are over, and forget the minutes that are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from alerts.models import RecentMinute
from core.models import World
from core.worlds import now_in

_KEPT: Final = timedelta(days=1, hours=1)
# the next move of its instrument has such a clause looked at, with what the days say by then
_CHANGED: Final = """
UPDATE alerts_level level SET level = 0
FROM alerts_clause clause
JOIN market_instrument instrument ON instrument.id = clause.instrument_id
LEFT JOIN portfolios_portfolio portfolio ON portfolio.id = clause.portfolio_id
WHERE level.clause_id = clause.id AND level.side = 'T' AND level.level > 0
    AND (%(instruments)s::int[] IS NULL OR level.instrument_id = ANY(%(instruments)s::int[]))
    AND (%(portfolio)s::uuid IS NULL OR clause.portfolio_id = %(portfolio)s::uuid)
    AND (clause.memory ->> 'revision')::bigint
        IS DISTINCT FROM instrument.price_revision + coalesce(portfolio.revision, 0)
"""


@transaction.atomic
def renew_rules(*, instruments: Sequence[int] | None = None, portfolio: str | None = None) -> int:
    """Have clauses looked at anew whose days or positions are others than they know; answer how many.

    Of some instruments or of a portfolio (by its id), or all.
    """
    values: dict[str, Any] = {
        "instruments": None if instruments is None else list(instruments),
        "portfolio": portfolio,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, values)
        return int(cursor.rowcount)


@transaction.atomic
def forget_minutes() -> int:
    """Delete the minutes that no clause looks back to any more; answer how many."""
    count = 0
    for world in World.objects.order_by("pk"):
        count += RecentMinute.objects.filter(world=world, at__lt=now_in(world) - _KEPT).delete()[0]
    return count
