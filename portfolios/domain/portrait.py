"""What a public link shows of a portfolio, by a type that has no place for an amount.

A `Portrait` holds names, days, fractions and an index, nothing else: no money, quantity or price, and
no id. Whoever writes a page or JSON of percentages gets one and nothing besides, so that nothing has to
be taken out. Amounts stand in `Worth`, which is made for a link that shows values and for no other.

Fractions are rounded to hundredths of a percent: from exact ones and known prices somebody could work
out how many whole shares make them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NewType

from core.money import round_amount
from portfolios.domain.reasons import Figure, Reason

PLACES = 4
BASE = Decimal(100)
LEVEL_PLACES = 2
Fraction = NewType("Fraction", Decimal)
# An index that stands at 100 when the period begins.
Level = NewType("Level", Decimal)


def fraction(value: float | Decimal) -> Fraction:
    """Round a fraction (0.05 is 5 %) to four decimals; never a negative zero."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return Fraction(round_amount(exact, PLACES) + Decimal(0))


def level(cumulative: float) -> Level:
    """Return a cumulative return as an index from 100 on, to two decimals."""
    return Level(round_amount(BASE * (1 + Decimal(repr(float(cumulative)))), LEVEL_PLACES))


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure that has no unit, or the reason why it is not there."""

    value: Fraction | None
    reason: Reason | None

    @classmethod
    def of(cls, figure: Figure[float]) -> Measured:
        """Round a figure."""
        return cls(None if figure.value is None else fraction(figure.value), figure.reason)


@dataclass(frozen=True, slots=True)
class Part:
    """A group of an allocation; `share` None where it is worth less than nothing."""

    name: str
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How the value is spread by one way to group, the largest first; the shares add up to 1."""

    by: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A holding: `symbol` is empty where its name is kept back, `gain` is on what it cost.

    `weight` is of all that is worth something, cash included; None where it has no price, or is worth
    less than nothing. `quality` and `as_of` tell how sure its price is.
    """

    symbol: str
    name: str
    weight: Fraction | None
    gain: Fraction | None
    quality: str
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Course:
    """How a period went: returns, and how much and how deep it moved. The days are of the deepest fall.

    `name` is the period's, `usable` those that have data.
    """

    name: str
    usable: tuple[str, ...]
    start: date
    end: date
    time_weighted: Measured
    annualised: Measured
    money_weighted: Measured
    volatility: Measured
    sharpe: Measured
    max_drawdown: Measured
    drawdown: Measured
    fell_from: date | None
    fell_to: date | None
    recovered: date | None


@dataclass(frozen=True, slots=True)
class Portrait:
    """A portfolio as a link shows it to anybody; `holdings` None where the link names none.

    `day` is the one that is shown, `ended` that prices end before today, `as_of` the day of the oldest
    price used; `stale`: that is more than a week before. `incomplete`: something held has no price or
    rate, and is left out. Without entries all but the title is empty.
    """

    title: str
    currency: str
    day: date
    ended: bool
    as_of: date | None
    stale: bool
    incomplete: bool
    is_empty: bool
    spreads: tuple[Spread, ...]
    holdings: tuple[Held, ...] | None
    course: Course


@dataclass(frozen=True, slots=True)
class HeldWorth:
    """What a holding is worth: `price` of a unit in `currency`, the others in the portfolio's."""

    quantity: Decimal
    price: Decimal | None
    currency: str
    value: Decimal | None
    unrealised: Decimal | None


@dataclass(frozen=True, slots=True)
class Worth:
    """The amounts of a portfolio, in its currency and its minor unit, for a link that shows values.

    `holdings` and `spreads` stand in the order of the portrait's. Opening value, flows and gain are of
    the period and add up to the closing value.
    """

    total: Decimal
    cash: Decimal
    day_change: Decimal
    opening: Decimal
    net_flows: Decimal
    gain: Decimal
    closing: Decimal
    holdings: tuple[HeldWorth, ...] | None
    spreads: tuple[tuple[Decimal, ...], ...]
