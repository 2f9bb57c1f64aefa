"""Returns by month and by year, for a grid; docs/algorithms/risk.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from portfolios.domain.arrays import Bools, Floats, Ints, is_single
from portfolios.domain.observations import calendar_spans, month_numbers, month_start
from portfolios.domain.reasons import Figure, Reason

_MONTHS = 12
_EPOCH = 1970


@dataclass(frozen=True, slots=True)
class Month:
    """What was earned in a month, or (`month` 0) in a year; a fraction.

    `partial`: the series does not cover all of it.
    """

    year: int
    month: int
    earned: Figure[float]
    partial: bool


def months(days: Ints, daily: Floats, active: Bools, defined: int) -> list[Month]:
    """List the months of a series in order; the first day is its opening and belongs to none.

    `active`: the days on which something was held or paid in. From day `defined` on no return is known.
    """
    return [
        Month(_EPOCH + number // _MONTHS, number % _MONTHS + 1, earned, partial)
        for number, earned, partial in _spans(days, daily, active, defined, 1)
    ]


def years(days: Ints, daily: Floats, active: Bools, defined: int) -> list[Month]:
    """List the years of a series in the same way."""
    return [
        Month(_EPOCH + number, 0, earned, partial)
        for number, earned, partial in _spans(days, daily, active, defined, _MONTHS)
    ]


def _spans(
    days: Ints, daily: Floats, active: Bools, defined: int, size: int
) -> Iterator[tuple[int, Figure[float], bool]]:
    """Yield each span of `size` months: its number since 1970, its return, whether it is partial."""
    if is_single(days):
        return
    numbers = month_numbers(days) // size
    spans = calendar_spans(numbers)
    held = np.logical_or.reduceat(active, spans.first)
    totals = spans.linked(daily)
    for at, (first, last) in enumerate(zip(spans.first, spans.last, strict=True)):
        number = int(numbers[first])
        partial = days[first] > month_start(number * size) or days[last] + 1 < month_start(
            (number + 1) * size
        )
        yield number, _earned(float(totals[at]), held=bool(held[at]), defined=last < defined), bool(partial)


def _earned(total: float, *, held: bool, defined: bool) -> Figure[float]:
    if not defined:
        return Figure(None, Reason.NEGATIVE_VALUE)
    return Figure(total) if held else Figure(None, Reason.NOTHING_HELD)
