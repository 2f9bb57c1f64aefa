"""Open lots and close them, and write what that gained into a book; used within `exact()`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from portfolios.domain.book import Book, Disposal, Problem, ProblemKind
from portfolios.domain.entries import CarriedLot, Entry, EntryKind
from portfolios.domain.exact import ONE, ZERO, minus, plus, share, times, total
from portfolios.domain.lots import Lot, shortage
from portfolios.domain.prices import Valuer
from portfolios.domain.state import Position
from portfolios.domain.till import in_base


def gains(
    proceeds_base: Decimal | None, cost: Decimal | None, cost_base: Decimal | None, rate: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Split a gain in base currency into what the price did and what the rate did.

    `cost` is in the instrument's currency, `rate` its rate on the day of the gain:
    price gain = proceeds - cost × rate, currency effect = cost × rate - cost in base.
    """
    at_rate = times(cost, rate)
    return minus(proceeds_base, at_rate), minus(at_rate, cost_base)


class Deal(NamedTuple):
    """What one unit changes hands for, and what comes with it.

    `price` is in the instrument's currency where `in_quote`, else in one whose rate is `rate` (base
    currency for one unit). `quote_rate` is that of the instrument's currency. `fee`, and `charges` (fee
    and tax), are in base currency. None: unknown.
    """

    price: Decimal | None
    in_quote: bool
    rate: Decimal | None
    quote_rate: Decimal | None
    fee: Decimal | None
    charges: Decimal | None

    def amounts(self, quantity: Decimal) -> tuple[Decimal | None, Decimal | None]:
        """Return what `quantity` units come to, in the instrument's currency and in base."""
        if self.price is None:
            return None, None
        amount = quantity * self.price
        base = in_base(amount, self.rate)
        return amount if self.in_quote else _divided(base, self.quote_rate), base


class _Carried:
    """The charges of an entry, handed out by units; the last units take what is left of them.

    `basis` is the part that counts in cost or proceeds: all charges of an acquisition, a sale's fee.
    """

    __slots__ = ("_basis", "_charges", "_left")

    def __init__(self, quantity: Decimal, basis: Decimal | None, charges: Decimal | None) -> None:
        self._left, self._basis, self._charges = quantity, basis, charges

    def part(self, quantity: Decimal) -> tuple[Decimal | None, Decimal | None]:
        """Return the share of `quantity` units in basis and charges."""
        if quantity == self._left:
            return self._basis, self._charges
        basis, charges = (_piece(one, quantity, self._left) for one in (self._basis, self._charges))
        self._basis, self._charges = minus(self._basis, basis), minus(self._charges, charges)
        self._left -= quantity
        return basis, charges


