"""Corporate actions as the mathematics sees them, and the price factors of splits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Split:
    """A split: `numerator` new units for `denominator` old ones, from the start of `ex_date`."""

    instrument: int
    ex_date: date
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Dividend:
    """A gross dividend per unit as of `ex_date`, in `currency`."""

    instrument: int
    ex_date: date
    amount: Decimal
    currency: str


class ActionKind(StrEnum):
    """What an action does to a holding, besides a split; in the order in which those of one day do it."""

    CASH_IN_LIEU = "cash_in_lieu"
    SPIN_OFF = "spin_off"
    MERGER = "merger"
    DELISTING = "delisting"


@dataclass(frozen=True, slots=True)
class Action:
    """What happens to a holding of `instrument` at the start of `ex_date`, after that day's splits.

    `numerator` new units of `target` for `denominator` held; `cash` per unit held. `cost_share`: of the
    cost, what goes to (spin-off) or stays with (merger) the new units. `cash_in_lieu` is paid for a whole
    new unit where a fraction is left; None: it is kept. Amounts are in the major unit of `currency`.
    `pays_out`: a delisting ends the holding. `sequence` orders the actions of one day and kind.
    """

    id: UUID
    sequence: int
    kind: ActionKind
    instrument: int
    ex_date: date
    target: int | None = None
    numerator: int = 0
    denominator: int = 1
    cash: Decimal | None = None
    currency: str = ""
    cost_share: Decimal | None = None
    cash_in_lieu: Decimal | None = None
    pays_out: bool = False


_RANK: Final = {kind: rank for rank, kind in enumerate(ActionKind)}


def in_order(actions: Iterable[Action]) -> list[Action]:
    """Return the actions in the order in which they apply: day, kind, sequence."""
    return sorted(actions, key=lambda one: (one.ex_date, _RANK[one.kind], one.sequence))


def ratio(numerator: Decimal, denominator: Decimal) -> tuple[int, int]:
    """Reduce a split's ratio to whole numbers: 1.5 for 1 is 3 for 2."""
    fraction = Fraction(numerator) / Fraction(denominator)
    return fraction.numerator, fraction.denominator


def factor(splits: Iterable[Split], since: date, until: date) -> Fraction:
    """Return what to multiply a price of `since` by to see it in the units of `until`: old over new shares.

    A split counts when ``since < ex_date <= until``.
    """
    found = Fraction(1)
    for split in splits:
        if since < split.ex_date <= until:
            found *= Fraction(split.denominator, split.numerator)
    return found


def price_factors(days: NDArray[np.int32], splits: Iterable[Split]) -> NDArray[np.float64]:
    """Return what to multiply raw prices of `days` by to see them in today's units.

    `days` int32 ordinals, shape (n,); the factor of a day is the product of denominator over
    numerator of every split with a later ex-date. Shape (n,), float64.
    """
    factors = np.ones(len(days), dtype=np.float64)
    for split in splits:
        factors[days < split.ex_date.toordinal()] *= split.denominator / split.numerator
    return factors
