"""Where a price is for a clause to be so, and what a move has to do with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from alerts.domain.conditions import Step

_PLACES: Final = Decimal("1e-18")
LEAST: Final = _PLACES  # no price is lower
MOST: Final = Decimal(10) ** 20 - _PLACES


class Interval(NamedTuple):
    """Prices from `low` to `high`, None: without an end. `is_open`: the ends do not belong to it."""

    low: Decimal | None
    high: Decimal | None
    is_open: bool = False

    def has(self, price: Decimal) -> bool:
        """Tell whether a price lies in it."""
        if self.low is not None and (price < self.low or (self.is_open and price == self.low)):
            return False
        return self.high is None or price < self.high or (not self.is_open and price == self.high)


class Region(NamedTuple):
    """Intervals that count as one place."""

    parts: tuple[Interval, ...]

    def has(self, price: Decimal) -> bool:
        """Tell whether a price lies in it."""
        return any(part.has(price) for part in self.parts)


class Verdict(NamedTuple):
    """What a move did to a clause, in every order in which its prices may have come.

    `happened`: it was so at some moment, from where the move began on; of an edge: it came to pass. `holds`:
    it is so where the move ended. `lapsed`: at some moment it was not so. `began`: it was so where the move
    began.
    """

    happened: bool
    holds: bool
    lapsed: bool
    began: bool = False


class Band(NamedTuple):
    """While every price stays strictly between the two, a clause need not be looked at. None: no such end."""

    below: Decimal | None
    above: Decimal | None

    @property
    def levels(self) -> tuple[Decimal | None, Decimal | None]:
        """The two as a column takes them, never further off than they are."""
        below = None if self.below is None else _kept(self.below, ROUND_CEILING)
        above = None if self.above is None else _kept(self.above, ROUND_FLOOR)
        return below, above


ALWAYS: Final = Band(None, LEAST)


def up_from(level: Decimal, *, is_open: bool = False) -> Interval:
    """Take the prices at a level and over it, or only those over it."""
    return Interval(level, None, is_open)


def down_from(level: Decimal, *, is_open: bool = False) -> Interval:
    """Take the prices at a level and under it, or only those under it."""
    return Interval(None, level, is_open)


def points(step: Step) -> tuple[Decimal, ...]:
    """List the prices that a move is known to have been at."""
    known = (step.low, step.high, step.price)
    return known if step.previous is None else (step.previous, *known)


def state(region: Region, step: Step) -> Verdict:
    """Judge a clause that is so while the price is in a region."""
    inside = [region.has(one) for one in points(step)]
    began = step.previous is not None and region.has(step.previous)
    return Verdict(any(inside), region.has(step.price), not all(inside), began)


def entered(region: Region, step: Step, *, was: bool | None) -> bool:
    """Tell whether a price came into a region; `was`: whether it was there before, None: there was none.

    It came from outside to some place inside, or it was outside meanwhile and ended inside.
    """
    if was is None:
        return False
    inside = [region.has(one) for one in points(step)]
    return (not was and any(inside)) or (not all(inside) and region.has(step.price))


def band(regions: Iterable[Region], price: Decimal) -> Band:
    """Tell between which prices nothing changes for any of the regions."""
    ends = {end for one in regions for part in one.parts for end in (part.low, part.high) if end is not None}
    below = [end for end in ends if end <= price]
    above = [end for end in ends if end >= price]
    return Band(max(below, default=None), min(above, default=None))


def narrower(bands: Sequence[Band]) -> Band:
    """Take what all of several bands leave."""
    below = [one.below for one in bands if one.below is not None]
    above = [one.above for one in bands if one.above is not None]
    return Band(max(below, default=None), min(above, default=None))


def _kept(level: Decimal, rounding: str) -> Decimal:
    if level >= MOST:
        return MOST
    return max(level.quantize(_PLACES, rounding=rounding), LEAST) if level > LEAST else LEAST
