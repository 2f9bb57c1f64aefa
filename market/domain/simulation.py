"""Invented prices that move: seeded, correlated by a common factor, with fat tails.

The move of an instrument between two refreshes depends on the seed, the instrument and the instant alone.
The logarithm of a price changes by the volatility of the time that passed, times a mix of a draw that all
instruments share and one of its own, each from Student's t with four degrees of freedom scaled to
variance 1 (docs/market/quotes.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np

FREEDOM: Final = 4
# Whoever was away for a month does not come back to a month's jump.
LONGEST: Final = timedelta(days=1)
YEAR: Final = timedelta(days=365)
HALF_SPREAD: Final = Decimal("0.0002")
_PENNY_FROM: Final = 1


@dataclass(frozen=True, slots=True)
class Temper:
    """How an invented price moves: `volatility` is per year, `volume` is what an hour trades (0: not known).

    `common` is the share (0 to 1) of the draw that all instruments have together.
    """

    volatility: float
    common: float
    volume: int = 0


@dataclass(frozen=True, slots=True)
class Invented:
    """A price with the prices at which somebody would buy and sell, and the units traded since the last."""

    price: Decimal
    bid: Decimal
    ask: Decimal
    traded: Decimal


def next_price(
    temper: Temper, last: Decimal, since: datetime, now: datetime, seeds: tuple[int, int]
) -> Invented:
    """Move a price from the instant `since` to `now`; `seeds` are the market's and the instrument's.

    Prices from 1 up are in hundredths, smaller ones in millionths. At least one step is left.
    """
    passed = min(max(now - since, timedelta(0)), LONGEST)
    slot = int(now.timestamp())
    shared, own = np.random.default_rng([seeds[0], slot]), np.random.default_rng([*seeds, slot])
    draw = temper.common * _draw(shared) + math.sqrt(1 - temper.common**2) * _draw(own)
    move = temper.volatility * math.sqrt(passed / YEAR) * draw
    tick = Decimal("0.01") if last >= _PENNY_FROM else Decimal("0.000001")
    price = _rounded(last * Decimal(math.exp(move)), tick)
    spread = max(_rounded(price * HALF_SPREAD, tick), tick)
    hours = passed / timedelta(hours=1)
    traded = Decimal(round(temper.volume * hours * float(own.exponential())))
    return Invented(price, max(price - spread, tick), price + spread, traded)


def _draw(random: np.random.Generator) -> float:
    return float(random.standard_t(FREEDOM)) / math.sqrt(FREEDOM / (FREEDOM - 2))


def _rounded(price: Decimal, tick: Decimal) -> Decimal:
    return max(price.quantize(tick, ROUND_HALF_EVEN), tick)
