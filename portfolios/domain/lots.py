"""Lots: what was acquired when and for how much, and which of it a disposal takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from heapq import heapify, heappop, heappush

from portfolios.domain.entries import EntryId
from portfolios.domain.exact import ZERO, plus, share

# Thirds of a share, written with eight decimals or more, add up to a little less than what is sold.
_DUST = Decimal("1E-8")


class CostMethod(StrEnum):
    """Which lots a disposal takes first."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    AVERAGE = "average"


@dataclass(slots=True)
class Lot:
    """What is left of one acquisition, in the units of today.

    `cost` is in the instrument's currency, `cost_base` and `charges` (the fees and taxes of
    the acquisition, part of the cost only with fees in the basis) in the portfolio's. None: unknown.
    Of a short position quantity and cost are negative: what was sold, and what it brought.
    """

    entry_id: EntryId
    acquired: date
    quantity: Decimal
    cost: Decimal | None
    cost_base: Decimal | None
    charges: Decimal | None

    def part(self, quantity: Decimal) -> Lot:
        """Take `quantity` (less than all, and of its sign) out, with its share of what the lot still costs.

        Each share is rounded once and subtracted, so the last part carries the remainder and
        nothing leaks: a lot without units has no cost.
        """
        cost = _share(self.cost, quantity, self.quantity)
        same = self.cost_base is self.cost
        cost_base = cost if same else _share(self.cost_base, quantity, self.quantity)
        charges = _share(self.charges, quantity, self.quantity) if self.charges else self.charges
        if cost is not None and self.cost is not None:
            self.cost = self.cost - cost
        if same:
            self.cost_base = self.cost
        elif cost_base is not None and self.cost_base is not None:
            self.cost_base = self.cost_base - cost_base
        if charges and self.charges is not None:
            self.charges = self.charges - charges
        self.quantity = self.quantity - quantity
        return Lot(self.entry_id, self.acquired, quantity, cost, cost_base, charges)

    def join(self, other: Lot) -> None:
        """Take another lot into this one."""
        same = self.cost_base is self.cost and other.cost_base is other.cost
        self.quantity += other.quantity
        self.cost = plus(self.cost, other.cost)
        self.cost_base = self.cost if same else plus(self.cost_base, other.cost_base)
        self.charges = plus(self.charges, other.charges)


def shortage(asked: Decimal, held: Decimal) -> Decimal:
    """Return how many units lack to give `asked` away; a hundred-millionth of it is rounding, not a lack."""
    missing = asked - held
    return ZERO if missing <= asked * _DUST else missing


def met(held: Decimal, coming: Decimal) -> Decimal:
    """Return what is held once units come by an action; what rounding leaves of two that net is 0."""
    left = held + coming
    against = held < 0 < coming or coming < 0 < held
    larger = max(held.copy_abs(), coming.copy_abs())
    return ZERO if against and left.copy_abs() <= larger * _DUST else left


def _share(total: Decimal | None, part: Decimal, whole: Decimal) -> Decimal | None:
    # All of it is not rounded: what a statement counts from has more places than a division keeps.
    return total if total is None or part == whole else share(total, part, whole)


def _unit_cost(lot: Lot) -> Decimal:
    total = lot.cost if lot.cost_base is None else lot.cost_base
    # By absolute units: of short lots too the one goes first that leaves the least gain.
    return ZERO if total is None or not lot.quantity else total / lot.quantity.copy_abs()


# The key decides which lot goes next: the smallest. One path of relief serves all methods.
_KEYS: dict[CostMethod, Callable[[Lot, int], Decimal | int]] = {
    CostMethod.FIFO: lambda _lot, number: number,
    CostMethod.LIFO: lambda _lot, number: -number,
    CostMethod.HIFO: lambda lot, _number: -_unit_cost(lot),
    CostMethod.AVERAGE: lambda _lot, number: number,
}


class LotQueue:
    """The open lots of one instrument, in the order in which disposals take them; used within `exact()`.

    They are all held or all sold short: `quantity` is their sum, negative for a short position.
    """

    __slots__ = ("_count", "_heap", "_key", "_pooled", "quantity")

    def __init__(self, method: CostMethod) -> None:
        self._heap: list[tuple[Decimal | int, int, Lot]] = []
        self._count = 0
        self._key = _KEYS[method]
        self._pooled = method is CostMethod.AVERAGE
        self.quantity = ZERO

    def add(self, lot: Lot) -> None:
        """Add an acquisition; by average cost it joins the pool."""
        self.quantity += lot.quantity
        if self._pooled and self._heap:
            self._heap[0][2].join(lot)
            return
        self._count += 1
        heappush(self._heap, (self._key(lot, self._count), self._count, lot))

    def take(self, quantity: Decimal) -> list[Lot]:
        """Take up to `quantity` (positive) out, in the order of the method; less if less is open."""
        heap, taken, left, short = self._heap, [], quantity, self.quantity < 0
        while heap and left > 0:
            lot = heap[0][2]
            units = lot.quantity.copy_abs() if short else lot.quantity
            if units <= left:
                heappop(heap)
                left -= units
                taken.append(lot)
            else:
                taken.append(lot.part(left.copy_negate() if short else left))
                left = ZERO
        self.quantity += quantity - left if short else left - quantity
        return taken

    def drain(self) -> list[Lot]:
        """Take every lot out, in order of acquisition."""
        lots = list(self.lots())
        self._heap, self.quantity = [], ZERO
        return lots

    def receive(self, lots: Iterable[Lot]) -> None:
        """Add lots that keep their dates: they stand where those put them among what is held."""
        rows = sorted([*self.drain(), *lots], key=lambda lot: lot.acquired)
        for lot in rows:
            self.add(lot)

    def pick(self, entry_id: EntryId, quantity: Decimal) -> list[Lot]:
        """Take up to `quantity` of what one acquisition opened and is still there; nothing from a pool."""
        if self._pooled:
            return []
        taken, left = [], quantity
        for item in sorted(
            (one for one in self._heap if one[2].entry_id == entry_id), key=lambda one: one[1]
        ):
            lot = item[2]
            if left <= 0 or lot.quantity <= 0:
                break
            if lot.quantity <= left:
                self._heap.remove(item)
                left -= lot.quantity
                taken.append(lot)
            else:
                taken.append(lot.part(left))
                left = ZERO
        heapify(self._heap)
        self.quantity -= quantity - left
        return taken

    @property
    def is_pooled(self) -> bool:
        """Tell whether there are no single lots: average cost."""
        return self._pooled

    def split(self, numerator: int, denominator: int) -> None:
        """Turn `denominator` units into `numerator`; costs stay.

        The total is rounded once and the lots share it, so their sum is the total.
        """
        old = new = ZERO
        top, bottom = Decimal(numerator), Decimal(denominator)
        for _, _, lot in sorted(self._heap, key=lambda item: item[1]):
            old += lot.quantity
            reached = share(old, top, bottom)
            lot.quantity = reached - new
            new = reached
        self.quantity = new
        self._heap = [(self._key(lot, number), number, lot) for _, number, lot in self._heap]
        heapify(self._heap)

    def lots(self) -> tuple[Lot, ...]:
        """Return the open lots by acquisition."""
        return tuple(lot for _, _, lot in sorted(self._heap, key=lambda item: item[1]))
