"""What the clauses of a rule can say, and what each kind of clause has to be told.

docs/algorithms/alerts.md tells of every kind when it is so, with examples. Levels and amounts of instruments
are in quote units, those of portfolios in the base currency; a percentage of 5 is 5 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

MOST_CLAUSES: Final = 8
WHOLLY: Final = Decimal(100)  # nothing falls by so many per cent


class Kind(StrEnum):
    """What a clause says."""

    ABOVE = "above"
    BELOW = "below"
    CROSSES_UP = "crosses_up"
    CROSSES_DOWN = "crosses_down"
    CROSSES = "crosses"
    INSIDE = "inside"
    ENTERS = "enters"
    LEAVES = "leaves"
    PERCENT_MINUTES = "change_percent_minutes"
    PERCENT_DAYS = "change_percent_days"
    PERCENT_CLOSE = "change_percent_close"
    PERCENT_PURCHASE = "change_percent_purchase"
    AMOUNT_MINUTES = "change_amount_minutes"
    AMOUNT_DAYS = "change_amount_days"
    AMOUNT_CLOSE = "change_amount_close"
    AMOUNT_PURCHASE = "change_amount_purchase"
    TRAILING = "trailing"
    HIGH_OF_DAYS = "high_of_days"
    LOW_OF_DAYS = "low_of_days"
    AVERAGE_CROSSED = "average_crossed"
    AVERAGES_CROSSED = "averages_crossed"
    RSI_ABOVE = "rsi_above"
    RSI_BELOW = "rsi_below"
    VOLUME_UNUSUAL = "volume_unusual"
    PORTFOLIO_ABOVE = "portfolio_above"
    PORTFOLIO_BELOW = "portfolio_below"
    PORTFOLIO_DAY_CHANGE = "portfolio_day_change"
    PORTFOLIO_DRAWDOWN = "portfolio_drawdown"
    WEIGHT_ABOVE = "weight_above"
    WEIGHT_BELOW = "weight_below"
    WEIGHT_DRIFT = "weight_drift"
    CASH_BELOW = "cash_below"
    DIVIDEND_ANNOUNCED = "dividend_announced"
    PRICE_STALE = "price_stale"


class Direction(StrEnum):
    """Which way something has to go."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


class Subject(StrEnum):
    """What a clause is about; a position is an instrument in a portfolio."""

    INSTRUMENT = "instrument"
    PORTFOLIO = "portfolio"
    POSITION = "position"


class Looked(StrEnum):
    """When a clause is looked at.

    With the moves of its price, with each daily bar that is over, or by who watches portfolios and events.
    """

    MOVE = "move"
    BAR = "bar"
    PORTFOLIO = "portfolio"
    EVENT = "event"


class Fault(StrEnum):
    """What is wrong with a parameter."""

    MISSING = "missing"
    UNWANTED = "unwanted"
    OUT_OF_RANGE = "out_of_range"
    NOT_ABOVE = "not_above"


