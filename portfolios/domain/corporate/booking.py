"""How a move of units is booked: lots and their cost carried over, what is paid in cash realised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from market.domain.actions import ActionKind
from portfolios.domain.book import Book, Disposal, Flow, Transfer
from portfolios.domain.corporate.moves import Move, entry_of
from portfolios.domain.corporate.netting import received
from portfolios.domain.entries import CarriedLot
from portfolios.domain.exact import ONE, ZERO, minus, plus, share, times, total
from portfolios.domain.lots import Lot, LotQueue
from portfolios.domain.prices import TRADE, PriceUsed, Valuer
from portfolios.domain.relief import gains
from portfolios.domain.state import Position
from portfolios.domain.till import Till, in_base


class Actions:
    """Book moves into the positions and the till of a ledger.

    `left_out`: instruments beyond the border. What is exchanged for them, or comes from them, is a flow
    at its market value; docs/algorithms/corporate-actions.md.
    """

    def __init__(
        self,
        book: Book,
        positions: dict[int, Position],
        till: Till,
        valuer: Valuer,
        *,
        currencies: Mapping[int, str],
        left_out: frozenset[int],
    ) -> None:
        self._book = book
        self._positions = positions
        self._till = till
        self._valuer = valuer
        self._currencies = currencies
        self._left_out = left_out

    def apply(self, move: Move) -> None:
        """Book one move."""
        action, position = move.action, self._positions.get(move.action.instrument)
        outside = action.instrument in self._left_out
        self._till.open()
        if outside:
            self._from_outside(move)
        elif position is not None and position.queue.quantity:
            if action.kind is ActionKind.CASH_IN_LIEU:
                self._pay_fraction(move, position)
            elif action.kind is ActionKind.DELISTING:
                self._pay_out(move, position)
            else:
                self._exchange(move, position)
        self._till.shut(entry_of(move))

    def _exchange(self, move: Move, position: Position) -> None:
        """Turn lots, or a part of their cost, into lots of the target, and realise what is paid in cash."""
        action, held, lots = move.action, position.queue.quantity, position.queue.drain()
        gone: Decimal | None = ZERO
        if action.kind is ActionKind.MERGER and action.cash is not None:
            gone, lots = self._cash_part(move, position, lots)
        if action.kind is ActionKind.SPIN_OFF:
            part = action.cost_share or ZERO
            carved = [_carved(lot, part) for lot in lots]
            position.queue.receive(rest for _, rest in carved)
            lots = [child for child, _ in carved]
        if action.target is not None:
            gone = plus(gone, self._hand_on(move, position, lots))
        position.note(move.ex_date, held, times(gone, -ONE))

    def _cash_part(self, move: Move, position: Position, lots: list[Lot]) -> tuple[Decimal | None, list[Lot]]:
        """Sell the part of each lot that cash stands for: 1 - share of the cost, all of it without shares.

        Answers what is paid, in base currency, and the lots with the rest of their cost.
        """
        action = move.action
        keeps = ZERO if action.target is None else action.cost_share or ZERO
        total: Decimal | None = ZERO
        left = []
        for lot in lots:
            piece, rest = _carved(lot, ONE - keeps)
            if keeps:
                piece = piece._replace(quantity=share(lot.quantity, ONE - keeps, ONE))
            base = self._dispose(move, position, piece, lot.quantity * (action.cash or ZERO))
            total = plus(total, base)
            left.append(rest)
        return total, left

    def _hand_on(self, move: Move, position: Position, lots: list[Lot]) -> Decimal | None:
        """Give the target its lots, in its units and currency; tell what they are worth, in base currency."""
        action = move.action
        assert action.target is not None  # the caller asked
        lots = _restated(lots, action.numerator, action.denominator)
        target = self._target(action.target, position.currency)
        if move.price is not None:
            target.own_price = move.price
        if action.target in self._left_out:
            return self._to_outside(move, position, lots)
        lots = self._converted(lots, move, position.currency, target.currency)
        held = target.queue.quantity
        pocket = LotQueue(self._book.method)
        pocket.receive(lots)
        cashed = self._cash_for_fraction(move, target, pocket)
        value = self._value(move, target, move.received)
        if action.kind is ActionKind.SPIN_OFF:
            self._book.given[move.entry_id] = _told(pocket, self._book.base)
        for row in received(move, target, pocket, self._till):
            self._book.dispose(row)
        target.note(move.ex_date, held, minus(value, cashed))
        return value

    def _target(self, instrument: int, currency: str) -> Position:
        found = self._positions.get(instrument)
        if found is None:
            currency = self._currencies.get(instrument, currency)
            found = self._positions[instrument] = Position(instrument, currency, self._book.method)
        return found

    def _cash_for_fraction(self, move: Move, position: Position, queue: LotQueue) -> Decimal | None:
        """Sell the fraction of a unit that is not given out; tell what it brings, in base currency."""
        total: Decimal | None = ZERO
        price = move.action.cash_in_lieu
        if price is None or not move.fraction:
            return total
        for piece in queue.take(move.fraction.copy_abs()):
            total = plus(total, self._dispose(move, position, piece, piece.quantity * price))
        position.own_price = PriceUsed(price, move.action.currency, move.ex_date, TRADE)
        return total

    def _pay_fraction(self, move: Move, position: Position) -> None:
        held = position.queue.quantity
        cashed = self._cash_for_fraction(move, position, position.queue)
        if move.fraction:
            position.note(move.ex_date, held, times(cashed, -ONE))

    def _pay_out(self, move: Move, position: Position) -> None:
        """End a delisted holding for what it pays, which may be nothing."""
        action = move.action
        if not action.pays_out or action.cash is None:
            return
        held = position.queue.quantity
        total: Decimal | None = ZERO
        for lot in position.queue.drain():
            total = plus(total, self._dispose(move, position, lot, lot.quantity * action.cash))
        position.own_price = PriceUsed(action.cash, action.currency, move.ex_date, TRADE)
        position.note(move.ex_date, held, times(total, -ONE))

    def _dispose(self, move: Move, position: Position, lot: Lot, proceeds: Decimal) -> Decimal | None:
        """Sell a lot for `proceeds` in the action's currency; tell them in base currency."""
        entry, till = entry_of(move), self._till
        rate = till.day_rate(entry, entry.currency)
        base = in_base(proceeds, rate) if proceeds else ZERO
        till.pay(entry.currency, proceeds, base)
        quote_rate = rate if entry.currency == position.currency else till.day_rate(entry, position.currency)
        quoted: Decimal | None = proceeds
        if proceeds and entry.currency != position.currency:
            quoted = None if base is None or not quote_rate else share(base, ONE, quote_rate)
        self._book.dispose(
            Disposal(
                move.entry_id,
                position.instrument,
                move.ex_date,
                lot.quantity,
                quoted,
                base,
                lot.entry_id,
                lot.acquired,
                lot.cost,
                lot.cost_base,
                *gains(base, lot.cost, lot.cost_base, quote_rate),
                lot.charges,
                ZERO,
            )
        )
        return base

    def _converted(self, lots: list[Lot], move: Move, currency: str, into: str) -> list[Lot]:
        """Tell the cost in the target's currency, at the rates of the day; in base currency it stays."""
        if currency == into:
            return lots
        entry = entry_of(move)
        rate, into_rate = self._till.day_rate(entry, currency), self._till.day_rate(entry, into)
        if rate is None or not into_rate:
            return [lot._replace(cost=None) for lot in lots]
        return [
            lot._replace(cost=None if lot.cost is None else share(lot.cost, rate, into_rate)) for lot in lots
        ]

    def _value(self, move: Move, target: Position, units: Decimal) -> Decimal | None:
        """Return what the new units are worth by what the old ones were, else by their own market."""
        entry, used = entry_of(move), move.price
        if used is None:
            used = self._valuer.price(target.instrument, target.currency, move.ex_date, None)
        if used is None:
            return None
        return times(units * used.price, self._till.day_rate(entry, used.currency))

    def _market_value(self, move: Move, target: Position) -> Decimal | None:
        used = self._valuer.price(target.instrument, target.currency, move.ex_date, target.own_price)
        rate = self._till.day_rate(entry_of(move), target.currency)
        return None if used is None else times(move.received * used.price, rate)

    def _to_outside(self, move: Move, position: Position, lots: list[Lot]) -> Decimal | None:
        """Let lots leave over the border, at the market value of what they become."""
        assert move.action.target is not None  # the caller asked
        target = self._positions[move.action.target]
        value = self._market_value(move, target)
        cost, cost_base = total(lot.cost for lot in lots), total(lot.cost_base for lot in lots)
        at_rate = times(cost, self._till.day_rate(entry_of(move), position.currency))
        self._cross(move, position, value, cost_base, (minus(value, at_rate), minus(at_rate, cost_base)))
        self._cash_from_outside(move, (move.action.cash_in_lieu or ZERO) * move.fraction)
        return value

    def _cash_from_outside(self, move: Move, cash: Decimal) -> None:
        if cash:
            entry = entry_of(move)
            base = in_base(cash, self._till.day_rate(entry, entry.currency))
            self._till.pay(entry.currency, cash, base)
            self._till.cross(base)

    def _from_outside(self, move: Move) -> None:
        """Let cash and units come from an instrument beyond the border."""
        action = move.action
        self._cash_from_outside(move, move.cash)
        if action.target is None or action.target in self._left_out:
            return
        target = self._target(action.target, action.currency)
        if move.price is not None:
            target.own_price = move.price
        value, units = self._market_value(move, target), move.received - move.fraction
        value = None if value is None else share(value, units, move.received)
        used = self._valuer.price(target.instrument, target.currency, move.ex_date, target.own_price)
        held = target.queue.quantity
        cost = None if used is None else units * used.price
        pocket = LotQueue(self._book.method)
        pocket.add(Lot(move.entry_id, move.ex_date, units, cost, value, ZERO))
        for row in received(move, target, pocket, self._till):
            self._book.dispose(row)
        self._cross(move, target, value, value, (ZERO, ZERO), incoming=True)
        target.note(move.ex_date, held, value)

    def _cross(
        self,
        move: Move,
        position: Position,
        value: Decimal | None,
        cost_base: Decimal | None,
        gain: tuple[Decimal | None, Decimal | None],
        *,
        incoming: bool = False,
    ) -> None:
        units = move.received - move.fraction if incoming else move.quantity
        flow = value if incoming else times(value, -ONE)
        self._book.flows.append(Flow(move.entry_id, move.ex_date, flow, in_kind=True))
        self._book.transfers.append(
            Transfer(
                move.entry_id, position.instrument, move.ex_date, incoming, units, value, cost_base, *gain
            )
        )


def _carved(lot: Lot, part: Decimal) -> tuple[Lot, Lot]:
    """Return `part` (0 to 1) of a lot's cost and charges as a lot, and the rest; both have all units."""
    piece, rest = lot._replace(quantity=ONE).parted(part)
    return piece._replace(quantity=lot.quantity), rest._replace(quantity=lot.quantity)


def _told(queue: LotQueue, base: str) -> tuple[CarriedLot, ...]:
    return tuple(
        CarriedLot(lot.acquired, lot.quantity, lot.cost, lot.cost_base, lot.charges, base)
        for lot in queue.lots()
    )


def _restated(lots: Iterable[Lot], numerator: int, denominator: int) -> list[Lot]:
    """Tell units as `numerator` for `denominator`; the total is rounded once and the lots share it."""
    found = []
    old = new = ZERO
    for lot in lots:
        old += lot.quantity
        reached = share(old, Decimal(numerator), Decimal(denominator))
        found.append(lot._replace(quantity=reached - new))
        new = reached
    return found
