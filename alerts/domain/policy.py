"""When a message may leave: quiet hours, digests, the cap of an hour; and what follows a try that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from alerts.domain.messages import Outcome, Result

HOUR: Final = timedelta(hours=1)
# when what comes once a day comes, in the person's time zone
DAILY_AT: Final = time(8)
MOST_TRIES: Final = 8
# what a program gets within an hour of the first; people choose their own bound
MOST_TO_PROGRAM: Final = 600
FIRST_WAIT: Final = 10.0
LONGEST_WAIT: Final = 3600.0
SHORTEST_WAIT: Final = 1.0
# as long as what fails is on our side, and a message is not older, it is tried on, more often than elsewhere
LONGEST_TROUBLE: Final = timedelta(days=3)
LONGEST_OWN_WAIT: Final = 300.0
# a channel stops after so many failures in a row that went on for so long
MOST_FAILURES: Final = 10
LONGEST_FAILING: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person wants to be told on a channel; times are in `zone`, `digest` is of `Channel.Digest`."""

    zone: tzinfo
    digest: str = "none"
    quiet_from: time | None = None
    quiet_until: time | None = None
    hourly_cap: int = 20


@dataclass(frozen=True, slots=True)
class Hour:
    """How many messages left since when; the count is over an hour after it began."""

    began: datetime | None = None
    sent: int = 0

    def is_over(self, now: datetime) -> bool:
        """Tell whether a message at `now` begins a new hour."""
        return self.began is None or now >= self.began + HOUR

    def full_until(self, now: datetime, most: int) -> datetime | None:
        """Tell when the hour is over in which `most` left already; None while there is room."""
        is_full = self.began is not None and not self.is_over(now) and self.sent >= most
        return self.began + HOUR if is_full and self.began is not None else None

    def with_one_more(self, now: datetime) -> Hour:
        """Count a message."""
        return Hour(now, 1) if self.is_over(now) else Hour(self.began, self.sent + 1)


def waits_until(wishes: Wishes, now: datetime, hour: Hour, *, gathered: bool) -> datetime | None:
    """Tell until when a message waits for the others of its channel; None: it leaves now.

    One that was gathered has waited for its digest or hour already: only quiet hours hold it then.
    """
    at = now
    if not gathered and wishes.digest != "none":
        at = next_digest(now, wishes.zone, wishes.digest)
    elif not gathered and hour.began is not None and not hour.is_over(now) and hour.sent >= wishes.hourly_cap:
        at = hour.began + HOUR
    at = quiet_end(wishes, at) or at
    return at if at > now else None


def quiet_end(wishes: Wishes, at: datetime) -> datetime | None:
    """Tell when the quiet hours end that `at` is in; None where it is in none.

    They are by the clock on the wall: also in the night in which it is put forward or back.
    """
    start, end = wishes.quiet_from, wishes.quiet_until
    if start is None or end is None or start == end:
        return None
    local = at.astimezone(wishes.zone)
    clock = local.time()
    over_midnight = start > end
    if not ((clock >= start or clock < end) if over_midnight else (start <= clock < end)):
        return None
    day = local.date() + timedelta(days=1) if over_midnight and clock >= start else local.date()
    return _first_after(datetime.combine(day, end), wishes.zone, at)


def next_digest(now: datetime, zone: tzinfo, digest: str) -> datetime:
    """Tell when the next digest leaves: at the next full hour, or at the next eight in the morning."""
    local = now.astimezone(zone)
    if digest == "hourly":
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now + HOUR - into
    days = 0 if local.time() < DAILY_AT else 1
    return _first_after(datetime.combine(local.date() + timedelta(days=days), DAILY_AT), zone, now)


def _first_after(wall: datetime, zone: tzinfo, now: datetime) -> datetime:
    """Tell the first instant after `now` that a clock shows so; one that is left out counts an hour later."""
    utc = now.tzinfo
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(utc) for fold in (0, 1))
    return first if first > now else second


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery after a try: its `Delivery.State`, and seconds to wait if it pends."""

    state: str
    wait: float = 0.0


def after(
    result: Result, *, attempts: int, failures: int, age: timedelta, luck: float, most: int = MOST_TRIES
) -> Verdict:
    """Tell what follows the try number `attempts` (from 1) of a message of that age.

    `failures` are the tries before it that failed on the other side: no other uses any of them up. `luck`
    from 0 to 1 spreads tries that failed together (full jitter).
    """
    if result.outcome is Outcome.DELIVERED:
        return Verdict("delivered")
    if result.outcome is not Outcome.RETRY:
        return Verdict("failed")
    if result.is_ours:
        if attempts >= most and age > LONGEST_TROUBLE:
            return Verdict("failed")
        return Verdict("pending", min(backoff(attempts, luck, result.retry_after), LONGEST_OWN_WAIT))
    if failures + 1 >= most:
        return Verdict("failed")
    return Verdict("pending", backoff(failures + 1, luck, result.retry_after))


def backoff(attempts: int, luck: float, retry_after: float | None = None) -> float:
    """Tell how many seconds to wait after a try; what the other side asks for counts up to an hour."""
    longest = min(FIRST_WAIT * float(1 << min(attempts - 1, 20)), LONGEST_WAIT)
    wait = max(SHORTEST_WAIT, luck * longest)
    return max(wait, min(retry_after or 0.0, LONGEST_WAIT))


def is_lost(failures: int, failing_for: timedelta) -> bool:
    """Tell whether a channel that failed so often in a row, for so long, is to stop."""
    return failures >= MOST_FAILURES and failing_for >= LONGEST_FAILING
