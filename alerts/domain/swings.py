"""Clauses about how far a price went from its lowest or highest of late: within minutes, or since armed."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from alerts.domain.conditions import Step
from alerts.domain.regions import ALWAYS, Band, Verdict, narrower
from alerts.domain.rules import Direction

_WHOLE = Decimal(100)


class Extremes(NamedTuple):
    """The lowest and the highest of some prices."""

    low: Decimal
    high: Decimal


class Distance(NamedTuple):
    """How far is far: by so many per cent, or by an amount in quote units; one of the two is None."""

    percent: Decimal | None
    amount: Decimal | None

    def over(self, price: Decimal) -> Decimal:
        """Tell the price that is so far over another."""
        if self.percent is not None:
            return price * (1 + self.percent / _WHOLE)
        return price + (self.amount or 0)

    def under(self, price: Decimal) -> Decimal:
        """Tell the price that is so far under another; zero or less: there is none."""
        if self.percent is not None:
            return price * (1 - self.percent / _WHOLE)
        return price - (self.amount or 0)


def joined(*found: Extremes | None) -> Extremes | None:
    """Take the lowest and the highest of all."""
    known = [one for one in found if one is not None]
    return Extremes(min(one.low for one in known), max(one.high for one in known)) if known else None


def after(before: Extremes | None, step: Step) -> Extremes:
    """Add a move to what was before."""
    low, high = min(step.low, step.price), max(step.high, step.price)
    return Extremes(low, high) if before is None else Extremes(min(before.low, low), max(before.high, high))


class _Way(NamedTuple):
    """What a move did one way: it was so at a moment, where it began, at its end, at its extreme."""

    happened: bool
    began: bool
    holds: bool
    at_extreme: bool


def judge(direction: str, far: Distance, before: Extremes | None, step: Step) -> Verdict:
    """Judge whether a price is far over the lowest, or under the highest, of `before` and the move itself.

    `before` is of the span that counts until the move began. Within the move only its end is known to come
    after its lowest and highest.
    """
    start = None if step.previous is None else Extremes(step.previous, step.previous)
    known = joined(before, start)
    ways = []
    if direction != Direction.DOWN:
        ways.append(_risen(far, known, step))
    if direction != Direction.UP:
        ways.append(_fallen(far, known, step))
    holds, began = any(one.holds for one in ways), any(one.began for one in ways)
    alone = len(ways) == 1 and not ways[0].at_extreme
    return Verdict(any(one.happened for one in ways), holds, not holds or not began or alone, began)


def _risen(far: Distance, known: Extremes | None, step: Step) -> _Way:
    lowest = step.low if known is None else min(known.low, step.low)
    holds = step.price >= far.over(lowest)
    happened = holds or (known is not None and step.high >= far.over(known.low))
    began = known is not None and step.previous is not None and step.previous >= far.over(known.low)
    return _Way(happened, began, holds, step.low >= far.over(lowest))


def _fallen(far: Distance, known: Extremes | None, step: Step) -> _Way:
    highest = step.high if known is None else max(known.high, step.high)
    holds = step.price <= far.under(highest)
    happened = holds or (known is not None and step.low <= far.under(known.high))
    began = known is not None and step.previous is not None and step.previous <= far.under(known.high)
    return _Way(happened, began, holds, step.high <= far.under(highest))


def band(direction: str, far: Distance, now: Extremes, price: Decimal, *, holds: bool) -> Band:
    """Tell between which prices nothing is so and no extreme is another.

    What leaves the span with time only widens it, but for one that holds: where that ends, it may end sooner.
    `now` has the price of now in it, and `price` is that.
    """
    found = []
    if direction != Direction.DOWN and (not holds or price >= far.over(now.low)):
        found.append(Band(far.over(now.low), None) if holds else Band(now.low, far.over(now.low)))
    if direction != Direction.UP and (not holds or price <= far.under(now.high)):
        found.append(Band(None, far.under(now.high)) if holds else Band(far.under(now.high), now.high))
    return narrower(found) if found else ALWAYS
