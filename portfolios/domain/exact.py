"""Exact decimal arithmetic: products and sums lose nothing, divisions lose once.

Quantities, prices and rates have at most 38 digits, so a product of three and a sum
of millions of them fit in 150. A division is rounded once, to `PLACES`; whoever
divides keeps the remainder, so that parts add up to the whole with ``==``.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import Final

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
PLACES: Final = Decimal("1E-18")
EXACT: Final = Context(prec=150, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def exact() -> AbstractContextManager[Context]:
    """Enter the context in which the figures of this package are exact.

    Whoever adds or compares them outside needs it too: the default context keeps 28 digits.
    """
    return localcontext(EXACT)


# Those below are called within `exact()`; operators there are three times as fast as context methods.


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return ``total × part ÷ whole``, rounded half-even to 18 places.

    Raises:
        DivisionByZero: `whole` is zero.
    """
    return (total * part / whole).quantize(PLACES)


def times(amount: Decimal | None, factor: Decimal | None) -> Decimal | None:
    """Multiply, or stay unknown where either side is unknown."""
    return None if amount is None or factor is None else amount * factor


def plus(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """Add, or stay unknown where either side is unknown."""
    return None if first is None or second is None else first + second


def minus(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """Subtract, or stay unknown where either side is unknown."""
    return None if first is None or second is None else first - second


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum, or stay unknown where one is unknown."""
    found = ZERO
    for amount in amounts:
        if amount is None:
            return None
        found += amount
    return found


def total_of_known(amounts: Iterable[Decimal | None]) -> Decimal:
    """Sum what is known; what is not belongs to something that is left out and named elsewhere."""
    return sum((amount for amount in amounts if amount is not None), ZERO)
