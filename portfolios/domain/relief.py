"""Open lots and relieve them, and write what was sold into a book; used within `exact()`."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from portfolios.domain.book import Book, Disposal, Problem, ProblemKind
from portfolios.domain.entries import Entry
from portfolios.domain.exact import ONE, ZERO, minus, plus, share, times
from portfolios.domain.lots import Lot, shortage
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


class Sale(NamedTuple):
    """How a sale converts to base: the entry's currency, the instrument's, and its charges in base."""

    rate: Decimal | None
    quote_rate: Decimal | None
    fee: Decimal | None
    charges: Decimal | None


class Relief:
    """What acquisitions and disposals do to the lots of a position.

    With `fees_in_basis` the charges of an acquisition are part of its cost, and the fee of a sale lowers
    its proceeds; the tax of a sale is the seller's, not the price's, and stays beside them.
    """

    def __init__(self, book: Book, *, fees_in_basis: bool) -> None:
        self._book = book
        self._fees_in_basis = fees_in_basis

    def acquire(
        self,
        entry: Entry,
        position: Position,
        cost: tuple[Decimal | None, Decimal | None],
        charges: Decimal | None,
        quote_rate: Decimal | None,
    ) -> None:
        """Open a lot; `cost` is in the instrument's and in base currency, `charges` in the latter."""
        of_quote, base = cost
        if self._fees_in_basis and charges != 0:
            same = of_quote is base
            base = plus(base, charges)
            of_quote = base if same else plus(of_quote, _divided(charges, quote_rate))
        position.queue.add(Lot(entry.id, entry.day, entry.quantity, of_quote, base, charges))

    def dispose(self, entry: Entry, position: Position, sale: Sale) -> None:
        """Book a sale: one disposal for each lot that it takes."""
        price, charges, left = entry.price or ZERO, sale.charges, entry.quantity
        fee = sale.fee if self._fees_in_basis else ZERO
        for lot, missing in self.relieve(entry, position):
            proceeds = lot.quantity * price
            base = in_base(proceeds, sale.rate)
            of_quote = quoted(entry, position, proceeds, base, sale.quote_rate)
            # The last piece takes what is left, so the pieces add up to the sale.
            charge = _piece(charges, lot.quantity, left)
            if fee != 0:
                part = _piece(fee, lot.quantity, left)
                fee, base = minus(fee, part), minus(base, part)
                of_quote = minus(of_quote, _divided(part, sale.quote_rate))
            charges, left = minus(charges, charge), left - lot.quantity
            self._book.disposals.append(
                Disposal(
                    entry.id,
                    position.instrument,
                    entry.day,
                    lot.quantity,
                    of_quote,
                    base,
                    None if missing else lot.entry_id,
                    None if missing else lot.acquired,
                    lot.cost,
                    lot.cost_base,
                    *gains(base, lot.cost, lot.cost_base, sale.quote_rate),
                    lot.charges,
                    charge,
                    missing,
                )
            )

    def relieve(self, entry: Entry, position: Position) -> list[tuple[Lot, bool]]:
        """Take the units of an entry out; what was never acquired is a lot of cost 0, and a finding."""
        missing = shortage(entry.quantity, position.queue.quantity)
        pieces = [(lot, False) for lot in position.queue.take(entry.quantity)]
        if missing:
            found = Problem(
                ProblemKind.MISSING_ACQUISITION, entry.day, entry.id, position.instrument, quantity=missing
            )
            self._book.problems.append(found)
            pieces.append((Lot(entry.id, entry.day, missing, ZERO, ZERO, ZERO), True))
        elif not position.queue.quantity:
            # What was rounded away when it was bought leaves with the last piece.
            last = pieces[-1][0]
            last.quantity = entry.quantity - sum((lot.quantity for lot, _ in pieces[:-1]), ZERO)
        return pieces


def quoted(
    entry: Entry, position: Position, amount: Decimal, base: Decimal | None, quote_rate: Decimal | None
) -> Decimal | None:
    """Return an amount of the entry in the instrument's currency."""
    if entry.currency == position.currency:
        return amount
    return _divided(base, quote_rate)


def _divided(base: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """Return an amount in base currency in the one whose rate is given."""
    return None if base is None or not rate else share(base, ONE, rate)


def _piece(total: Decimal | None, quantity: Decimal, left: Decimal) -> Decimal | None:
    """Return the share of a charge that falls to `quantity` of the `left` units that still carry it."""
    return total if quantity == left or not total else share(total, quantity, left)
