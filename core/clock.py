"""The wall clock, in one place."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone


def now() -> datetime:
    """Tell the instant, in UTC."""
    return timezone.now()


def today(time_zone: str) -> date:
    """Tell the calendar date in `time_zone` (an IANA name)."""
    return now().astimezone(ZoneInfo(time_zone)).date()


def day_of(instant: datetime, time_zone: str) -> date:
    """Tell on which calendar date of `time_zone` (an IANA name) the instant falls."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


@cache
def time_zones() -> frozenset[str]:
    """Name the IANA time zones; not those that mean another on each machine."""
    return frozenset(available_timezones()) - {"Factory", "localtime"}
