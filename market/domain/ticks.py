"""What a tick is, what is refused of it, and the spans that bars are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from market.domain.bars import fits
from market.domain.plausibility import OLD
from market.domain.prices import Quality
from market.domain.quotes import NewQuote

SOURCE: Final = "ticks"
EARLIEST: Final = datetime(1700, 1, 1, tzinfo=UTC)
SIZES: Final = ("quantity", "bid", "bid_size", "ask", "ask_size", "open_interest")


class Interval(StrEnum):
    """The span of a bar; intraday ones begin at the exchange's midnight, weeks on Monday."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1mo"

    @property
    def minutes(self) -> int | None:
        """How many minutes one within a day spans; None for a day and longer."""
        return _MINUTES.get(self)


_MINUTES: Final = {
    Interval.MINUTE: 1,
    Interval.FIVE_MINUTES: 5,
    Interval.QUARTER: 15,
    Interval.HOUR: 60,
}


class TickFault(StrEnum):
    """Why a tick is refused."""

    WRONG_WIDTH = "wrong-width"
    NOT_TEXT = "not-text"
    NO_TIME = "no-time"
    NOT_A_TIME = "not-a-time"
    FUTURE = "future"
    TOO_OLD = "too-old"
    LONG_AGO = "long-ago"
    MANY_MONTHS = "many-months"
    NO_PRICE = "no-price"
    NOT_A_NUMBER = "not-a-number"
    NOT_POSITIVE = "not-positive"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out-of-range"
    UNKNOWN_SYMBOL = "unknown-symbol"
    AMBIGUOUS_SYMBOL = "ambiguous-symbol"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class NewTick:
    """A trade at the instant `at` as a feed tells it, with the best prices; raw, in quote units.

    None: the feed does not say. A bid or ask of 0 is none at all.
    """

    instrument: int
    at: datetime
    price: Decimal
    quantity: Decimal | None = None
    bid: Decimal | None = None
    bid_size: Decimal | None = None
    ask: Decimal | None = None
    ask_size: Decimal | None = None
    open_interest: Decimal | None = None


def fault_of(tick: NewTick, latest: datetime, oldest: datetime) -> TickFault | None:
    """Tell what is wrong with a tick; those before `oldest` are not kept, those after `latest` not yet."""
    sizes = [value for name in SIZES if (value := getattr(tick, name)) is not None]
    if tick.at > latest:
        return TickFault.FUTURE
    if tick.at < oldest:
        return TickFault.TOO_OLD
    if not all(one.is_finite() and fits(one) for one in (tick.price, *sizes)):
        return TickFault.OUT_OF_RANGE
    if tick.price <= 0:
        return TickFault.NOT_POSITIVE
    return TickFault.NEGATIVE if any(one < 0 for one in sizes) else None


def as_quote(tick: NewTick, now: datetime) -> NewQuote:
    """Make the quote that a tick is; one older than a day does not claim to be live."""
    return NewQuote(
        instrument=tick.instrument,
        price=tick.price,
        at=tick.at,
        source=SOURCE,
        quality=quality_at(tick.at, now),
        bid=tick.bid or None,
        ask=tick.ask or None,
    )


def quality_at(at: datetime, now: datetime) -> Quality:
    """Tell how sure a tick's price is when it becomes the quote."""
    return Quality.LIVE if now - at <= OLD else Quality.CLOSE


def tick_id(instrument: UUID, at: datetime, seq: int) -> UUID:
    """Make a tick's own id of the instrument's, its instant (UTC) and its number at that instant."""
    return uuid5(instrument, f"{at.astimezone(UTC).isoformat(timespec='microseconds')}#{seq}")


def month_of(at: datetime) -> datetime:
    """Return the first instant of the month (UTC) in which `at` lies."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def months(first: datetime, last: datetime) -> list[datetime]:
    """List the months (UTC, their first instants) from that of `first` to that of `last`."""
    found = [month_of(first)]
    while (following := next_month(found[-1])) <= last:
        found.append(following)
    return found


def next_month(month: datetime) -> datetime:
    """Return the first instant of the month after the one that begins at `month`."""
    return month_of(month + timedelta(days=31))
