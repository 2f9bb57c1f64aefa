"""Let rules take up what changed about the days that are over, and forget the minutes that are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from alerts.domain.clauses import WINDOWS
from alerts.models import RecentMinute
from alerts.services.evaluation import CONSUMER
from core.models import World
from core.worlds import now_in
from market.services.quotes.log import hold_cursor

_KEPT: Final = timedelta(days=1, hours=1)
# The next move of its instrument has such a clause looked at, with what the days say by then. A level that
# somebody has in hand is left to the sweep: whoever changes alerts takes them in no order.
_CHANGED: Final = """
UPDATE alerts_level SET level = 0 WHERE id IN (
    SELECT level.id
    FROM alerts_level level
    JOIN alerts_clause clause ON clause.id = level.clause_id
    JOIN market_instrument instrument ON instrument.id = clause.instrument_id
    LEFT JOIN portfolios_portfolio portfolio ON portfolio.id = clause.portfolio_id
    WHERE level.world_id = %(world)s AND level.side = 'T' AND level.level > 0
        AND (%(instruments)s::int[] IS NULL OR level.instrument_id = ANY(%(instruments)s::int[]))
        AND (%(portfolio)s::uuid IS NULL OR clause.portfolio_id = %(portfolio)s::uuid)
        AND clause.kind <> ALL(%(windows)s)
        AND (clause.memory ->> 'revision')::bigint
            IS DISTINCT FROM instrument.price_revision + coalesce(portfolio.revision, 0)
    FOR UPDATE OF level SKIP LOCKED
)
"""


def renew_rules(*, instruments: Sequence[int] | None = None, portfolio: str | None = None) -> int:
    """Have clauses looked at anew whose days or positions are others than they know; answer how many.

    Of some instruments or of a portfolio (by its id), or all.
    """
    values: dict[str, Any] = {
        "instruments": None if instruments is None else list(instruments),
        "portfolio": portfolio,
        "windows": [one.value for one in WINDOWS],
    }
    worlds = World.objects.order_by("pk").values_list("pk", flat=True)
    return sum(_renew(values | {"world": world}) for world in worlds)


@transaction.atomic
def _renew(values: dict[str, Any]) -> int:
    # an evaluation writes the same levels, in an order of its own
    hold_cursor(CONSUMER, values["world"])
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
