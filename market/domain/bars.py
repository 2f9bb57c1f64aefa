"""What a daily bar must satisfy, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

EARLIEST: Final = date(1700, 1, 1)
LARGEST: Final = Decimal(10) ** 20
PLACES: Final = 18
PRICES: Final = ("open", "high", "low", "close")


class Fault(StrEnum):
    """Why a row is refused."""

    NOT_A_DATE = "not-a-date"
    FUTURE_DATE = "future-date"
    TOO_EARLY = "too-early"
    NOT_A_NUMBER = "not-a-number"
    MISSING = "missing"
    NOT_POSITIVE = "not-positive"
    NEGATIVE_VOLUME = "negative-volume"
    OUT_OF_RANGE = "out-of-range"
    HIGH_BELOW_LOW = "high-below-low"
    CLOSE_OUTSIDE = "close-outside"
    OPEN_OUTSIDE = "open-outside"
    UNKNOWN_SYMBOL = "unknown-symbol"
    AMBIGUOUS_SYMBOL = "ambiguous-symbol"
    TWO_VALUES = "two-values"
    WRONG_WIDTH = "wrong-width"
    AFTER_AS_OF = "after-as-of"
    RAW_IS_KNOWN = "raw-is-known"
    AGAINST_SPLIT = "against-split"


@dataclass(frozen=True, slots=True)
class BarRow:
    """One day's prices in quote units, raw unless a basis says otherwise; only the close is certain."""

    day: date
    close: Decimal
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None


def faults(row: BarRow, today: date) -> Iterator[tuple[str, Fault]]:
    """Name what is wrong with a bar, as (field, fault); `today` is the last day that is not future."""
    if row.day > today:
        yield "date", Fault.FUTURE_DATE
    if row.day < EARLIEST:
        yield "date", Fault.TOO_EARLY
    for field in PRICES:
        value = getattr(row, field)
        if value is not None and value <= 0:
            yield field, Fault.NOT_POSITIVE
    if row.volume is not None and row.volume < 0:
        yield "volume", Fault.NEGATIVE_VOLUME
    yield from _shape(row)


def fits(value: Decimal) -> bool:
    """Tell whether a number fits the column exactly: 20 digits before the point and 18 after."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or value.copy_abs() >= LARGEST:
        return False
    digits = "".join(map(str, value.as_tuple().digits))
    return exponent + len(digits) - len(digits.rstrip("0")) >= -PLACES or not value


def wrong(row: BarRow, today: date) -> Iterator[tuple[str, Fault]]:
    """Name all that a bar is refused for by itself: its faults, and numbers that do not fit the columns."""
    yield from faults(row, today)
    for field in (*PRICES, "volume"):
        value: Decimal | None = getattr(row, field)
        if value is not None and not fits(value):
            yield field, Fault.OUT_OF_RANGE


def _shape(row: BarRow) -> Iterator[tuple[str, Fault]]:
    low, high = row.low, row.high
    if high is not None and low is not None and high < low:
        yield "high", Fault.HIGH_BELOW_LOW
        return
    for field, fault in (("close", Fault.CLOSE_OUTSIDE), ("open", Fault.OPEN_OUTSIDE)):
        value = getattr(row, field)
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            yield field, fault
