"""Which day a transaction belongs to, when the portfolio's time zone changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from core import clock
from portfolios.models import Portfolio, Transaction

_UPDATE = """
UPDATE portfolios_transaction AS row SET time = new.time, day = new.day
FROM unnest(%s::uuid[], %s::timestamptz[], %s::date[]) AS new (id, time, day)
WHERE row.id = new.id
"""


def redate(portfolio: Portfolio, former: str) -> None:
    """Date all of a portfolio's transactions anew after its zone was `former`. It is locked and saved.

    What was entered with a date and no time stands at midnight and keeps its date: it moves to
    midnight of the new zone. Everything else keeps its instant and may fall on another day.
    """
    rows = Transaction.objects.filter(portfolio=portfolio).values_list("id", "time", "day")
    changed = [
        (key, *_moved(instant, day, former, portfolio.time_zone)) for key, instant, day in rows.iterator()
    ]
    keys: list[UUID] = [key for key, _, _ in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE, [keys, [instant for _, instant, _ in changed], [day for _, _, day in changed]]
        )


def _moved(instant: datetime, day: date, former: str, zone: str) -> tuple[datetime, date]:
    if instant == _midnight(day, former):
        return _midnight(day, zone), day
    return instant, clock.day_of(instant, zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)
