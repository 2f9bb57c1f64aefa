"""Room for the ticks of the months to come, and the end of those that are too old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import OperationalError, connection, transaction

from core import clock
from market.domain.ticks import EARLIEST, month_of, months, next_month
from market.services.ticks import partitions

AHEAD: Final = timedelta(days=45)

# a day of the exchange may reach into the next month, whose ticks are still there
_RECOUNT = """
UPDATE market_tickday day SET count = (
    SELECT count(*) FROM market_tick tick
    WHERE tick.instrument_id = day.instrument_id AND tick.world_id = day.world_id
      AND tick.at >= %(end)s AND tick.at <= day.last_at)
WHERE day.first_at < %(end)s AND day.count > 0
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an upkeep did: tables of months that it dropped, and those that readers did not let go of."""

    dropped: int
    busy: int


def oldest_kept() -> datetime:
    """Tell from when on ticks are kept: whole months (UTC), as TICK_RETENTION_DAYS says; 0 keeps all."""
    return _since(settings.TICK_RETENTION_DAYS)


def _since(days: int) -> datetime:
    return month_of(clock.now() - timedelta(days=days)) if days else EARLIEST


def keep_ticks() -> Kept:
    """Make the tables of the months to come, and drop those whose months are older than is kept.

    The days of dropped ticks keep their bars, and count 0. Minute bars have a time of their own.
    """
    now = clock.now()
    partitions.make(months(now, now + AHEAD))
    done = [_drop(*one) for one in partitions.before("market_tick", oldest_kept())]
    minutes = partitions.before("market_minutebar", _since(settings.MINUTE_BAR_RETENTION_DAYS))
    done += [_drop(*one) for one in minutes]
    return Kept(sum(done), len(done) - sum(done))


def _drop(name: str, month: datetime) -> bool:
    try:
        with transaction.atomic():
            partitions.drop(name)
            if name.startswith("market_tick_"):
                _forget(next_month(month))
    except OperationalError:  # somebody reads it; the next night drops it
        return False
    return True


def _forget(end: datetime) -> None:
    """Count the ticks before `end` as given up."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {"end": end})
        cursor.execute("UPDATE market_ticker SET at = NULL WHERE at < %s", [end])
