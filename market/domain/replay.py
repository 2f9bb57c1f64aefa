"""How stored history is told again: the path of a bar, and how finely at which speed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Final

from market.domain.prices import Quality
from market.domain.quotes import NewQuote

SOURCE: Final = "replay"


class Grain(IntEnum):
    """The finest history that is told; what is not stored so finely is told more coarsely."""

    DAYS = 0
    MINUTES = 1
    TICKS = 2

    @property
    def window(self) -> timedelta:
        """How much of the past is one batch of quotes."""
        return _WINDOWS[self]


_WINDOWS: Final = {
    Grain.DAYS: timedelta(days=1),
    Grain.MINUTES: timedelta(hours=1),
    Grain.TICKS: timedelta(minutes=10),
}
_FASTEST_TICKS: Final = 60
_FASTEST_MINUTES: Final = 3600


def grain_at(speed: Decimal) -> Grain:
    """Choose the grain of a speed: ticks up to a minute a second, minutes up to an hour a second."""
    if speed <= _FASTEST_TICKS:
        return Grain.TICKS
    return Grain.MINUTES if speed <= _FASTEST_MINUTES else Grain.DAYS


@dataclass(frozen=True, slots=True)
class StoredBar:
    """A bar of an instrument between two instants (UTC); only the close is certain."""

    instrument: int
    start: datetime
    end: datetime
    close: Decimal
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None


def path(bar: StoredBar) -> Iterator[NewQuote]:
    """Tell a bar as quotes: the open, then the nearer of low and high first, and the close at its end.

    A bar that rose is taken to have fallen first, one that fell to have risen first. The volume is told
    with the close, when it is known.
    """
    turns: list[Decimal] = []
    if bar.open is not None:
        turns.append(bar.open)
        extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
        turns += [one for one in extremes if one is not None]
    for place, price in enumerate(turns):
        yield _quote(bar, price, bar.start + (bar.end - bar.start) * place / 3)
    yield _quote(bar, bar.close, bar.end, bar.volume)


def _quote(bar: StoredBar, price: Decimal, at: datetime, volume: Decimal | None = None) -> NewQuote:
    return NewQuote(bar.instrument, price, at, SOURCE, Quality.REPLAY, volume=volume)
