"""What moved most among public instruments, found by the database in one pass, and how busy trade is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from core.models import World
from core.worlds import now_in
from market.domain.actions import Split, factor
from market.domain.charts import scaled
from market.domain.prices import STALE_AFTER_DAYS, PriceUsed
from market.models import Instrument
from market.selectors import actions, quotes

# The days before a quote whose close a period starts from; a day starts from the close before it.
PERIODS: Final = {"1D": 0, "1W": 7, "1M": 30}
MOST: Final = 5
# A close that is older than this before the start of a period is no start.
_SLACK: Final = 7

_KINDS = [Instrument.Kind.INDEX.value, Instrument.Kind.CURRENCY_PAIR.value]

_QUOTED = """
SELECT quote.instrument_id, quote.price, quote.volume, quote.day, quote.previous_close
FROM market_quote quote
JOIN market_instrument instrument ON instrument.id = quote.instrument_id
WHERE quote.world_id = %(world)s AND quote.day >= %(since)s AND instrument.owner_id IS NULL
  AND NOT instrument.kind = ANY(%(not_kinds)s)
"""

_OF_DAY = """
SELECT instrument_id, price, volume, day, previous_close AS base, day AS since, false AS split FROM quoted
WHERE previous_close IS NOT NULL
"""

_OF_PERIOD = """
SELECT quoted.instrument_id, quoted.price, quoted.volume, quoted.day, bar.close AS base, bar.date AS since,
       EXISTS (
           SELECT FROM market_corporateaction action
           WHERE action.instrument_id = quoted.instrument_id AND action.kind = ANY(%(splits)s)
             AND action.ex_date > bar.date AND action.ex_date <= quoted.day
       ) AS split
FROM quoted
CROSS JOIN LATERAL (
    SELECT close, date FROM market_dailybar
    WHERE instrument_id = quoted.instrument_id AND world_id = %(world)s
      AND date BETWEEN quoted.day - %(days)s - %(slack)s AND quoted.day - %(days)s
    ORDER BY date DESC LIMIT 1
) bar
"""

# Raw prices over a split are no change: those few come whole, and their change is worked out exactly.
_RANKED = """
WITH quoted AS ({quoted}), based AS ({based}), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY split ORDER BY price / base DESC, instrument_id) AS up,
           row_number() OVER (PARTITION BY split ORDER BY price / base, instrument_id) AS down
    FROM based
)
SELECT instrument_id, price, base, since, day FROM ranked
WHERE split OR up <= %(most)s OR down <= %(most)s
"""

_BUSIEST = """
WITH quoted AS ({quoted})
SELECT instrument_id, volume FROM quoted WHERE volume > 0 ORDER BY volume DESC, instrument_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Mover:
    """An instrument, its newest price, and its change since the start of the period (0.05 is 5 % up).

    `start` is that start's price, in the currency and in today's units. `volume` is of the newest day.
    """

    instrument: Instrument
    price: PriceUsed
    change: Decimal | None
    start: Decimal | None
    volume: Decimal | None


@dataclass(frozen=True, slots=True)
class Movers:
    """The largest gains and losses of a period and the busiest trade of the day, at most five of each."""

    period: str
    gainers: list[Mover]
    losers: list[Mover]
    busiest: list[Mover]


def movers(world: World, period: str, most: int = MOST) -> Movers:
    """Rank public instruments whose quote is at most five days old, without indices and pairs of currencies.

    Changes are of the price alone, over splits in the units of today.
    """
    name = period if period in PERIODS else "1D"
    asked: dict[str, Any] = {
        "world": world.pk,
        "since": (now_in(world) - timedelta(days=STALE_AFTER_DAYS)).date(),
        "not_kinds": _KINDS,
        "splits": [kind.value for kind in actions.SPLITS],
        "days": PERIODS[name],
        "slack": _SLACK,
        "most": most,
    }
    changes = _changes(asked, _OF_PERIOD if PERIODS[name] else _OF_DAY)
    ups = sorted((one for one in changes if changes[one][0] > 0), key=lambda one: (-changes[one][0], one))
    downs = sorted((one for one in changes if changes[one][0] < 0), key=lambda one: (changes[one][0], one))
    busy = _busiest(asked)
    ids = [ups[:most], downs[:most], list(busy)]
    told = _told(world.pk, {one for many in ids for one in many}, changes)
    gainers, losers, busiest = ([told[one] for one in many if one in told] for many in ids)
    return Movers(name, gainers, losers, busiest)


def _changes(asked: dict[str, Any], based: str) -> dict[int, tuple[Decimal, Decimal]]:
    """Tell the change and the start (quote units of today) of whatever may be among the largest."""
    with connection.cursor() as cursor:
        cursor.execute(_RANKED.format(quoted=_QUOTED, based=based), asked)
        rows = cursor.fetchall()
    splits = _splits(rows)
    found = {}
    for instrument, price, base, since, day in rows:
        start = scaled(base, factor(splits.get(instrument, ()), since, day))
        found[instrument] = (price / start - 1, start)
    return found


def _splits(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[Split]]:
    crossing = {row[0] for row in rows if row[3] != row[4]}
    found: dict[int, list[Split]] = {}
    for split in actions.splits(crossing) if crossing else ():
        found.setdefault(split.instrument, []).append(split)
    return found


def _busiest(asked: dict[str, Any]) -> dict[int, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(_BUSIEST.format(quoted=_QUOTED), asked)
        return dict(cursor.fetchall())


def _told(world_id: int, ids: Iterable[int], changes: dict[int, tuple[Decimal, Decimal]]) -> dict[int, Mover]:
    rows = Instrument.objects.select_related("exchange").in_bulk(list(ids))
    newest = quotes.newest(world_id, rows)
    return {
        key: Mover(
            row,
            newest[key].used,
            changes[key][0] if key in changes else newest[key].since_close,
            changes[key][1] * row.quote_unit if key in changes else newest[key].previous_close,
            newest[key].volume,
        )
        for key, row in rows.items()
        if key in newest
    }
