"""When a price fires an alert. docs/algorithms/alerts.md tells the rules with examples.

The log tells of a move where it began (`previous`), where it ended, and the lowest and highest price
between the two. It does not tell in which order they were reached, so that only what every order has
in common fires.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple


class Condition(StrEnum):
    """What an alert waits for, of an instrument's price and a level."""

    ABOVE = "above"
    BELOW = "below"
    CROSSES_UP = "crosses_up"
    CROSSES_DOWN = "crosses_down"
    CROSSES = "crosses"


class Side(StrEnum):
    """How a level is watched: as a state (at or above, at or below), or as an edge to be crossed."""

    ABOVE = "A"
    BELOW = "B"
    UP = "U"
    DOWN = "D"


# The level of a clause that is a moment, in seconds since 1970, from which on it is looked at anew.
MOMENT: Final = "T"


class Step(NamedTuple):
    """A move of a price; `previous` None: the first price ever. All in quote units of one day."""

    previous: Decimal | None
    price: Decimal
    low: Decimal
    high: Decimal


# A state is watched as a state once; whoever was told is told again after the price came back.
_FIRST = {
    Condition.ABOVE: (Side.ABOVE,),
    Condition.BELOW: (Side.BELOW,),
    Condition.CROSSES_UP: (Side.UP,),
    Condition.CROSSES_DOWN: (Side.DOWN,),
    Condition.CROSSES: (Side.UP, Side.DOWN),
}
_AGAIN = _FIRST | {Condition.ABOVE: (Side.UP,), Condition.BELOW: (Side.DOWN,)}


def sides(condition: Condition, *, again: bool) -> tuple[Side, ...]:
    """Tell how the level of an alert is watched: when it is first armed, or `again` after it fired."""
    return (_AGAIN if again else _FIRST)[condition]


def reaches(side: Side, level: Decimal, step: Step) -> bool:
    """Tell whether a move reaches a level; the statement of alerts.services.evaluation says the same in SQL.

    An edge is crossed upwards where a price was under it and a later one at it or over: from where the move
    began to its highest price, or from its lowest to where it ended.
    """
    if side is Side.ABOVE:
        return step.high >= level
    if side is Side.BELOW:
        return step.low <= level
    if step.previous is None:
        return False
    if side is Side.UP:
        return step.previous < level <= step.high or step.low < level <= step.price
    return step.previous > level >= step.low or step.high > level >= step.price
