"""One pass over a ledger: lots, gains, income, charges, cash and flows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import date
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

from market.domain.actions import Action
from portfolios.domain.book import Book, Problem, ProblemKind, Tally
from portfolios.domain.corporate.booking import Actions
from portfolios.domain.corporate.moves import Move, moves
from portfolios.domain.entries import Entry, EntryKind, Split, in_order
from portfolios.domain.exact import ONE, ZERO, exact, times
from portfolios.domain.in_kind import InKind, traded
from portfolios.domain.lots import CostMethod
from portfolios.domain.prices import Prices, SplitTable, Valuer
from portfolios.domain.rates import Rates
from portfolios.domain.relief import Deal, Relief
from portfolios.domain.state import Position
from portfolios.domain.till import Till, gross, in_base

ROWS: Final = ("disposals", "transfers", "incomes", "charges", "flows", "problems")
_DAY: Final = attrgetter("day")


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


class State(NamedTuple):
    """Where a fold stands before entry number `entry`: its rows are the first so many of a book that went on.

    `rows` is how many there are of each of `ROWS`, `rates` and `given` how many `rates_used` and
    `given`.
    """

    entry: int
    event: int
    positions: tuple[Position, ...]
    cash: dict[str, Decimal]
    cash_base: dict[str, Decimal | None]
    tallies: tuple[tuple[int | None, Tally], ...]
    rates: int
    given: int
    rows: tuple[int, ...]

    def book(self, later: Book) -> Book:
        """Return the book as it stood then, from one that went on."""
        return Book(
            base=later.base,
            method=later.method,
            tracks_cash=later.tracks_cash,
            cash=self.cash.copy(),
            cash_base=self.cash_base.copy(),
            tallies={instrument: tally.copied() for instrument, tally in self.tallies},
            rates_used=dict(islice(later.rates_used.items(), self.rates)),
            given=dict(islice(later.given.items(), self.given)),
            **{name: getattr(later, name)[:count] for name, count in zip(ROWS, self.rows, strict=True)},
        )


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
        self._splits = SplitTable(splits)
        self._rates = rates
        self.valuer = Valuer(prices, rates, self._splits)
        self.entries = in_order(entries)
        self._currencies = currencies or {}
        self._fees_in_basis = fees_in_basis
        self._allow_short = allow_short
        self._at_market = at_market
        self._left_out = left_out_instruments
        self._left_out_currencies = left_out_currencies
        self._events = self._what_happens(actions, prices)
        self.begin(Book(base=base, method=method, tracks_cash=tracks_cash), {}, 0, 0)

    def begin(self, book: Book, positions: dict[int, Position], entry: int, event: int) -> Ledger:
        """Go on from what was booked before the entry and the event of these numbers."""
        self.book, self.positions = book, positions
        self._next_entry, self._next_event = entry, event
        self._till = Till(book, self._rates, self._left_out_currencies)
        self._relief = Relief(
            book, self.valuer, fees_in_basis=self._fees_in_basis, allow_short=self._allow_short
        )
        self._in_kind = InKind(book, self._till, self.valuer, self._relief, at_market=self._at_market)
        self._actions = Actions(
            book,
            positions,
            self._till,
            self.valuer,
            currencies=self._currencies,
            left_out=self._left_out,
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
        return self

    def run(self, until: date | None) -> None:
        """Book the entries and splits up to and including the day `until` (None: all)."""
        self.go(len(self.entries) if until is None else bisect_right(self.entries, until, key=_DAY))
        with exact():
            self._happen(until)

    def go(self, stop: int) -> None:
        """Book the entries before the one of number `stop`, and what happens until the day of the last."""
        till, handlers = self._till, self._handlers
        with exact():
            for entry in islice(self.entries, self._next_entry, stop):
                self._happen(entry.day)
                till.open()
                handlers[entry.kind](entry)
                till.shut(entry)
        self._next_entry = max(self._next_entry, stop)

    def state(self) -> State:
        """Return where the fold stands now; what is booked later does not change it."""
        book = self.book
        return State(
            self._next_entry,
            self._next_event,
            tuple(one.copied() for one in self.positions.values()),
            book.cash.copy(),
            book.cash_base.copy(),
            tuple((instrument, tally.copied()) for instrument, tally in book.tallies.items()),
            len(book.rates_used),
            len(book.given),
            tuple(len(getattr(book, name)) for name in ROWS),
        )

    def at(self, state: State, book: Book) -> Ledger:
        """Return a ledger of the same entries that stands where `state` was taken, before `book` went on.

        The entries and events before it are the same as those of the ledger it was taken from.
        """
        positions = {one.instrument: one.copied() for one in state.positions}
        return copy(self).begin(state.book(book), positions, state.entry, state.event)

    def same_events(self, other: Ledger, count: int, day: date) -> bool:
        """Return whether `count` events happen until `day` in another ledger as they do in this one."""
        following = other._events[count : count + 1]
        same = self._events[:count] == other._events[:count]
        return same and not any(one.ex_date <= day for one in following)

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
            *moves(self.entries, splits, found, prices, allow_short=self._allow_short),
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
        position.own_price = traded(entry)
        quote_rate = till.quote_rate(entry, position.currency, rate)
        held = position.queue.quantity
        deal = Deal(entry.price or ZERO, entry.currency == position.currency, rate, quote_rate, fee, charges)
        if buys:
            self._relief.acquire(entry, position, deal)
        else:
            self._relief.dispose(entry, position, deal)
        position.note(entry.day, held, base if buys else times(base, -ONE))

    def _transfer(self, entry: Entry) -> None:
        position = self._position(entry)
        if position is None:
            return
        costs = self._till.charges(entry)
        if position.instrument not in self._left_out:
            self._in_kind.book(entry, position, costs)
