"""Corporate actions as the mathematics sees them, and the price factors of splits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Split:
    """A split: `numerator` new units for `denominator` old ones, from the start of `ex_date`."""

    instrument: int
    ex_date: date
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Dividend:
    """A gross dividend per unit as of `ex_date`, in `currency`."""

    instrument: int
    ex_date: date
    amount: Decimal
    currency: str


def ratio(numerator: Decimal, denominator: Decimal) -> tuple[int, int]:
    """Reduce a split's ratio to whole numbers: 1.5 for 1 is 3 for 2."""
    fraction = Fraction(numerator) / Fraction(denominator)
    return fraction.numerator, fraction.denominator


def price_factors(days: NDArray[np.int32], splits: Iterable[Split]) -> NDArray[np.float64]:
    """Return what to multiply raw prices of `days` by to see them in today's units.

    `days` int32 ordinals, shape (n,); the factor of a day is the product of denominator over
    numerator of every split with a later ex-date. Shape (n,), float64.
    """
    factors = np.ones(len(days), dtype=np.float64)
    for split in splits:
        factors[days < split.ex_date.toordinal()] *= split.denominator / split.numerator
    return factors