class Bounds(NamedTuple):
    """The lowest and highest value of a parameter, both included, and what is offered first, if anything."""

    lowest: Decimal
    highest: Decimal
    usual: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a kind of clause is about and has to be told.

    A state is so for a while; an edge happens in a moment. `parameters` by the names of the clause's fields;
    `directions` are those it takes, none: it takes none.
    """

    subject: Subject
    looked: Looked
    is_state: bool
    parameters: Mapping[str, Bounds] = field(default_factory=dict)
    directions: tuple[Direction, ...] = ()


def _bounds(lowest: int | str, highest: int | str, usual: int | None = None) -> Bounds:
    return Bounds(Decimal(lowest), Decimal(highest), None if usual is None else Decimal(usual))


PARAMETERS: Final = ("level", "upper", "percent", "minutes", "days", "slow_days")
# those that are prices or money, and in quote units where they are of an instrument
AMOUNTS: Final = ("level", "upper")
WHOLE: Final = frozenset({"minutes", "days", "slow_days"})
LEVEL: Final = _bounds("0.000000001", 10**12)
_MONEY: Final = _bounds("0.01", 10**15)
_UP_OR_DOWN: Final = (Direction.UP, Direction.DOWN)
_ANY_WAY: Final = (Direction.UP, Direction.DOWN, Direction.EITHER)
_BAND: Final = {"level": LEVEL, "upper": LEVEL}
_PERCENT: Final = {"percent": _bounds("0.01", 10_000, 5)}
_SHARE: Final = {"percent": _bounds("0.01", "99.99", 10)}
_MINUTES: Final = {"minutes": _bounds(1, 1440, 60)}
_DAYS: Final = {"days": _bounds(1, 365, 30)}
_LEVEL: Final = {"level": LEVEL}
_RSI: Final = {"days": _bounds(2, 100, 14)}
_AVERAGES: Final = {"days": _bounds(1, 399, 50), "slow_days": _bounds(2, 400, 200)}
_VOLUME: Final = {"days": _bounds(2, 250, 20), "percent": _bounds(101, 100_000, 200)}


def _price(parameters: Mapping[str, Bounds], *directions: Direction, is_state: bool) -> Need:
    return Need(Subject.INSTRUMENT, Looked.MOVE, is_state, parameters, directions)


def _change(parameters: Mapping[str, Bounds], subject: Subject = Subject.INSTRUMENT) -> Need:
    return Need(subject, Looked.MOVE, True, parameters, _ANY_WAY)


def _bar(parameters: Mapping[str, Bounds], *directions: Direction, is_state: bool) -> Need:
    return Need(Subject.INSTRUMENT, Looked.BAR, is_state, parameters, directions)


def _portfolio(parameters: Mapping[str, Bounds], *directions: Direction) -> Need:
    return Need(Subject.PORTFOLIO, Looked.PORTFOLIO, True, parameters, directions)


def _weight(parameters: Mapping[str, Bounds]) -> Need:
    return Need(Subject.POSITION, Looked.PORTFOLIO, True, parameters)


NEEDS: Final[Mapping[Kind, Need]] = {
    Kind.ABOVE: _price(_LEVEL, is_state=True),
    Kind.BELOW: _price(_LEVEL, is_state=True),
    Kind.CROSSES_UP: _price(_LEVEL, is_state=False),
    Kind.CROSSES_DOWN: _price(_LEVEL, is_state=False),
    Kind.CROSSES: _price(_LEVEL, is_state=False),
    Kind.INSIDE: _price(_BAND, is_state=True),
    Kind.ENTERS: _price(_BAND, is_state=False),
    Kind.LEAVES: _price(_BAND, is_state=False),
    Kind.PERCENT_MINUTES: _change(_PERCENT | _MINUTES),
    Kind.PERCENT_DAYS: _change(_PERCENT | _DAYS),
    Kind.PERCENT_CLOSE: _change(_PERCENT),
    Kind.PERCENT_PURCHASE: _change(_PERCENT, Subject.POSITION),
    Kind.AMOUNT_MINUTES: _change(_LEVEL | _MINUTES),
    Kind.AMOUNT_DAYS: _change(_LEVEL | _DAYS),
    Kind.AMOUNT_CLOSE: _change(_LEVEL),
    Kind.AMOUNT_PURCHASE: _change(_LEVEL, Subject.POSITION),
    Kind.TRAILING: _price(_PERCENT, *_UP_OR_DOWN, is_state=True),
    Kind.HIGH_OF_DAYS: _price(_DAYS, is_state=True),
    Kind.LOW_OF_DAYS: _price(_DAYS, is_state=True),
    Kind.AVERAGE_CROSSED: _price({"days": _bounds(2, 400, 200)}, *_ANY_WAY, is_state=False),
    Kind.AVERAGES_CROSSED: _bar(_AVERAGES, *_ANY_WAY, is_state=False),
    Kind.RSI_ABOVE: _bar(_RSI | {"percent": _bounds(1, 99, 70)}, is_state=True),
    Kind.RSI_BELOW: _bar(_RSI | {"percent": _bounds(1, 99, 30)}, is_state=True),
    Kind.VOLUME_UNUSUAL: _bar(_VOLUME, is_state=False),
    Kind.PORTFOLIO_ABOVE: _portfolio({"level": _MONEY}),
    Kind.PORTFOLIO_BELOW: _portfolio({"level": _MONEY}),
    Kind.PORTFOLIO_DAY_CHANGE: _portfolio(_PERCENT, *_ANY_WAY),
    Kind.PORTFOLIO_DRAWDOWN: _portfolio(_SHARE),
    Kind.WEIGHT_ABOVE: _weight(_SHARE),
    Kind.WEIGHT_BELOW: _weight(_SHARE),
    Kind.WEIGHT_DRIFT: _weight(_SHARE),
    Kind.CASH_BELOW: _portfolio({"level": _MONEY}),
    Kind.DIVIDEND_ANNOUNCED: Need(Subject.INSTRUMENT, Looked.EVENT, False),
    Kind.PRICE_STALE: Need(Subject.INSTRUMENT, Looked.EVENT, True, {"minutes": _bounds(1, 1440, 30)}),
}


def faults(
    kind: Kind, given: Mapping[str, Decimal | int | None], direction: str
) -> Iterator[tuple[str, Fault]]:
    """Name what is wrong with the parameters of a clause, as (parameter, fault)."""
    need = NEEDS[kind]
    if need.directions and direction not in need.directions:
        yield "direction", Fault.MISSING
    if direction and not need.directions:
        yield "direction", Fault.UNWANTED
    for name in PARAMETERS:
        fault = _fault(given.get(name), need.parameters.get(name), whole=name in WHOLE)
        if fault is not None:
            yield name, fault
    for lower, upper in (("level", "upper"), ("days", "slow_days")):
        low, high = given.get(lower), given.get(upper)
        if upper in need.parameters and low is not None and high is not None and not low < high:
            yield upper, Fault.NOT_ABOVE
    percent = given.get("percent")
    if direction == Direction.DOWN and percent is not None and percent >= WHOLLY:
        yield "percent", Fault.OUT_OF_RANGE


def _fault(value: Decimal | int | None, bounds: Bounds | None, *, whole: bool) -> Fault | None:
    if bounds is None:
        return None if value is None else Fault.UNWANTED
    if value is None:
        return Fault.MISSING
    number = Decimal(value)
    if not number.is_finite() or not bounds.lowest <= number <= bounds.highest:
        return Fault.OUT_OF_RANGE
    return Fault.OUT_OF_RANGE if whole and number != number.to_integral_value() else None
