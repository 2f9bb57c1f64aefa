"""Prices as they are used: exact closes with their date and quality, and float arrays for series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Thursday's close still stands on the Tuesday after Easter; a day later it is old.
STALE_AFTER_DAYS: Final = 5

SIMULATED: Final = "simulated"
MANUAL: Final = "manual"


class Quality(StrEnum):
    """How sure a price is."""

    CLOSE = "close"
    STALE = "stale"
    MANUAL = "manual"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class PriceUsed:
    """The last close on or before the day that was asked for, raw (not adjusted for splits).

    `price` is for one unit, in the major unit of `currency`; `as_of` is the exchange's date.
    """

    price: Decimal
    currency: str
    as_of: date
    source: str
    quality: str


@dataclass(frozen=True, slots=True)
class CloseSeries:
    """One instrument's raw closes in ascending order of day.

    `days` int32, shape (n,): proleptic ordinals (`date.toordinal`). `closes` float64, shape (n,):
    per unit in the instrument's major currency, not adjusted for splits.
    """

    days: NDArray[np.int32]
    closes: NDArray[np.float64]


def quality_of(source: str, as_of: date, day: date) -> Quality:
    """Tell how sure a close of `as_of` is when it is used for `day`: older than 5 days is stale."""
    if (day - as_of).days > STALE_AFTER_DAYS:
        return Quality.STALE
    if source == SIMULATED:
        return Quality.SIMULATED
    return Quality.MANUAL if source == MANUAL else Quality.CLOSE
