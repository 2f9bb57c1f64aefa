"""What the prices of a source are adjusted for, and how the prices as traded follow from them.

A source that adjusts for splits divides every price before one by its ratio, and multiplies the volume.
Turned round: raw = given x new units / old units over every split after the bar's day, up to and including
the day as of which the source has adjusted. Prices adjusted for dividends too have no way back.
docs/algorithms/corporate-actions.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from market.domain.actions import Split, factor
from market.domain.bars import LARGEST, PLACES, PRICES, BarRow

_ONE: Final = Fraction(1)
_WRITTEN: Final = 2
_WIDE: Final = Context(prec=120)


@dataclass(frozen=True, slots=True)
class AdjustmentBasis:
    """What prices are adjusted for: nothing (`as_of` None), or all splits up to and including `as_of`.

    Every source of prices states its own; the services turn what it gives into prices as traded.
    """

    as_of: date | None = None

    @property
    def is_raw(self) -> bool:
        """Tell whether prices are as they were traded."""
        return self.as_of is None

    def ratio(self, splits: Iterable[Split], day: date) -> Fraction:
        """Return what to multiply a given price of `day` by to have it as traded: new over old units.

        `splits` are the instrument's; those with ``day < ex_date <= as_of`` count.
        """
        return _ONE if self.as_of is None else 1 / factor(splits, day, self.as_of)


RAW: Final = AdjustmentBasis()


class Adjustment(StrEnum):
    """The names of the bases, as programs, forms and files say them."""

    NONE = "none"
    SPLIT = "split"


def basis_of(name: str, as_of: date | None) -> AdjustmentBasis | None:
    """Make a basis of its name and day; None: the two do not go together."""
    if (name == Adjustment.SPLIT) != (as_of is not None):
        return None
    return AdjustmentBasis(as_of)


def restored(given: Decimal, by: Fraction) -> Decimal:
    """Multiply a number that is not negative by a ratio, to as many decimals as what is given can carry.

    A given number, of at most 18 decimals, is exact to half of the last; times `by` that is more, so that
    the last decimals would be noise: 3.333333333333333333 times 3 is 10. With 18 less the digits of `by`,
    every raw price that the source's 18 decimals can tell apart comes back as it was. Half is rounded up.
    """
    if by == _ONE:
        return given
    places = _places(by)
    # in whole numbers, which is many times faster than fractions
    doubled = 2 * int(given.scaleb(PLACES, _WIDE)) * by.numerator * 10**places
    unit = by.denominator * 10**PLACES
    return Decimal((doubled + unit) // (2 * unit)).scaleb(-places, _WIDE)


@lru_cache(maxsize=1024)
def _places(by: Fraction) -> int:
    places = PLACES
    while places > 0 and Fraction(10) ** (PLACES - places) < by:
        places -= 1
    return places


def restored_row(row: BarRow, by: Fraction) -> BarRow:
    """Turn a given bar into the one as traded: prices times `by`, the volume by its inverse."""
    if by == _ONE:
        return row

    def price(value: Decimal | None) -> Decimal | None:
        return None if value is None else restored(value, by)

    return BarRow(
        day=row.day,
        close=restored(row.close, by),
        open=price(row.open),
        high=price(row.high),
        low=price(row.low),
        volume=None if row.volume is None else restored(row.volume, 1 / by),
    )


def unfit(row: BarRow) -> str:
    """Name the number of a restored bar that no column can hold; empty when all can."""
    for name in PRICES:
        value: Decimal | None = getattr(row, name)
        if value is not None and not 0 < value < LARGEST:
            return name
    return "volume" if row.volume is not None and row.volume >= LARGEST else ""


def agree(raw: Decimal, given: Decimal, by: Fraction) -> bool:
    """Tell whether a price as traded is one that `given` may stand for, as both are rounded as written."""
    off = abs(Fraction(raw) - Fraction(given) * by)
    return off <= _half_unit(given) * by + _half_unit(raw)


def _half_unit(value: Decimal) -> Fraction:
    """Return half of the last decimal, of which at least two count as written: 50 stands for 50.00."""
    decimals = _WRITTEN
    while decimals < PLACES and Fraction(value) * 10**decimals % 1:
        decimals += 1
    return Fraction(1, 2 * 10**decimals)
