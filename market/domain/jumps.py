"""Whether prices as traded jump where a known split says, and jumps that look like a split nobody recorded.

Real prices move, so only what can mean one thing is called. A split of r new for one old units moves a
price by 1/r overnight. Read on the scale of its logarithm, with x = ln(price after / price before):

- x near -ln r: as it must be;
- x near 0: the prices do not jump, as if they were adjusted for the split;
- x near -2 ln r: they jump twice, as if raw prices had been taken for adjusted ones and converted.

Near is a third of ln r, at most what a day's move of 25 % is. Splits below 3 for 2 are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.domain.actions import Split
from market.domain.prices import CloseSeries

# A split further from its neighbours in time than this is not judged.
NEAR_DAYS: Final = 7
_SMALLEST: Final = log(1.5)
_WIDEST: Final = log(1.25)
# Rounding of the logarithm must not decide a split of exactly 3 for 2.
_DUST: Final = 1e-9
# A missed split: which ratios there are, how near a jump must come, and how far the next days stay there.
_USUAL: Final = tuple(
    Fraction(one) for one in (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 100, 150, 200)
)
_CLOSE: Final = log(1.03)
_STAYS: Final = log(1.25)


class Reading(StrEnum):
    """What prices around a split look like: as traded, adjusted for it, jumping twice, or none of these."""

    AS_TRADED = "as-traded"
    ADJUSTED = "adjusted"
    TWICE = "twice"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Across:
    """The closes around one split, or several between the same closes (`ratio`: new units for one old)."""

    instrument: int
    ex_date: date
    ratio: Fraction
    before_day: date
    before: Decimal
    after_day: date
    after: Decimal

    @property
    def reading(self) -> Reading:
        """Tell what the prices look like."""
        jump, due = log(self.after / self.before), -log(self.ratio)
        if abs(due) < _SMALLEST - _DUST:
            return Reading.UNCLEAR
        near = min(abs(due) / 3, _WIDEST)
        for reading, place in ((Reading.AS_TRADED, due), (Reading.ADJUSTED, 0.0), (Reading.TWICE, 2 * due)):
            if abs(jump - place) <= near:
                return reading
        return Reading.UNCLEAR

    @property
    def is_wrong(self) -> bool:
        """Tell whether these cannot be prices as traded."""
        return self.reading in {Reading.ADJUSTED, Reading.TWICE}

    @property
    def expected(self) -> Decimal:
        """The close after the split if nothing else had moved the price."""
        return self.before * self.ratio.denominator / self.ratio.numerator


@dataclass(frozen=True, slots=True)
class Jump:
    """Consecutive days between which a price moved as by a split of `ratio` (new units for one old)."""

    before_day: date
    day: date
    ratio: Fraction


def across(
    closes: Mapping[date, Decimal], splits: Sequence[Split], others: Iterable[date] = ()
) -> Iterator[Across]:
    """Tell for each split of one instrument the raw closes around it; nothing where one lacks.

    Left out are splits with one of `others` between the same closes: days on which something else happened
    to the shares that moves their price, such as a spin-off.
    """
    days = sorted(closes)
    found = []
    for split in splits:
        before = [day for day in days if 0 < (split.ex_date - day).days <= NEAR_DAYS]
        after = [day for day in days if 0 <= (day - split.ex_date).days < NEAR_DAYS]
        if before and after:
            found.append((before[-1], after[0], split))
    busy = set(others)
    for (start, end), group in groupby(found, key=lambda one: one[:2]):
        if any(start < day <= end for day in busy):
            continue
        together = [split for _start, _end, split in group]
        ratio = Fraction(1)
        for split in together:
            ratio *= Fraction(split.numerator, split.denominator)
        first = together[0]
        yield Across(first.instrument, first.ex_date, ratio, start, closes[start], end, closes[end])


def missed(series: CloseSeries, known: Iterable[date]) -> list[Jump]:
    """Find moves that look like a split, none of whose dates is in `known` (of any corporate action).

    The price must come within 3 % of a usual ratio from one close to the next, at most a week apart, and
    move by less than 25 % just before and just after, so that one wrong price is no split.
    """
    priced = series.closes > 0  # a delisting may leave 0 as the last price
    days, moves = series.days[priced].astype(np.int64), np.diff(np.log(series.closes[priced]))
    told = np.array([day.toordinal() for day in known], dtype=np.int64)
    found = []
    for at in np.flatnonzero(np.abs(moves[:-1]) >= log(2) - _CLOSE).tolist():
        start, end = int(days[at]), int(days[at + 1])
        is_told = bool(np.any((told > start) & (told <= end)))
        ratio = _usual(float(moves[at]))
        if ratio is not None and not is_told and end - start <= NEAR_DAYS and _stays(moves, at):
            found.append(Jump(date.fromordinal(start), date.fromordinal(end), ratio))
    return found


def _stays(moves: NDArray[np.float64], at: int) -> bool:
    """Tell whether the price moved little just before and just after."""
    return all(abs(float(move)) <= _STAYS for move in (*moves[max(at - 1, 0) : at], moves[at + 1]))


def _usual(move: float) -> Fraction | None:
    best = min(_USUAL, key=lambda one: abs(log(one) - abs(move)))
    if abs(log(best) - abs(move)) > _CLOSE:
        return None
    return best if move < 0 else 1 / best


def window(split: Split) -> tuple[date, date]:
    """Tell the days whose closes `across` looks at for a split, both included."""
    days = timedelta(days=NEAR_DAYS)
    return split.ex_date - days, split.ex_date + days - timedelta(days=1)