class Relief:
    """What acquisitions and disposals do to the lots of a position.

    With `fees_in_basis` the charges of an acquisition are part of its cost, and the fee of a sale lowers
    its proceeds; the tax of a sale is the seller's, not the price's, and stays beside them. With
    `allow_short` a sale of more than is held opens a lot of negative units, whose negative cost is what
    it brought; a purchase closes such lots first.
    """

    def __init__(self, book: Book, valuer: Valuer, *, fees_in_basis: bool, allow_short: bool) -> None:
        self._book = book
        self._valuer = valuer
        self._fees_in_basis = fees_in_basis
        self._allow_short = allow_short

    def acquire(self, entry: Entry, position: Position, deal: Deal) -> None:
        """Book what comes in: it closes what was sold short, and the rest is a lot."""
        queue, left = position.queue, entry.quantity
        carried = self._carried(entry, deal)
        if queue.quantity < 0:
            short = queue.quantity.copy_negate()
            closed = short if not shortage(short, left) else left
            for lot in queue.take(closed):
                self._close(entry, position, deal, carried, lot)
            left = max(left - closed, ZERO)
        if left:
            self._open(entry, position, deal, carried, left)

    def carried(
        self, entry: Entry, position: Position, market: tuple[Decimal | None, Decimal | None] | None
    ) -> list[Lot]:
        """Book lots that come from another portfolio with their dates and costs.

        `market` (price and rate of the day): they count from there instead. A cost in another portfolio's
        currency is that of the instrument's at this portfolio's rate of the day of purchase.
        """
        lots = []
        for one in entry.carried:
            if market is not None:
                cost = times(market[0], one.quantity)
                base = times(cost, market[1])
                charges: Decimal | None = ZERO
            else:
                cost, base, charges = self._restated(one, position.currency)
            lots.append(Lot(entry.id, one.acquired, one.quantity, cost, base, charges))
        position.queue.receive(lots)
        return lots

    def _restated(
        self, one: CarriedLot, currency: str
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Return a lot's cost in the instrument's currency and in base, and its charges in base."""
        cost, base, charges = one.cost, one.cost_base, one.charges
        rate = ONE if currency == self._book.base else self._valuer.rate(currency, one.acquired)
        if one.base != self._book.base:
            base = times(cost, rate)
            charges = times(charges, self._valuer.rate(one.base, one.acquired)) if charges else charges
        if self._fees_in_basis and (charges is None or charges):
            base, cost = plus(base, charges), plus(cost, _divided(charges, rate))
        return cost, base, charges

    def dispose(self, entry: Entry, position: Position, deal: Deal) -> None:
        """Book a sale: one disposal for each lot that it takes, and what is sold short."""
        short, wanted = ZERO, entry.quantity
        if self._allow_short:
            short = shortage(wanted, max(position.queue.quantity, ZERO))
            wanted -= short
        carried = self._carried(entry, deal)
        if wanted:
            for lot, missing in self.relieve(entry, position, wanted):
                self._close(entry, position, deal, carried, lot, missing=missing)
        if short:
            self._open(entry, position, deal, carried, short.copy_negate())

    def relieve(self, entry: Entry, position: Position, quantity: Decimal) -> list[tuple[Lot, bool]]:
        """Take units out; what was never acquired is a lot of cost 0, and a finding."""
        held = max(position.queue.quantity, ZERO)
        missing = shortage(quantity, held)
        lots = self._picked(entry, position) if entry.picks else []
        left = quantity - sum((lot.quantity for lot in lots), ZERO) if lots else quantity
        if held and left:
            lots += position.queue.take(left)
        pieces = [(lot, False) for lot in lots]
        if missing:
            found = Problem(
                ProblemKind.MISSING_ACQUISITION, entry.day, entry.id, position.instrument, quantity=missing
            )
            self._book.problems.append(found)
            pieces.append((Lot(entry.id, entry.day, missing, ZERO, ZERO, ZERO), True))
        elif not position.queue.quantity:
            # What was rounded away when it was bought leaves with the last piece.
            rest = quantity - sum((lot.quantity for lot, _ in pieces[:-1]), ZERO)
            pieces[-1] = pieces[-1][0]._replace(quantity=rest), False
        return pieces

    def _picked(self, entry: Entry, position: Position) -> list[Lot]:
        """Take the lots that were chosen for a sale; what of them is not there is a finding."""
        if position.queue.is_pooled:
            return []
        lots, lack = [], ZERO
        for key, quantity in entry.picks:
            found = position.queue.pick(key, quantity)
            lack += quantity - sum((lot.quantity for lot in found), ZERO)
            lots += found
        if lack:
            problem = Problem(
                ProblemKind.LOTS_NOT_HELD, entry.day, entry.id, position.instrument, quantity=lack
            )
            self._book.problems.append(problem)
        return lots

    def _carried(self, entry: Entry, deal: Deal) -> _Carried | None:
        """Return the charges to hand out; None where there are none."""
        if deal.charges is not None and not deal.charges:
            return None
        basis = deal.fee if entry.kind is EntryKind.SELL else deal.charges
        return _Carried(entry.quantity, basis if self._fees_in_basis else ZERO, deal.charges)

    def _open(
        self, entry: Entry, position: Position, deal: Deal, carried: _Carried | None, quantity: Decimal
    ) -> None:
        quoted, base = deal.amounts(quantity)
        charges: Decimal | None = ZERO
        if carried is not None:
            basis, charges = carried.part(quantity.copy_abs())
            if basis is None or basis:
                same = quoted is base
                base = plus(base, basis)
                quoted = base if same else plus(quoted, _divided(basis, deal.quote_rate))
        position.queue.add(Lot(entry.id, entry.day, quantity, quoted, base, charges))

    def _close(
        self,
        entry: Entry,
        position: Position,
        deal: Deal,
        carried: _Carried | None,
        lot: Lot,
        *,
        missing: bool = False,
    ) -> None:
        quoted, base = deal.amounts(lot.quantity)
        charges: Decimal | None = ZERO
        if carried is not None:
            basis, charges = carried.part(lot.quantity.copy_abs())
            if basis is None or basis:
                base = minus(base, basis)
                quoted = minus(quoted, _divided(basis, deal.quote_rate))
        self._book.dispose(
            Disposal(
                entry.id,
                position.instrument,
                entry.day,
                lot.quantity,
                quoted,
                base,
                None if missing else lot.entry_id,
                None if missing else lot.acquired,
                lot.cost,
                lot.cost_base,
                *gains(base, lot.cost, lot.cost_base, deal.quote_rate),
                lot.charges,
                charges,
                missing,
            )
        )


def sum_base(lots: Iterable[Lot]) -> Decimal | None:
    """Return what lots cost together in base currency; None where one is unknown."""
    return total(lot.cost_base for lot in lots)


def _divided(base: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """Return an amount in base currency in the one whose rate is given."""
    return None if base is None or not rate else share(base, ONE, rate)


def _piece(total: Decimal | None, quantity: Decimal, left: Decimal) -> Decimal | None:
    """Return the share of a charge that falls to `quantity` of the `left` units that still carry it."""
    return share(total, quantity, left) if total else total
