"""Lots: what was acquired when and for how much, and which of it a disposal takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from portfolios.domain.entries import EntryId
from portfolios.domain.exact import ZERO, minus, plus, share

# Thirds of a share, written with eight decimals or more, add up to a little less than what is sold.
_DUST = Decimal("1E-8")


class CostMethod(StrEnum):
    """Which lots a disposal takes first."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    AVERAGE = "average"


class Lot(NamedTuple):
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

    def parted(self, quantity: Decimal) -> tuple[Lot, Lot]:
        """Return `quantity` (less than all, and of its sign) with its share of the cost, and the rest.

        Each share is rounded once and subtracted, so the last part carries the remainder and
        nothing leaks: a lot without units has no cost.
        """
        cost = _share(self.cost, quantity, self.quantity)
        same = self.cost_base is self.cost
        cost_base = cost if same else _share(self.cost_base, quantity, self.quantity)
        charges = _share(self.charges, quantity, self.quantity) if self.charges else self.charges
        cost_left = minus(self.cost, cost)
        base_left = cost_left if same else minus(self.cost_base, cost_base)
        charges_left = minus(self.charges, charges) if charges else self.charges
        return (
            Lot(self.entry_id, self.acquired, quantity, cost, cost_base, charges),
            Lot(self.entry_id, self.acquired, self.quantity - quantity, cost_left, base_left, charges_left),
        )

    def joined(self, other: Lot) -> Lot:
        """Return this lot with another one in it."""
        same = self.cost_base is self.cost and other.cost_base is other.cost
        cost = plus(self.cost, other.cost)
        return Lot(
            self.entry_id,
            self.acquired,
            self.quantity + other.quantity,
            cost,
            cost if same else plus(self.cost_base, other.cost_base),
            plus(self.charges, other.charges),
        )


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

    __slots__ = ("_count", "_heap", "_key", "_method", "_pooled", "quantity")

    def __init__(self, method: CostMethod) -> None:
        self._heap: list[tuple[Decimal | int, int, Lot]] = []
        self._count = 0
        self._method = method
        self._key = _KEYS[method]
        self._pooled = method is CostMethod.AVERAGE
        self.quantity = ZERO

    def add(self, lot: Lot) -> None:
        """Add an acquisition; by average cost it joins the pool."""
        self.quantity += lot.quantity
        if self._pooled and self._heap:
            key, number, pool = self._heap[0]
            self._heap[0] = key, number, pool.joined(lot)
            return
        self._count += 1
        heappush(self._heap, (self._key(lot, self._count), self._count, lot))

    def take(self, quantity: Decimal) -> list[Lot]:
        """Take up to `quantity` (positive) out, in the order of the method; less if less is open."""
        heap, taken, left, short = self._heap, [], quantity, self.quantity < 0
        while heap and left > 0:
            key, number, lot = heap[0]
            units = lot.quantity.copy_abs() if short else lot.quantity
            if units <= left:
                heappop(heap)
                left -= units
                taken.append(lot)
            else:
                piece, rest = lot.parted(left.copy_negate() if short else left)
                taken.append(piece)
                # of the same key and number, so it stands where the whole lot stood
                heap[0] = key, number, rest
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
        taken, kept, left = [], [], quantity
        for key, number, lot in sorted(self._heap, key=lambda one: one[1]):
            if lot.entry_id != entry_id or left <= 0 or lot.quantity <= 0:
                kept.append((key, number, lot))
            elif lot.quantity <= left:
                left -= lot.quantity
                taken.append(lot)
            else:
                piece, rest = lot.parted(left)
                taken.append(piece)
                kept.append((key, number, rest))
                left = ZERO
        heapify(kept)
        self._heap = kept
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
        grown = []
        for _, number, lot in sorted(self._heap, key=lambda item: item[1]):
            old += lot.quantity
            reached = share(old, top, bottom)
            restated = lot._replace(quantity=reached - new)
            grown.append((self._key(restated, number), number, restated))
            new = reached
        self.quantity = new
        heapify(grown)
        self._heap = grown

    def recost(self, cost: Callable[[Lot], Lot]) -> None:
        """Let every lot count from another cost; the order in which they go stays."""
        self._heap = [(key, number, cost(lot)) for key, number, lot in self._heap]

    def copied(self) -> LotQueue:
        """Return a queue that goes its own way from here."""
        other = LotQueue(self._method)
        other._heap, other._count, other.quantity = self._heap.copy(), self._count, self.quantity
        return other

    def lots(self) -> tuple[Lot, ...]:
        """Return the open lots by acquisition."""
        return tuple(lot for _, _, lot in sorted(self._heap, key=lambda item: item[1]))
