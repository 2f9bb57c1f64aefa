"""Exchange rates: the last known on or before a day, never the next, never 1."""

from __future__ import annotations

from datetime import date
from typing import Final, Protocol

from market.domain.rates import RateUsed

__all__ = ["OWN", "RateUsed", "Rates"]

OWN: Final = "own"


class Rates(Protocol):
    """Something that knows rates into one portfolio's currency."""

    def rate(self, currency: str, day: date) -> RateUsed | None:
        """Return the last rate known on or before `day`, or None; exactly 1 for the portfolio's own."""
