"""Splits and dividends as they follow from unadjusted and adjusted closes of the same days.

From one day to the next the adjusted close carries the total return, the unadjusted one only the
price: f = (adj_t / adj_t-1) / (close_t / close_t-1). A split of n for 1 shows as f = n, a dividend
d on its ex-date as f = 1 + d / close_t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import pairwise
from typing import Final

# Rounding of the published adjusted closes moves f by less than 1e-7; the smallest dividend moves it by 5e-4.
_NOISE: Final = Decimal("1e-5")
_SMALLEST_SPLIT: Final = Decimal("1.2")
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Day:
    """One day's unadjusted and adjusted close."""

    day: date
    close: Decimal
    adjusted: Decimal


@dataclass(frozen=True, slots=True)
class Derived:
    """A split of `split` new shares for one, or a dividend per share in the currency of the closes."""

    ex_date: date
    split: int | None = None
    dividend: Decimal | None = None


def derive(days: Sequence[Day]) -> list[Derived]:
    """Find the splits (whole numbers for 1) and dividends (in whole cents), in order of ex-date.

    `days` are consecutive trading days in ascending order.
    """
    found = []
    with localcontext(prec=40):
        for before, after in pairwise(days):
            factor = (after.adjusted * before.close) / (before.adjusted * after.close)
            if factor >= _SMALLEST_SPLIT:
                found.append(Derived(after.day, split=int(factor.to_integral_value(ROUND_HALF_EVEN))))
            elif factor - 1 > _NOISE:
                amount = (after.close * (factor - 1)).quantize(_CENT, ROUND_HALF_EVEN)
                found.append(Derived(after.day, dividend=amount))
    return found
