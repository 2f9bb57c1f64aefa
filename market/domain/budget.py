"""How many requests a source still takes: a sliding minute, and the hour and day of the clock (UTC)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most requests in any minute, and in an hour and a day of the clock; 0 is no limit."""

    minute: int = 0
    hour: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """The requests that were made: the instants of those of the last minute, and counts."""

    recent: tuple[datetime, ...] = ()
    hour: datetime | None = None
    hour_used: int = 0
    day: date | None = None
    day_used: int = 0

    def at(self, now: datetime) -> Spent:
        """Forget what does not count any more at an instant."""
        hour, day = now.replace(minute=0, second=0, microsecond=0), now.astimezone(UTC).date()
        return Spent(
            tuple(one for one in self.recent if one > now - MINUTE),
            hour,
            self.hour_used if self.hour == hour else 0,
            day,
            self.day_used if self.day == day else 0,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request: `spent` counts it, or `wait` says how many seconds are to pass first."""

    spent: Spent
    wait: int = 0


def spend(known: Spent, limits: Limits, count: int, now: datetime) -> Verdict:
    """Count some requests that are about to be made, all or none of them."""
    spent = known.at(now)
    wait = _wait(spent, limits, count, now)
    if wait:
        return Verdict(spent, wait)
    recent = spent.recent + (now,) * count if limits.minute else ()
    return Verdict(
        replace(spent, recent=recent, hour_used=spent.hour_used + count, day_used=spent.day_used + count)
    )


def left(known: Spent, limits: Limits, now: datetime) -> int | None:
    """Tell how many requests are left now; None without any limit."""
    spent = known.at(now)
    rests = [
        most - used
        for most, used in (
            (limits.minute, len(spent.recent)), (limits.hour, spent.hour_used), (limits.day, spent.day_used)
        )
        if most
    ]  # fmt: skip
    return max(0, min(rests)) if rests else None


def _wait(spent: Spent, limits: Limits, count: int, now: datetime) -> int:
    waits = [timedelta(0)]
    if limits.minute and len(spent.recent) + count > limits.minute:
        place = max(0, len(spent.recent) + count - limits.minute - 1)
        freed = spent.recent[min(place, len(spent.recent) - 1)] if spent.recent else now
        waits.append(freed + MINUTE - now)
    if limits.hour and spent.hour is not None and spent.hour_used + count > limits.hour:
        waits.append(spent.hour + HOUR - now)
    if limits.day and spent.day_used + count > limits.day:
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        waits.append(midnight + DAY - now)
    longest = max(waits)
    return int(longest.total_seconds()) + 1 if longest else 0
