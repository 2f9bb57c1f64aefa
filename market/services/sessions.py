"""Keep the table of trading sessions, a year back and a year ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import Max

from core import clock
from market.domain.sessions import SAME_HOURS
from market.models import Exchange, TradingSession
from market.transports import calendars
from market.transports.calendars import Calendar

log = structlog.get_logger(__name__)
REACH: Final = timedelta(days=365)
# Calendars change: holidays are added, hours move. They are read anew this often.
EVERY: Final = timedelta(days=7)

_STORE = """
WITH given AS (
    SELECT * FROM unnest(%(days)s::date[], %(opens)s::timestamptz[], %(closes)s::timestamptz[],
                         %(rests)s::timestamptz[], %(resumes)s::timestamptz[])
    AS row (date, opens_at, closes_at, break_starts_at, break_ends_at)
), gone AS (
    DELETE FROM market_tradingsession WHERE exchange_id = %(mic)s
    AND date BETWEEN %(first)s AND %(last)s AND date NOT IN (SELECT date FROM given)
    RETURNING 1
), written AS (
    INSERT INTO market_tradingsession AS known
        (exchange_id, date, opens_at, closes_at, break_starts_at, break_ends_at)
    SELECT %(mic)s, given.* FROM given
    ON CONFLICT (exchange_id, date) DO UPDATE
    SET opens_at = excluded.opens_at, closes_at = excluded.closes_at,
        break_starts_at = excluded.break_starts_at, break_ends_at = excluded.break_ends_at
    WHERE (known.opens_at, known.closes_at, known.break_starts_at, known.break_ends_at) IS DISTINCT FROM
          (excluded.opens_at, excluded.closes_at, excluded.break_starts_at, excluded.break_ends_at)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
"""


@dataclass(frozen=True, slots=True)
class Sessions:
    """How many exchanges have a calendar, how many of their days were new or different, who has none."""

    exchanges: int
    changed: int
    without: tuple[str, ...]


def are_due() -> bool:
    """Tell whether the calendars were last read a week ago or longer, or never."""
    last = TradingSession.objects.aggregate(last=Max("date"))["last"]
    # the last day of a year ahead may be up to four days before it: a weekend with holidays
    return last is None or last < clock.today("UTC") + REACH - EVERY - timedelta(days=4)


def load_sessions() -> Sessions:
    """Store the sessions of the exchanges we know, from a year ago to a year ahead; a repeat changes nothing.

    Raises:
        DependencyUnavailable: the package of calendars cannot be loaded.
    """
    today = clock.today("UTC")
    mics = list(Exchange.objects.order_by("mic").values_list("mic", flat=True))
    names = {mic: SAME_HOURS.get(mic, mic) for mic in mics}
    found = calendars.read(names, today - REACH, today + REACH)
    for one in found:
        if one.trouble:
            log.warning("market.calendar_unusable", exchange=one.mic, error=one.trouble)
    usable = [one for one in found if one.sessions]
    changed = sum(_store(one) for one in usable)
    having = {one.mic for one in usable}
    return Sessions(len(usable), changed, tuple(mic for mic in mics if mic not in having))


@transaction.atomic
def _store(one: Calendar) -> int:
    rows = one.sessions
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "mic": one.mic,
                "first": rows[0].day,
                "last": rows[-1].day,
                "days": [row.day for row in rows],
                "opens": [row.opens_at for row in rows],
                "closes": [row.closes_at for row in rows],
                "rests": [row.rest[0] if row.rest else None for row in rows],
                "resumes": [row.rest[1] if row.rest else None for row in rows],
            },
        )
        return int(cursor.fetchone()[0])
