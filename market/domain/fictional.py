"""Invented prices: a seeded random walk that gives the same day the same move, whenever it is asked.

The move of a day depends on the seed and the date alone, and starts from the close before it, so
that a history made at once and one made day by day are equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np

from market.domain.bars import BarRow

_SATURDAY: Final = 5
_TRADING_DAYS: Final = 252
_ALL_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Character:
    """How an invented price behaves.

    `start` is the close before the first day, in quote units; `drift` and `volatility` are per
    year and logarithmic; `volume` is a usual day's (0: none is known). `places`: decimals of a
    price. `every_day`: also on weekends. `close_only`: no open, high and low, as of a fund.
    """

    seed: int
    start: Decimal
    drift: float
    volatility: float
    volume: int = 0
    places: int = 2
    every_day: bool = False
    close_only: bool = False


def days(character: Character, after: date, until: date) -> Iterator[date]:
    """List the days with a price after one day, up to and including another."""
    day = after + timedelta(days=1)
    while day <= until:
        if character.every_day or day.weekday() < _SATURDAY:
            yield day
        day += timedelta(days=1)


def walk(
    character: Character,
    last_close: Decimal,
    after: date,
    until: date,
    splits: Mapping[date, int] = {},
) -> Iterator[BarRow]:
    """Make the bars after one day, from that day's close, up to and including another.

    `splits` has new shares for one by ex-date: the price starts that day divided by it.
    """
    close = last_close
    for day in days(character, after, until):
        row = _bar(character, close / splits.get(day, 1), day)
        yield row
        close = row.close


def _bar(character: Character, previous: Decimal, day: date) -> BarRow:
    random = np.random.default_rng([character.seed, day.toordinal()])
    move, gap, up, down, busy = random.standard_normal(5).tolist()
    per_year = _ALL_DAYS if character.every_day else _TRADING_DAYS
    daily = character.volatility / math.sqrt(per_year)
    drift = (character.drift - character.volatility**2 / 2) / per_year
    close = _price(character, previous, drift + daily * move)
    if character.close_only:
        return BarRow(day, close)
    opened = _price(character, previous, daily * gap / 3)
    return BarRow(
        day,
        close,
        open=opened,
        high=_price(character, max(opened, close), daily * abs(up) / 2),
        low=_price(character, min(opened, close), -daily * abs(down) / 2),
        volume=Decimal(round(character.volume * math.exp(busy / 3))) if character.volume else None,
    )


def _price(character: Character, origin: Decimal, move: float) -> Decimal:
    step = Decimal(1).scaleb(-character.places)
    price = (origin * Decimal(math.exp(move))).quantize(step, ROUND_HALF_EVEN)
    return max(price, step)
