"""Which spans of days a risk figure observes, and what was earned over each; docs/algorithms/risk.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from portfolios.domain.arrays import Bools, Floats, Ints, day_of, is_single

# A weekday without any new price is a holiday where the prices around it are at most so many days apart.
_HOLIDAYS: Final = 5
_WEEK: Final = 7
_WEEKEND: Final = 5


class Frequency(StrEnum):
    """How long one observation is."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def periods(self) -> int:
        """How many of them make a year."""
        return {Frequency.DAILY: 252, Frequency.WEEKLY: 52, Frequency.MONTHLY: 12}[self]


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of days, both ends included, as positions in a series; shapes (spans,)."""

    first: Ints
    last: Ints

    def linked(self, daily: Floats) -> Floats:
        """Return what each span earned, ``Π(1 + r) - 1``; NaN where a day's return is unknown."""
        if not len(self.first):
            return np.zeros(0)
        edges = np.column_stack([self.first, self.last + 1]).ravel()
        growth: Floats = np.multiply.reduceat(np.append(1.0 + daily, 1.0), edges)[::2]
        return growth - 1.0

    def where(self, keep: Bools) -> Spans:
        """Keep some of them."""
        return Spans(self.first[keep], self.last[keep])


def held_before(value: Floats) -> Bools:
    """Return the days that began with something held; the first is the opening and never one."""
    return np.concatenate([[False], value[:-1] != 0])


def observed(days: Ints, value: Floats, quoted: Bools, frequency: Frequency) -> Spans:
    """Return the spans that are observations; shapes of the arguments (days,), the first the opening.

    `value` is of the end of each day, `quoted` the days on which something held has a price of its own.
    """
    if is_single(days):
        none = np.zeros(0, dtype=np.int64)
        return Spans(none, none)
    if frequency is Frequency.DAILY:
        return _trading_days(days, value, quoted)
    spans = calendar_spans(_numbers(days, frequency))
    return spans.where(held_before(value)[spans.first] & _whole(days, spans, frequency))


def _trading_days(days: Ints, value: Floats, quoted: Bools) -> Spans:
    last = np.flatnonzero(held_before(value) & is_weekday(days) & ~_holidays(days, quoted))
    return Spans(np.append(1, last[:-1] + 1)[: len(last)], last)


def is_weekday(days: Ints) -> Bools:
    """Return which days are no Saturday and no Sunday."""
    # 1970-01-01, day 0, was a Thursday
    weekday: Bools = (days + 3) % _WEEK < _WEEKEND
    return weekday


def _holidays(days: Ints, quoted: Bools) -> Bools:
    """Return the days without a new price between two that have one, close to each other."""
    before = np.maximum.accumulate(np.where(quoted, days, days[0] - _HOLIDAYS - 1))
    after = np.minimum.accumulate(np.where(quoted, days, days[-1] + _HOLIDAYS + 1)[::-1])[::-1]
    closed: Bools = ~quoted & (after - before <= _HOLIDAYS)
    return closed


def calendar_spans(numbers: Ints) -> Spans:
    """Return the spans of days with one number each, the opening left out; `numbers` ascend."""
    edges = np.flatnonzero(numbers[2:] != numbers[1:-1]) + 1
    return Spans(np.append(1, edges + 1), np.append(edges, len(numbers) - 1))


def month_numbers(days: Ints) -> Ints:
    """Return months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_start(month: int) -> int:
    """Return the day number of a month's first day; `month` counts from 1970-01."""
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def _numbers(days: Ints, frequency: Frequency) -> Ints:
    return (days + 3) // _WEEK if frequency is Frequency.WEEKLY else month_numbers(days)


def _whole(days: Ints, spans: Spans, frequency: Frequency) -> Bools:
    """Return the spans of which no weekday lies outside the series."""
    whole = np.ones(len(spans.first), dtype=bool)
    begins, ends = _bounds(int(days[1]), frequency)[0], _bounds(int(days[-1]), frequency)[1]
    whole[0] = np.busday_count(day_of(begins), day_of(int(days[1]))) == 0
    whole[-1] &= np.busday_count(day_of(int(days[-1]) + 1), day_of(ends)) == 0
    return whole


def _bounds(day: int, frequency: Frequency) -> tuple[int, int]:
    """Return the first day of a day's week or month, and that of the next one."""
    if frequency is Frequency.WEEKLY:
        first = day - (day + 3) % _WEEK
        return first, first + _WEEK
    month = int(month_numbers(np.array([day]))[0])
    return month_start(month), month_start(month + 1)
