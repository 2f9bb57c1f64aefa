"""Bars as charts show them: in the major currency, adjusted for splits, by day, week or month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from typing import Final

from core.money import round_amount
from market.domain.actions import Split, factor
from market.domain.bars import BarRow

# What a chart of common width can still tell apart.
MOST_CANDLES: Final = 800
SIGNIFICANT: Final = 15
_ROUNDED: Final = Context(prec=SIGNIFICANT, rounding=ROUND_HALF_EVEN)
_ONE: Final = Fraction(1)


class Step(StrEnum):
    """The time that one point of a chart stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def scaled(value: Decimal, by: Fraction) -> Decimal:
    """Multiply exactly where it comes out even, else round to 15 significant digits, half to even."""
    if by == _ONE:
        return value
    if by.denominator == 1:
        return value * by.numerator
    return _ROUNDED.divide(value * by.numerator, Decimal(by.denominator))


def adjusted(rows: Sequence[BarRow], splits: Sequence[Split], quote_unit: Decimal) -> list[BarRow]:
    """Write raw bars (ascending) per unit of the last bar's day, in the major currency.

    Prices are multiplied by old over new shares of every later split up to the last bar, volumes by
    the inverse. Without `splits` only the quote unit applies.
    """
    if not rows:
        return []
    last = rows[-1].day
    edges = sorted({split.ex_date for split in splits})
    known: dict[int, Fraction] = {}
    shown = []
    for row in rows:
        place = sum(edge <= row.day for edge in edges)
        if place not in known:
            known[place] = factor(splits, row.day, last)
        shown.append(_converted(row, known[place], quote_unit))
    return shown


def _converted(row: BarRow, by: Fraction, quote_unit: Decimal) -> BarRow:
    if by == _ONE and quote_unit == 1:
        return row

    def price(value: Decimal | None) -> Decimal | None:
        return None if value is None else scaled(value * quote_unit, by)

    return BarRow(
        day=row.day,
        close=scaled(row.close * quote_unit, by),
        open=price(row.open),
        high=price(row.high),
        low=price(row.low),
        volume=None if row.volume is None else scaled(row.volume, 1 / by),
    )


def is_complete(rows: Iterable[BarRow]) -> bool:
    """Tell whether every bar has its open, high and low, so that candles can be drawn."""
    return all(None not in {row.open, row.high, row.low} for row in rows)


def step_for(rows: Sequence[BarRow]) -> Step:
    """Choose the finest step with at most 800 points; months where even weeks are more."""
    for step in (Step.DAY, Step.WEEK):
        if len(rows) <= MOST_CANDLES or len({_key(row.day, step) for row in rows}) <= MOST_CANDLES:
            return step
    return Step.MONTH


def moving_average(closes: Sequence[Decimal], window: int) -> list[Decimal | None]:
    """Return the mean of the last `window` closes at each; None where there are not so many yet.

    Exact sums, each mean to 15 significant digits.
    """
    total = Decimal(0)
    means: list[Decimal | None] = []
    for at, close in enumerate(closes):
        total += close
        if at >= window:
            total -= closes[at - window]
        means.append(scaled(total, Fraction(1, window)) if at >= window - 1 else None)
    return means


def change_since(closes: Sequence[Decimal], base: Decimal) -> list[Decimal]:
    """Return what each close is above `base`, in percent (12.5 is 12.5 %), with four places."""
    return [round_amount((close / base - 1) * 100, 4) for close in closes]


def resampled(rows: Sequence[BarRow], step: Step) -> list[BarRow]:
    """Merge bars (ascending) into weeks or months: first open, highest, lowest, last close, all volume.

    A merged bar is dated by its last day; a price or volume that no day has stays unknown.
    """
    if step is Step.DAY:
        return list(rows)
    return [_merged(list(group)) for _, group in groupby(rows, key=lambda row: _key(row.day, step))]


def _key(day: date, step: Step) -> tuple[int, int]:
    if step is Step.WEEK:
        year, week, _weekday = day.isocalendar()
        return year, week
    return day.year, day.month if step is Step.MONTH else day.toordinal()


def _merged(rows: list[BarRow]) -> BarRow:
    highs = [row.high for row in rows if row.high is not None]
    lows = [row.low for row in rows if row.low is not None]
    volumes = [row.volume for row in rows if row.volume is not None]
    return replace(
        rows[-1],
        open=rows[0].open,
        high=max(highs, default=None),
        low=min(lows, default=None),
        volume=sum(volumes, Decimal(0)) if volumes else None,
    )
