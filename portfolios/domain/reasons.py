"""Why a figure is not there: a missing number is a result, never 0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Number = TypeVar("Number")


class Reason(StrEnum):
    """The stable code of why a figure is null; pages and the API translate it."""

    NO_PRICE = "no-price"
    NO_RATE = "no-rate"
    UNKNOWN_COST = "unknown-cost"
    MISSING_ACQUISITION = "missing-acquisition"
    NOTHING_HELD = "nothing-held"
    NO_FLOWS = "no-flows"
    NO_SIGN_CHANGE = "no-sign-change"
    SEVERAL_ROOTS = "several-roots"
    NO_CONVERGENCE = "no-convergence"
    SAME_DAY = "same-day"
    SHORT_PERIOD = "short-period"
    NEGATIVE_VALUE = "negative-value"
    TOTAL_LOSS = "total-loss"
    TOO_FEW_OBSERVATIONS = "too-few-observations"
    NO_VARIATION = "no-variation"
    NO_LOSS = "no-loss"
    NO_GAIN = "no-gain"
    NO_BENCHMARK = "no-benchmark"
    NOTHING_SOLD = "nothing-sold"
    NO_TAX_RATE = "no-tax-rate"


@dataclass(frozen=True, slots=True)
class Figure(Generic[Number]):
    """A number, or None and the reason for it; never both, never neither."""

    value: Number | None
    reason: Reason | None = None

    def __post_init__(self) -> None:
        """Refuse a figure that has both or neither.

        Raises:
            ValueError: value and reason do not exclude each other.
        """
        if (self.value is None) == (self.reason is None):
            msg = "a figure has either a value or a reason"
            raise ValueError(msg)
