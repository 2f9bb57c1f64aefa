"""Which days risk observes, what months earned, and how an index fell."""

from datetime import date

import numpy as np
import pytest

from portfolios.domain.arrays import day_number, day_of
from portfolios.domain.falls import Fall, falls
from portfolios.domain.months import months, years
from portfolios.domain.observations import Frequency, observed
from portfolios.domain.reasons import Reason
from portfolios.domain.rolling import rolling


def span(first, last):
    return np.arange(day_number(date.fromisoformat(first)), day_number(date.fromisoformat(last)) + 1)


def ends(days, spans):
    return [day_of(days[at]).isoformat() for at in spans.last]


def test_a_weekend_is_linked_into_its_monday():
    days = span("2024-01-04", "2024-01-09")  # Thursday to Tuesday
    quoted = np.ones(len(days), dtype=bool)
    spans = observed(days, np.full(len(days), 100.0), quoted, Frequency.DAILY)
    assert ends(days, spans) == ["2024-01-05", "2024-01-08", "2024-01-09"]
    daily = np.array([0.0, 0.5, 0.25, 0.0, 1.0, -0.5])
    assert spans.linked(daily).tolist() == [0.5, 1.25 * 2 - 1, -0.5]


def test_a_holiday_between_quoted_days_is_none_but_a_rarely_priced_thing_has_every_weekday():
    days = span("2024-12-23", "2024-12-27")  # Monday to Friday
    value = np.full(len(days), 100.0)
    quoted = np.array([True, True, False, False, True])
    assert ends(days, observed(days, value, quoted, Frequency.DAILY)) == ["2024-12-24", "2024-12-27"]
    monthly = span("2024-01-31", "2024-02-29")
    once = np.zeros(len(monthly), dtype=bool)
    once[[0, -1]] = True
    assert len(observed(monthly, np.full(len(monthly), 1.0), once, Frequency.DAILY).last) == 21


def test_only_days_that_began_with_something_held_are_observed():
    days = span("2024-01-01", "2024-01-05")
    value = np.array([0.0, 100.0, 110.0, 0.0, 0.0])
    spans = observed(days, value, np.ones(len(days), dtype=bool), Frequency.DAILY)
    assert ends(days, spans) == ["2024-01-03", "2024-01-04"]


def test_weeks_and_months_count_when_no_weekday_of_theirs_is_outside():
    days = span("2024-01-12", "2024-02-29")  # from the close of a Friday
    value, quoted = np.full(len(days), 1.0), np.ones(len(days), dtype=bool)
    weeks = observed(days, value, quoted, Frequency.WEEKLY)
    assert ends(days, weeks)[0] == "2024-01-21"
    assert ends(days, weeks)[-1] == "2024-02-25"
    assert ends(days, observed(days, value, quoted, Frequency.MONTHLY)) == ["2024-02-29"]
    # the first weekday of June 2024 is the 3rd
    june = span("2024-06-02", "2024-06-28")
    held = np.full(len(june), 1.0)
    assert len(observed(june, held, held > 0, Frequency.MONTHLY).last) == 1


def test_months_and_years_say_what_they_cover():
    days = span("2023-11-15", "2024-01-31")
    daily, active = np.zeros(len(days)), np.ones(len(days), dtype=bool)
    daily[1], daily[-1] = 0.5, 0.25
    active[16:47] = False  # all of December
    found = months(days, daily, active, len(days))
    assert [(one.year, one.month, one.partial) for one in found] == [
        (2023, 11, True), (2023, 12, False), (2024, 1, False),
    ]  # fmt: skip
    assert [one.earned.value for one in found] == [0.5, None, 0.25]
    assert found[1].earned.reason is Reason.NOTHING_HELD
    assert [(one.year, one.earned.value, one.partial) for one in years(days, daily, active, len(days))] == [
        (2023, 0.5, True), (2024, 0.25, True),
    ]  # fmt: skip
    assert months(days, daily, active, 50)[-1].earned.reason is Reason.NEGATIVE_VALUE
    assert months(days[:1], daily[:1], active[:1], 1) == []


def test_falls_are_listed_deepest_first_with_their_days():
    found = falls(np.array([100.0, 100.0, 90.0, 100.0, 120.0, 60.0, 90.0]))
    assert found == [Fall(0.5, 4, 5, None), Fall(pytest.approx(0.1), 1, 2, 3)]
    assert falls(np.array([1.0, 1.0, 2.0])) == []


def test_a_window_moves_along_the_observations():
    ours, theirs = np.array([0.02, -0.02, 0.04, 0.0]), np.array([0.01, -0.01, 0.02, 0.0])
    found = rolling(ours, theirs, 2, 252)
    assert found.total == pytest.approx([1.02 * 0.98 - 1, 0.98 * 1.04 - 1, 0.04])
    assert found.beta == pytest.approx([2.0, 2.0, 2.0])
    assert found.volatility[0] == pytest.approx(np.sqrt(0.0008 * 252))
    assert found.sharpe[0] == pytest.approx(0.0)
    still = rolling(np.zeros(3), np.zeros(3), 2, 252)
    assert still.volatility.tolist() == [0.0, 0.0]
    assert np.isnan(still.sharpe).all()
    assert np.isnan(still.beta).all()
    assert rolling(ours, None, 5, 252) is None
