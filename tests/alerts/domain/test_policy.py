"""When a message may leave, and what follows a try."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.messages import Outcome, Result
from alerts.domain.policy import (
    DAILY_AT,
    HOUR,
    LONGEST_WAIT,
    Hour,
    Verdict,
    Wishes,
    after,
    backoff,
    is_lost,
    next_digest,
    quiet_end,
    waits_until,
)

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
ZONES = [UTC, BERLIN, ZoneInfo("America/New_York"), KOLKATA, ZoneInfo("Australia/Lord_Howe")]
INSTANTS = st.integers(1_672_531_200, 1_767_225_600).map(lambda one: datetime.fromtimestamp(one, UTC))
# of the day's clock, to the minute
CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def quiet(start: str, end: str, zone: ZoneInfo = BERLIN) -> Wishes:
    return Wishes(zone, quiet_from=time.fromisoformat(start), quiet_until=time.fromisoformat(end))


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2024-01-10 20:59", None),
        ("2024-01-10 21:00", "2024-01-11 06:00"),
        ("2024-01-11 02:00", "2024-01-11 06:00"),
        ("2024-01-11 06:00", None),
        # summer begins on 31 March: the night is an hour shorter
        ("2024-03-30 21:00", "2024-03-31 05:00"),
        # and ends on 27 October: it is an hour longer
        ("2024-10-26 20:00", "2024-10-27 06:00"),
    ],
)
def test_quiet_hours_over_midnight_are_by_the_clock_on_the_wall(now, end):
    assert quiet_end(quiet("22:00", "07:00"), at(now)) == (end and at(end))


def test_end_that_the_clock_leaves_out_is_an_hour_later_and_one_it_shows_twice_is_the_next():
    assert quiet_end(quiet("01:00", "02:30"), at("2024-03-31 00:30")) == at("2024-03-31 01:30")
    assert quiet_end(quiet("01:00", "02:30"), at("2024-10-27 00:10")) == at("2024-10-27 00:30")
    # the same clock once more, an hour later
    assert quiet_end(quiet("01:00", "02:30"), at("2024-10-27 01:10")) == at("2024-10-27 01:30")


@settings(max_examples=150)
@given(INSTANTS, CLOCKS, CLOCKS, st.sampled_from(ZONES))
def test_quiet_hours_end_later_within_a_day_and_are_over_then(now, start, end, zone):
    wishes = Wishes(zone, quiet_from=start, quiet_until=end)
    found = quiet_end(wishes, now)
    if found is None:
        return
    assert now < found <= now + timedelta(hours=25)
    assert quiet_end(wishes, found) is None
    shown = found.astimezone(zone).time()
    gaps = {end.replace(hour=(end.hour + 1) % 24), (datetime.combine(now, end) + HOUR / 2).time()}
    assert shown in {end, *gaps}


@pytest.mark.parametrize(
    ("digest", "zone", "now", "then"),
    [
        ("hourly", BERLIN, "2024-01-10 10:20", "2024-01-10 11:00"),
        ("hourly", BERLIN, "2024-01-10 10:00", "2024-01-10 11:00"),
        ("hourly", KOLKATA, "2024-01-10 10:20", "2024-01-10 10:30"),
        ("daily", BERLIN, "2024-01-10 06:59", "2024-01-10 07:00"),
        ("daily", BERLIN, "2024-01-10 07:00", "2024-01-11 07:00"),
        ("daily", BERLIN, "2024-03-30 12:00", "2024-03-31 06:00"),
    ],
)
def test_digest_leaves_at_the_next_hour_or_morning_of_the_person(digest, zone, now, then):
    assert next_digest(at(now), zone, digest) == at(then)


@settings(max_examples=100)
@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(["hourly", "daily"]))
def test_digest_is_soon(now, zone, digest):
    then = next_digest(now, zone, digest)
    longest = HOUR if digest == "hourly" else timedelta(hours=25)
    assert now < then <= now + longest
    if digest == "daily":
        assert then.astimezone(zone).time() == DAILY_AT


NOW = at("2024-01-10 12:00")


@pytest.mark.parametrize(
    ("wishes", "hour", "gathered", "until"),
    [
        (Wishes(UTC), Hour(), False, None),
        (Wishes(UTC, hourly_cap=2), Hour(at("2024-01-10 11:30"), 1), False, None),
        (Wishes(UTC, hourly_cap=2), Hour(at("2024-01-10 11:30"), 2), False, at("2024-01-10 12:30")),
        (Wishes(UTC, hourly_cap=2), Hour(at("2024-01-10 11:00"), 2), False, None),
        (Wishes(UTC, hourly_cap=2), Hour(at("2024-01-10 11:30"), 2), True, None),
        (Wishes(UTC, digest="hourly"), Hour(), False, at("2024-01-10 13:00")),
        (Wishes(UTC, digest="hourly"), Hour(), True, None),
        (Wishes(UTC, "hourly", time(12, 30), time(14)), Hour(), False, at("2024-01-10 14:00")),
        (Wishes(UTC, "none", time(11), time(14)), Hour(), True, at("2024-01-10 14:00")),
        (Wishes(UTC, "none", time(12, 10), time(14), 2), Hour(at("2024-01-10 11:30"), 2), False,
         at("2024-01-10 14:00")),
    ],
)  # fmt: skip
def test_message_waits_for_its_digest_its_hour_and_the_end_of_the_quiet(wishes, hour, gathered, until):
    assert waits_until(wishes, NOW, hour, gathered=gathered) == until


def test_hour_is_counted_from_its_first_message():
    hour = Hour().with_one_more(NOW).with_one_more(NOW + HOUR / 2)
    assert hour == Hour(NOW, 2)
    assert hour.with_one_more(NOW + HOUR) == Hour(NOW + HOUR, 1)


RETRY = Result(Outcome.RETRY)
OURS = Result(Outcome.RETRY, is_ours=True)
DAYS = timedelta(days=1)


@pytest.mark.parametrize(
    ("result", "attempts", "failures", "age", "verdict"),
    [
        (Result(Outcome.DELIVERED), 1, 0, 0 * DAYS, Verdict("delivered")),
        (Result(Outcome.REFUSED), 1, 0, 0 * DAYS, Verdict("failed")),
        (Result(Outcome.GONE), 1, 0, 0 * DAYS, Verdict("failed")),
        (RETRY, 1, 0, 0 * DAYS, Verdict("pending", 5.0)),
        (RETRY, 7, 6, 0 * DAYS, Verdict("pending", 320.0)),
        (RETRY, 8, 7, 0 * DAYS, Verdict("failed")),
        (RETRY, 30, 0, 0 * DAYS, Verdict("pending", 5.0)),
        (OURS, 8, 0, 1 * DAYS, Verdict("pending", 300.0)),
        (OURS, 8, 7, 1 * DAYS, Verdict("pending", 300.0)),
        (OURS, 7, 0, 4 * DAYS, Verdict("pending", 300.0)),
        (OURS, 8, 0, 4 * DAYS, Verdict("failed")),
        (Result(Outcome.RETRY, retry_after=120), 1, 0, 0 * DAYS, Verdict("pending", 120.0)),
        (Result(Outcome.RETRY, retry_after=10**9), 1, 0, 0 * DAYS, Verdict("pending", 3600.0)),
    ],
)
def test_what_follows_a_try(result, attempts, failures, age, verdict):
    assert after(result, attempts=attempts, failures=failures, age=age, luck=0.5) == verdict


@settings(max_examples=50)
@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_wait_is_between_a_second_and_an_hour(attempts, luck):
    assert 1.0 <= backoff(attempts, luck) <= min(10 * 2 ** (attempts - 1), LONGEST_WAIT)


def test_channel_is_lost_after_many_failures_over_days():
    assert not is_lost(9, 10 * DAYS)
    assert not is_lost(1000, 2 * DAYS)
    assert is_lost(10, 3 * DAYS)
