"""Units that come or go in kind: lots with what they cost, and their market value as a flow."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from portfolios.domain.book import Book, Flow, Problem, ProblemKind, Transfer
from portfolios.domain.entries import Entry, EntryKind
from portfolios.domain.exact import ONE, ZERO, plus, times
from portfolios.domain.lots import Lot
from portfolios.domain.prices import TRADE, PriceUsed, Valuer
from portfolios.domain.relief import Deal, Relief, gains, sum_base
from portfolios.domain.state import Position
from portfolios.domain.till import Till, in_base

Costs: TypeAlias = tuple[Decimal | None, Decimal | None]


def traded(entry: Entry) -> PriceUsed | None:
    """Return the price of an own trade; None where the entry has none."""
    if entry.price is None:
        return None
    return PriceUsed(entry.price, entry.currency, entry.day, TRADE)


class InKind:
    """Book transfers into a book; used within `exact()`.

    `at_market`: what comes costs its market value of that day; otherwise what its entry says.
    """

    def __init__(self, book: Book, till: Till, valuer: Valuer, relief: Relief, *, at_market: bool) -> None:
        self._book = book
        self._till = till
        self._valuer = valuer
        self._relief = relief
        self._at_market = at_market

    def book(self, entry: Entry, position: Position, costs: Costs) -> None:
        """Book a transfer, whose fee, and fee with tax, in base currency are `costs`."""
        if entry.price is not None:
            position.own_price = traded(entry)
        unit, rate = self._market(entry, position)
        value = times(unit, entry.quantity)
        value_base = None if value is None else in_base(value, rate)
        held = position.queue.quantity
        if entry.carried and held >= 0:
            lots = self._relief.carried(entry, position, (unit, rate) if self._at_market else None)
            self._moved(entry, position, value_base, sum_base(lots), (ZERO, ZERO))
            position.note(entry.day, held, value_base)
        elif entry.kind is EntryKind.TRANSFER_IN:
            deal = Deal(unit, True, rate, rate, *costs) if self._at_market else None
            self._arrive(entry, position, deal or self._deal_in_kind(entry, position, costs), value_base)
            position.note(entry.day, held, value_base)
        else:
            self._leave(entry, position, value_base, rate)
            position.note(entry.day, held, times(value_base, -ONE))

    def _arrive(
        self,
        entry: Entry,
        position: Position,
        deal: Deal,
        value_base: Decimal | None,
    ) -> None:
        self._relief.acquire(entry, position, deal)
        self._moved(entry, position, value_base, deal.amounts(entry.quantity)[1], (ZERO, ZERO))

    def _deal_in_kind(self, entry: Entry, position: Position, costs: Costs) -> Deal:
        """Return what units that come in count from: what their entry says they cost."""
        if entry.price is None:
            found = Problem(ProblemKind.UNKNOWN_COST, entry.day, entry.id, position.instrument)
            self._book.problems.append(found)
            return Deal(None, False, None, None, *costs)
        rate = self._till.rate(entry)
        in_quote = entry.currency == position.currency
        return Deal(
            entry.price, in_quote, rate, self._till.quote_rate(entry, position.currency, rate), *costs
        )

    def _leave(
        self, entry: Entry, position: Position, value_base: Decimal | None, rate: Decimal | None
    ) -> None:
        lots = [lot for lot, _ in self._relief.relieve(entry, position, entry.quantity)]
        cost: Decimal | None = ZERO
        for lot in lots:
            cost = plus(cost, lot.cost)
        cost_base = sum_base(lots)
        gain = gains(value_base, cost, cost_base, rate)
        self._moved(entry, position, value_base, cost_base, gain, lots=tuple(lots))

    def _moved(
        self,
        entry: Entry,
        position: Position,
        value_base: Decimal | None,
        cost_base: Decimal | None,
        gain: tuple[Decimal | None, Decimal | None],
        *,
        lots: tuple[Lot, ...] = (),
    ) -> None:
        incoming = entry.kind is EntryKind.TRANSFER_IN
        flow = value_base if incoming else times(value_base, -ONE)
        self._book.flows.append(Flow(entry.id, entry.day, flow, in_kind=True))
        self._book.transfers.append(
            Transfer(
                entry.id,
                position.instrument,
                entry.day,
                incoming,
                entry.quantity,
                value_base,
                cost_base,
                *gain,
                lots,
            )
        )

    def _market(self, entry: Entry, position: Position) -> tuple[Decimal | None, Decimal | None]:
        """Return what one unit is worth on the entry's day, in the instrument's currency, and its rate."""
        used = self._valuer.price(position.instrument, position.currency, entry.day, position.own_price)
        if used is None:
            found = Problem(ProblemKind.NO_PRICE, entry.day, entry.id, position.instrument)
            self._book.problems.append(found)
        # The market's rate, not the entry's own: what arrives is valued like all that is held.
        rate = self._till.day_rate(entry, position.currency)
        return (None if used is None else used.price), rate
