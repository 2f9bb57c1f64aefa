"""Which quotes are not believed: prices that no market makes, and days that cannot be."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from market.domain.bars import fits
from market.domain.prices import Quality

# Pence for pounds is 100 times off; no market moves so far between two quotes.
MOST_TIMES: Final = 100
AHEAD: Final = timedelta(minutes=1)
OLD: Final = timedelta(days=1)
# a price of so few characters has no more digits than a column takes
SHORT: Final = 18
_NOW: Final = frozenset({Quality.LIVE, Quality.DELAYED})


class Doubt(StrEnum):
    """Why a quote is held back."""

    NOT_POSITIVE = "not-positive"
    OUT_OF_RANGE = "out-of-range"
    JUMP = "jump"
    CURRENCY = "currency"
    FUTURE = "future"
    OLD = "old"
    CROSSED = "crossed"
    NOT_FICTIONAL = "not-fictional"
    SPLIT = "split"


def doubt_of_price(price: Decimal, low: Decimal | None, high: Decimal | None) -> Doubt | None:
    """Doubt a price that is no price, or that its own day's range does not hold."""
    if not price.is_finite() or price <= 0:
        return Doubt.NOT_POSITIVE
    text = str(price)
    if (len(text) > SHORT or "E" in text) and not fits(price):
        return Doubt.OUT_OF_RANGE
    if (low is not None and not 0 < low <= price) or (high is not None and high < price):
        return Doubt.CROSSED
    return None


def doubt_of_time(at: datetime, quality: str, now: datetime) -> Doubt | None:
    """Doubt what is dated more than a minute ahead, and what is called live and is older than a day."""
    if at - now > AHEAD:
        return Doubt.FUTURE
    return Doubt.OLD if quality in _NOW and now - at > OLD else None


def is_jump(price: Decimal, reference: Decimal) -> bool:
    """Tell whether a price is 100 times the last one or more, or a hundredth or less."""
    return price >= reference * MOST_TIMES or price * MOST_TIMES <= reference
