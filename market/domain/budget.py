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
    """The requests that were made: the instants of those of the last minute, and counts.

    `besides` are those of them that were not for what the source is there for first.
    """

    recent: tuple[datetime, ...] = ()
    hour: datetime | None = None
    hour_used: int = 0
    day: date | None = None
    day_used: int = 0
    recent_besides: tuple[datetime, ...] = ()
    hour_besides: int = 0
    day_besides: int = 0

    def at(self, now: datetime) -> Spent:
        """Forget what does not count any more at an instant."""
        hour, day = now.replace(minute=0, second=0, microsecond=0), now.astimezone(UTC).date()
        return Spent(
            tuple(one for one in self.recent if one > now - MINUTE),
            hour,
            self.hour_used if self.hour == hour else 0,
            day,
            self.day_used if self.day == day else 0,
            tuple(one for one in self.recent_besides if one > now - MINUTE),
            self.hour_besides if self.hour == hour else 0,
            self.day_besides if self.day == day else 0,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request: `spent` counts it, or `wait` says how many seconds are to pass first."""

    spent: Spent
    wait: int = 0


def spend(known: Spent, limits: Limits, count: int, now: datetime, *, is_besides: bool = False) -> Verdict:
    """Count some requests that are about to be made, all or none of them.

    Those that are besides get at most half of what the others leave. More than a limit allows at all have
    the whole of it: a minute (hour, day) in which nothing else was asked.
    """
    spent = known.at(now)
    wait = _wait(spent, limits, count, now, is_besides=is_besides)
    if wait:
        return Verdict(spent, wait)
    besides = count if is_besides else 0
    return Verdict(
        replace(
            spent,
            recent=spent.recent + (now,) * (count if limits.minute else 0),
            hour_used=spent.hour_used + count,
            day_used=spent.day_used + count,
            recent_besides=spent.recent_besides + (now,) * (besides if limits.minute else 0),
            hour_besides=spent.hour_besides + besides,
            day_besides=spent.day_besides + besides,
        )
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


def _wait(spent: Spent, limits: Limits, count: int, now: datetime, *, is_besides: bool) -> int:
    """Tell how many seconds are to pass until each limit has room."""

    def is_full(most: int, used: int, besides: int) -> bool:
        if not most or not used:
            return False
        share = (most - (used - besides)) // 2
        return used + count > most or (is_besides and besides + count > share)

    waits = [timedelta(0)]
    if is_full(limits.minute, len(spent.recent), len(spent.recent_besides)):
        place = max(0, len(spent.recent) + count - limits.minute - 1)
        waits.append(spent.recent[min(place, len(spent.recent) - 1)] + MINUTE - now)
    if spent.hour is not None and is_full(limits.hour, spent.hour_used, spent.hour_besides):
        waits.append(spent.hour + HOUR - now)
    if is_full(limits.day, spent.day_used, spent.day_besides):
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        waits.append(midnight + DAY - now)
    longest = max(waits)
    return int(longest.total_seconds()) + 1 if longest else 0
