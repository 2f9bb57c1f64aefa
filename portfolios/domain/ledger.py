"""One pass over a ledger: lots, gains, income, charges, cash and flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from market.domain.actions import Action
from portfolios.domain.book import Book, Flow, Problem, ProblemKind, Transfer
from portfolios.domain.corporate.booking import Actions
from portfolios.domain.corporate.moves import Move, moves
from portfolios.domain.entries import Entry, EntryKind, Split, in_order
from portfolios.domain.exact import ONE, ZERO, exact, plus, times
from portfolios.domain.lots import CostMethod, Lot
from portfolios.domain.prices import TRADE, Prices, PriceUsed, SplitTable, Valuer
from portfolios.domain.rates import Rates
from portfolios.domain.relief import Deal, Relief, gains, sum_base
from portfolios.domain.state import Position
from portfolios.domain.till import Till, gross, in_base


def fold(
    entries: Iterable[Entry],
    splits: Iterable[Split],
    rates: Rates,
    *,
    base: str,
    method: CostMethod = CostMethod.FIFO,
    fees_in_basis: bool = False,
    allow_short: bool = False,
    tracks_cash: bool = True,
    until: date | None = None,
    currencies: Mapping[int, str] | None = None,
    prices: Prices | None = None,
    actions: Iterable[Action] = (),
) -> Book:
    """Fold entries, in any order, into a book of the end of day `until` (None: of all of them).

    `base` is the portfolio's currency, `currencies` the one each instrument is quoted in (missing:
    that of its first entry). With `fees_in_basis` the fee and tax of an acquisition are part of its cost,
    and the fee of a sale lowers its proceeds. With `allow_short` what is sold and not held is a short
    position, else a missing acquisition. Where `tracks_cash` is False every purchase is an implied
    contribution and every sale and dividend an implied withdrawal, so that cash stays empty. With
    `prices`, what comes and goes in kind has its market value as flow, else the price of its entry.
    """
    ledger = Ledger(
        entries,
        splits,
        rates,
        base=base,
        method=method,
        fees_in_basis=fees_in_basis,
        allow_short=allow_short,
        tracks_cash=tracks_cash,
        currencies=currencies,
        prices=prices,
        actions=actions,
    )
    ledger.run(until)
    return ledger.close(until)


class Ledger:
    """The fold as a machine that can stop at a day, be looked at, and go on.

    `at_market`: what comes in kind costs its market value of that day (the view of a period);
    otherwise what its entry says (the view of a tax office). What is left out lies outside the
    border: what is paid for it or received from it is a flow.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        splits: Iterable[Split],
        rates: Rates,
        *,
        base: str,
        method: CostMethod = CostMethod.FIFO,
        fees_in_basis: bool = False,
        allow_short: bool = False,
        tracks_cash: bool = True,
        currencies: Mapping[int, str] | None = None,
        prices: Prices | None = None,
        at_market: bool = False,
        left_out_instruments: frozenset[int] = frozenset(),
        left_out_currencies: frozenset[str] = frozenset(),
        actions: Iterable[Action] = (),
    ) -> None:
        self.book = Book(base=base, method=method, tracks_cash=tracks_cash)
        self.positions: dict[int, Position] = {}
        self._splits = SplitTable(splits)
        self.valuer = Valuer(prices, rates, self._splits)
        self._till = Till(self.book, rates, left_out_currencies)
        self._entries = in_order(entries)
        self._currencies = currencies or {}
        self._relief = Relief(self.book, self.valuer, fees_in_basis=fees_in_basis, allow_short=allow_short)
        self._allow_short = allow_short
        self._at_market = at_market
        self._left_out = left_out_instruments
        self._next_entry = 0
        self._next_event = 0
        self._events = self._what_happens(actions, prices)
        self._actions = Actions(
            self.book,
            self.positions,
            self._till,
            self.valuer,
            currencies=self._currencies,
            left_out=left_out_instruments,
        )
        self._handlers: dict[EntryKind, Callable[[Entry], None]] = {
            EntryKind.BUY: self._trade,
            EntryKind.SELL: self._trade,
            EntryKind.DEPOSIT: lambda entry: self._till.external(entry, gross(entry)),
            EntryKind.WITHDRAWAL: lambda entry: self._till.external(entry, -gross(entry)),
            EntryKind.DIVIDEND: self._income,
            EntryKind.INTEREST: self._income,
            EntryKind.FEE: self._till.charge,
            EntryKind.TAX: self._till.charge,
            EntryKind.TRANSFER_IN: self._transfer,
            EntryKind.TRANSFER_OUT: self._transfer,
        }

    def run(self, until: date | None) -> None:
        """Book the entries and splits up to and including the day `until` (None: all)."""
        entries, at, till, handlers = self._entries, self._next_entry, self._till, self._handlers
        with exact():
            while at < len(entries) and (until is None or entries[at].day <= until):
                entry = entries[at]
                at += 1
                self._happen(entry.day)
                till.open()
                handlers[entry.kind](entry)
                till.shut(entry)
            self._next_entry = at
            self._happen(until)

    def close(self, until: date | None) -> Book:
        """Return the book as it stands."""
        self.book.until = until
        self.book.holdings = {at.instrument: at.holding() for at in self.positions.values()}
        return self.book

    def _what_happens(self, actions: Iterable[Action], prices: Prices | None) -> list[Split | Move]:
        """List splits and what the other corporate actions do, in the order in which they apply."""
        splits, found = self._splits.in_order, list(actions)
        reshaped: list[Split | Move] = [
            *splits,
            *moves(self._entries, splits, found, prices, allow_short=self._allow_short),
        ]
        return sorted(reshaped, key=lambda one: one.ex_date)

    def _happen(self, until: date | None) -> None:
        events, at = self._events, self._next_event
        while at < len(events) and (until is None or events[at].ex_date <= until):
            event = events[at]
            at += 1
            if isinstance(event, Move):
                self._actions.apply(event)
            elif event.instrument in self.positions:
                self.positions[event.instrument].queue.split(event.numerator, event.denominator)
        self._next_event = at

    def _position(self, entry: Entry) -> Position | None:
        """Return the state of the entry's instrument; None, and a finding, where it cannot be booked."""
        instrument = entry.instrument
        if instrument is None or entry.quantity <= 0:
            found = Problem(ProblemKind.INVALID_QUANTITY, entry.day, entry.id, instrument)
            self.book.problems.append(found)
            return None
        position = self.positions.get(instrument)
        if position is None:
            currency = self._currencies.get(instrument, entry.currency)
            position = self.positions[instrument] = Position(instrument, currency, self.book.method)
        return position

    def _income(self, entry: Entry) -> None:
        self._till.income(entry, left_out=entry.instrument in self._left_out)

    def _trade(self, entry: Entry) -> None:
        position = self._position(entry)
        if position is None:
            return
        till, amount, buys = self._till, gross(entry), entry.kind is EntryKind.BUY
        rate = till.rate(entry)
        base = in_base(amount, rate)
        till.pay(entry.currency, -amount if buys else amount, times(base, -ONE) if buys else base)
        fee, charges = till.charges(entry)
        if position.instrument in self._left_out:
            till.cross(times(base, -ONE) if buys else base)
            return
        position.own_price = _own_price(entry)
        quote_rate = self._quote_rate(entry, position, rate)
        held = position.queue.quantity
        deal = Deal(entry.price or ZERO, entry.currency == position.currency, rate, quote_rate, fee, charges)
        if buys:
            self._relief.acquire(entry, position, deal)
        else:
            self._relief.dispose(entry, position, deal)
        position.note(entry.day, held, base if buys else times(base, -ONE))

    def _quote_rate(self, entry: Entry, position: Position, rate: Decimal | None) -> Decimal | None:
        return rate if entry.currency == position.currency else self._till.rate_of(entry, position.currency)

    def _transfer(self, entry: Entry) -> None:
        position = self._position(entry)
        if position is None:
            return
        costs = self._till.charges(entry)
        if position.instrument in self._left_out:
            return
        if entry.price is not None:
            position.own_price = _own_price(entry)
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

    def _deal_in_kind(
        self, entry: Entry, position: Position, costs: tuple[Decimal | None, Decimal | None]
    ) -> Deal:
        """Return what units that come in count from: what their entry says they cost."""
        if entry.price is None:
            found = Problem(ProblemKind.UNKNOWN_COST, entry.day, entry.id, position.instrument)
            self.book.problems.append(found)
            return Deal(None, False, None, None, *costs)
        rate = self._till.rate(entry)
        in_quote = entry.currency == position.currency
        return Deal(entry.price, in_quote, rate, self._quote_rate(entry, position, rate), *costs)

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
        self.book.flows.append(Flow(entry.id, entry.day, flow, in_kind=True))
        self.book.transfers.append(
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
        used = self.valuer.price(position.instrument, position.currency, entry.day, position.own_price)
        if used is None:
            found = Problem(ProblemKind.NO_PRICE, entry.day, entry.id, position.instrument)
            self.book.problems.append(found)
        # The market's rate, not the entry's own: what arrives is valued like all that is held.
        rate = self._till.day_rate(entry, position.currency)
        return (None if used is None else used.price), rate


def _own_price(entry: Entry) -> PriceUsed | None:
    if entry.price is None:
        return None
    return PriceUsed(entry.price, entry.currency, entry.day, TRADE)
