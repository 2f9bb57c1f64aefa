"""The state of one instrument while a ledger is folded."""

from __future__ import annotations

from copy import copy
from datetime import date
from decimal import Decimal

from portfolios.domain.book import Holding
from portfolios.domain.exact import ZERO, plus
from portfolios.domain.lots import CostMethod, LotQueue
from portfolios.domain.prices import PriceUsed


class Position:
    """Open lots, the last own price, and what moved on the last day that had a movement."""

    __slots__ = ("currency", "instrument", "moved_on", "moved_units", "own_price", "paid", "queue")

    def __init__(self, instrument: int, currency: str, method: CostMethod) -> None:
        self.instrument = instrument
        self.currency = currency
        self.queue = LotQueue(method)
        self.own_price: PriceUsed | None = None
        self.moved_on: date | None = None
        self.moved_units = ZERO
        self.paid: Decimal | None = ZERO

    def note(self, day: date, held_before: Decimal, paid: Decimal | None) -> None:
        """Note a movement: the units from `held_before` to what is held now, and what went for them."""
        if day != self.moved_on:
            self.moved_on, self.moved_units, self.paid = day, ZERO, ZERO
        self.moved_units += self.queue.quantity - held_before
        self.paid = plus(self.paid, paid)

    def copied(self) -> Position:
        """Return a position that goes its own way from here."""
        other = copy(self)
        other.queue = self.queue.copied()
        return other

    def holding(self) -> Holding:
        """Return the state as it stands."""
        return Holding(
            self.instrument,
            self.currency,
            self.queue.quantity,
            self.queue.lots(),
            self.own_price,
            self.moved_on,
            self.moved_units,
            self.paid,
        )
