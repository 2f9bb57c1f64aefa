"""Allocation: values grouped by a key, with shares that add up."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from core.money import round_parts
from portfolios.domain.exact import ZERO, exact

Key = TypeVar("Key", bound=Hashable)

# Shares are fractions with four decimals: hundredths of a percent.
SHARE_PLACES = 4


@dataclass(frozen=True, slots=True)
class Slice(Generic[Key]):
    """One group: `value` in the portfolio's currency, `share` of the positive total as a fraction.

    A group of negative value (an overdrawn account) has no share: None.
    """

    key: Key
    value: Decimal
    share: Decimal | None


def allocation(values: Iterable[tuple[Key, Decimal]]) -> list[Slice[Key]]:
    """Group values by key, the largest first; the shares of what is positive add up to exactly 1.

    Values that are unknown are for the caller to leave out, and to list.
    """
    totals: dict[Key, Decimal] = {}
    with exact():
        for key, value in values:
            totals[key] = totals.get(key, ZERO) + value
        positive = {key: value for key, value in totals.items() if value > 0}
        whole = sum(positive.values(), ZERO)
        parts = round_parts([value / whole for value in positive.values()], SHARE_PLACES) if whole else []
    shares = dict(zip(positive, parts, strict=True))
    ordered = sorted(totals.items(), key=lambda item: -item[1])
    return [Slice(key, value, shares.get(key)) for key, value in ordered if value]
