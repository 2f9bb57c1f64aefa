"""Prices as they are used: exact closes with their date and quality, and float arrays for series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Thursday's close still stands on the Tuesday after Easter; a day later it is old.
STALE_AFTER_DAYS: Final = 5
# A price called live is so for this long; then it is one that nobody has confirmed since.
LIVE_FOR: Final = timedelta(minutes=15)

SIMULATED: Final = "simulated"
MANUAL: Final = "manual"


class Quality(StrEnum):
    """How sure a price is."""

    LIVE = "live"
    DELAYED = "delayed"
    CLOSE = "close"
    STALE = "stale"
    MANUAL = "manual"
    SIMULATED = "simulated"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class PriceUsed:
    """The last price on or before the day that was asked for, raw (not adjusted for splits).

    `price` is for one unit, in the major unit of `currency`; `as_of` is the exchange's date, and `at`
    the instant of a quote (None: it is the close of a day).
    """

    price: Decimal
    currency: str
    as_of: date
    source: str
    quality: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CloseSeries:
    """One instrument's raw closes in ascending order of day.

    `days` int32, shape (n,): proleptic ordinals (`date.toordinal`). `closes` float64, shape (n,):
    per unit in the instrument's major currency, not adjusted for splits.
    """

    days: NDArray[np.int32]
    closes: NDArray[np.float64]


def with_quote(series: CloseSeries | None, since: date, day: date, price: float) -> CloseSeries:
    """Let a series end with a quote of `day` that counts from `since` on: closes of these days give way."""
    first, last = since.toordinal(), day.toordinal()
    days = np.array([], dtype=np.int32) if series is None else series.days
    closes = np.array([], dtype=np.float64) if series is None else series.closes
    start, end = (int(one) for one in np.searchsorted(days, [first, last + 1]))
    return CloseSeries(
        np.concatenate([days[:start], [first], days[end:]]).astype(np.int32),
        np.concatenate([closes[:start], [price], closes[end:]]),
    )


def quality_of(source: str, as_of: date, day: date) -> Quality:
    """Tell how sure a close of `as_of` is when it is used for `day`: older than 5 days is stale."""
    if (day - as_of).days > STALE_AFTER_DAYS:
        return Quality.STALE
    if source == SIMULATED:
        return Quality.SIMULATED
    return Quality.MANUAL if source == MANUAL else Quality.CLOSE


def quality_of_quote(given: str, at: datetime, day: date, now: datetime) -> Quality:
    """Tell how sure a quote of `at` is at `now`; `day` its date at the exchange, `given` its source's word.

    Live is live for 15 minutes, then delayed; on a later date it is that day's last price, and after five
    days it is stale.
    """
    age = (now.date() - day).days
    if age > STALE_AFTER_DAYS:
        return Quality.STALE
    if given not in {Quality.LIVE, Quality.DELAYED}:
        return Quality(given)
    if now - at <= LIVE_FOR:
        return Quality(given)
    return Quality.CLOSE if age > 0 else Quality.DELAYED
