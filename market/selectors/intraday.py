"""The course of a day or a week in bars of minutes, where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from market.domain import charts
from market.domain.bars import BarRow
from market.domain.charts import MOST_CANDLES
from market.models import Instrument
from market.selectors import actions

# How far the ranges reach back from the last bar; a day is the exchange's last one.
DAYS: Final = {"1D": 0, "1W": 6}
STEPS: Final = {"1D": (1, 5, 15), "1W": (5, 15, 60)}
# Fewer bars than that tell nothing that the daily ones do not.
FEWEST: Final = 3

_LAST = """
SELECT (max(at) AT TIME ZONE %(zone)s)::date FROM market_minutebar
WHERE instrument_id = %(instrument)s AND world_id = %(world)s
"""

_BARS = """
WITH minutes AS (
    SELECT *, (at AT TIME ZONE %(zone)s)::date AS day FROM market_minutebar
    WHERE instrument_id = %(instrument)s AND world_id = %(world)s
      AND at >= (%(last)s::date - %(days)s)::timestamp AT TIME ZONE %(zone)s
)
SELECT date_bin(make_interval(mins => %(step)s), at, '2000-01-01 00:00+00') AS begins, min(day),
       (array_agg(open ORDER BY at))[1], max(high), min(low), (array_agg(close ORDER BY at DESC))[1],
       sum(volume)
FROM minutes GROUP BY begins ORDER BY begins
"""


@dataclass(frozen=True, slots=True)
class Intraday:
    """Bars in the instrument's currency, ascending, each with the instant (UTC) at which it begins.

    `minutes` is how long each is. Adjusted for splits within the days, unless raw ones were asked for.
    """

    rows: list[tuple[datetime, BarRow]]
    minutes: int


def intraday(
    world_id: int, instrument: Instrument, name: str, last: date, *, raw: bool = False
) -> Intraday | None:
    """Return a day's or a week's bars of minutes; None where there are none of the day `last` or later.

    `last` is the exchange's date. In the shortest bars (1, 5, 15, for a week also 60 minutes) of which
    there are at most 800.
    """
    if name not in DAYS:
        return None
    asked: dict[str, Any] = {
        "instrument": instrument.pk,
        "world": world_id,
        "zone": instrument.exchange.time_zone if instrument.exchange else "UTC",
        "days": DAYS[name],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LAST, asked)
        (asked["last"],) = cursor.fetchone()
        if asked["last"] is None or asked["last"] < last:
            return None
        for step in STEPS[name]:
            cursor.execute(_BARS, asked | {"step": step})
            found = cursor.fetchall()
            if len(found) <= MOST_CANDLES:
                break
    if len(found) < FEWEST:
        return None
    return Intraday(_adjusted(instrument, found, raw=raw), step)


def _adjusted(
    instrument: Instrument, found: Sequence[tuple[Any, ...]], *, raw: bool
) -> list[tuple[datetime, BarRow]]:
    bars = [
        BarRow(day, close, open=opened, high=high, low=low, volume=volume)
        for _at, day, opened, high, low, close, volume in found
    ]
    splits = [] if raw else actions.splits([instrument.pk])
    shown = charts.adjusted(bars, splits, instrument.quote_unit)
    return list(zip((row[0] for row in found), shown, strict=True))
