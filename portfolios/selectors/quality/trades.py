"""Trades beside the market of their day: one query over all of a portfolio's trades and their bars."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from market.domain.actions import Split
from portfolios.models import Portfolio

# what rounding explains
EDGE = Decimal("0.001")
# a fill may lie outside the range of the one venue whose bars we have
TOLERANCE = Decimal("0.02")
# a bar that has a close alone says less
CLOSE_TOLERANCE = Decimal("0.2")
SPLIT_DAYS = 7
# a price carried from another day, or adjusted by somebody who rounds, is looser
SPLIT_TOLERANCE = Decimal("0.15")

# A day typed without a time has an instant that may be another date at the exchange: both count. Where the
# day has no bar, the last close of the week before serves to see a split, which moves prices much further.
_UNUSUAL = """
WITH trade AS (
    SELECT t.id, t.kind, t.instrument_id, t.quantity, t.price, t.currency, t.time, t.day, i.quote_unit,
           (t.time AT TIME ZONE COALESCE(e.time_zone, %(zone)s))::date AS on_exchange
    FROM portfolios_transaction t
    JOIN market_instrument i ON i.id = t.instrument_id
    LEFT JOIN market_exchange e ON e.mic = i.exchange_id
    WHERE t.portfolio_id = %(portfolio)s AND t.deleted_at IS NULL AND t.kind IN ('buy', 'sell')
      AND t.currency = i.currency AND t.price > 0 AND t.quantity > 0
), compared AS (
    SELECT trade.*, bar.days > 0 AS is_same_day, bar.low * quote_unit AS low, bar.high * quote_unit AS high,
           bar.volume, before.close * quote_unit AS before,
           CASE WHEN bar.has_range THEN %(tolerance)s ELSE %(wide)s END AS tolerance,
           CASE WHEN bar.has_range THEN %(edge)s ELSE %(wide)s END AS edge
    FROM trade
    CROSS JOIN LATERAL (
        SELECT count(*) AS days, min(COALESCE(low, close)) AS low, max(COALESCE(high, close)) AS high,
               max(volume) AS volume, bool_and(low IS NOT NULL AND high IS NOT NULL) AS has_range
        FROM market_dailybar
        WHERE instrument_id = trade.instrument_id AND world_id = %(world)s
          AND date IN (trade.day, trade.on_exchange)
    ) bar
    LEFT JOIN LATERAL (
        SELECT close FROM market_dailybar
        WHERE bar.days = 0 AND instrument_id = trade.instrument_id AND world_id = %(world)s
          AND date < trade.day AND date >= trade.day - %(week)s
        ORDER BY date DESC LIMIT 1
    ) before ON true
)
SELECT id, kind, instrument_id, day, time, quantity, price, currency, is_same_day,
       COALESCE(low, before), COALESCE(high, before), volume, tolerance
FROM compared
WHERE price < low * (1 - edge) OR price > high * (1 + edge) OR quantity > volume
   OR (before IS NOT NULL AND (price < before / 1.4 OR price > before * 1.4))
ORDER BY day, time, id
"""


class Trade(NamedTuple):
    """A purchase or sale that does not fit its day; prices per unit in `currency`.

    `low` to `high` is the day's range, or (not `is_same_day`) the last close before it; `volume` the
    units that changed hands, None: not known.
    """

    id: UUID
    kind: str
    instrument: int
    day: date
    time: datetime
    quantity: Decimal
    price: Decimal
    currency: str
    is_same_day: bool
    low: Decimal
    high: Decimal
    volume: Decimal | None
    tolerance: Decimal

    def fits(self, price: Decimal) -> bool:
        """Tell whether a price may have been paid that day, on whichever venue."""
        return self.low * (1 - self.tolerance) <= price <= self.high * (1 + self.tolerance)

    @property
    def is_outside(self) -> bool:
        """Tell whether its own price lies outside the day's range, however little."""
        edge = EDGE if self.tolerance == TOLERANCE else self.tolerance
        return not self.low * (1 - edge) <= self.price <= self.high * (1 + edge)


def unusual(portfolio: Portfolio, world_id: int) -> list[Trade]:
    """List the trades whose price or quantity the bars of their day do not bear out."""
    with connection.cursor() as cursor:
        cursor.execute(
            _UNUSUAL,
            {
                "portfolio": portfolio.pk,
                "world": world_id,
                "zone": portfolio.time_zone,
                "edge": EDGE,
                "tolerance": TOLERANCE,
                "wide": CLOSE_TOLERANCE,
                "week": SPLIT_DAYS,
            },
        )
        return [Trade(*row) for row in cursor.fetchall()]


def hidden_split(trade: Trade, splits: Iterable[Split]) -> Split | None:
    """Tell the first of the later splits by which a trade's price looks adjusted; None: it does not.

    Such a price, times the ratio of the splits up to some day, is one that was paid on the day.
    """
    ratio = Fraction(1)
    later = [one for one in splits if one.instrument == trade.instrument and one.ex_date > trade.day]
    for one in sorted(later, key=lambda split: split.ex_date):
        ratio *= Fraction(one.numerator, one.denominator)
        raw = trade.price * ratio.numerator / ratio.denominator
        if trade.low * (1 - SPLIT_TOLERANCE) <= raw <= trade.high * (1 + SPLIT_TOLERANCE):
            return min(later, key=lambda split: split.ex_date)
    return None
