"""Where the change in value of a period came from; docs/algorithms/statement.md.

opening + unrealised + realised + income - fees - taxes + currency effect + net flows == closing,
exactly, for every period. Each line is counted from its own entries; none is what is left over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from core.money import round_amount, round_parts
from market.domain.actions import Action
from portfolios.domain.book import Charge, Disposal, Flow, Income, ProblemKind, Transfer
from portfolios.domain.entries import Entry, EntryKind, Split, in_order
from portfolios.domain.exact import ONE, ZERO, exact, total_of_known
from portfolios.domain.held import CashGain, HeldGain, LotGain
from portfolios.domain.ledger import Ledger
from portfolios.domain.lots import CostMethod, Lot
from portfolios.domain.prices import Prices
from portfolios.domain.rates import Rates
from portfolios.domain.reasons import Reason
from portfolios.domain.relief import gains
from portfolios.domain.state import Position
from portfolios.domain.till import in_base


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a statement, in the portfolio's currency; fees and taxes are positive when paid.

    `unrealised` and `realised` are price gains at the closing rate and at the sale's; what the rates
    did to units and to cash is `currency_effect`. `net_flows`: in positive, out negative.
    """

    opening: Decimal
    unrealised: Decimal
    realised: Decimal
    income: Decimal
    fees: Decimal
    taxes: Decimal
    currency_effect: Decimal
    net_flows: Decimal
    closing: Decimal

    def parts(self) -> list[Decimal]:
        """Return what leads from opening to closing, each with the sign with which it counts."""
        return [
            self.unrealised,
            self.realised,
            self.income,
            self.fees.copy_negate(),
            self.taxes.copy_negate(),
            self.currency_effect,
            self.net_flows,
        ]

    def adds_up(self) -> bool:
        """Return whether the lines lead from opening to closing, exactly."""
        with exact():
            return self.opening + sum(self.parts(), ZERO) == self.closing

    def gain(self) -> Decimal:
        """Return what was earned: the change in value without the flows."""
        with exact():
            return self.closing - self.opening - self.net_flows

    def rounded(self, places: int) -> Lines:
        """Round to `places` decimals by largest remainder: the rounded lines add up too."""
        opening, closing = round_amount(self.opening, places), round_amount(self.closing, places)
        unrealised, realised, income, fees, taxes, currency, flows = round_parts(
            self.parts(), places, closing - opening
        )
        fees, taxes = (part.copy_negate() if part else part for part in (fees, taxes))
        return Lines(opening, unrealised, realised, income, fees, taxes, currency, flows, closing)


@dataclass(frozen=True, slots=True)
class Gap:
    """An instrument, or cash in a currency, that the statement leaves out, and why.

    What was paid for it or received from it is among the flows, so the lines still add up.
    """

    reason: Reason
    instrument: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the lines of a statement are the sums of; `opening` is by instrument or currency.

    Costs of `disposals` and `transfers` count from the start of the period, as its gains do.
    """

    opening: tuple[tuple[int | str, Decimal, Decimal, Decimal], ...]
    held: tuple[HeldGain, ...]
    cash: tuple[CashGain, ...]
    disposals: tuple[Disposal, ...]
    transfers: tuple[Transfer, ...]
    incomes: tuple[Income, ...]
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A period ``(start, end]``: its lines, what makes up some of them, and what is left out.

    `currency_of_unrealised`, `_of_realised` and `_of_cash` are the parts of the currency effect;
    `inflows` and `outflows` (both positive) those of the net flows. All in the portfolio's currency.
    """

    start: date
    end: date
    lines: Lines
    currency_of_unrealised: Decimal
    currency_of_realised: Decimal
    currency_of_cash: Decimal
    inflows: Decimal
    outflows: Decimal
    flows: tuple[Flow, ...]
    rows: Rows
    left_out: tuple[Gap, ...]


_Gaps: TypeAlias = dict[tuple[int | None, str], Reason]


def statement(
    entries: Iterable[Entry],
    splits: Iterable[Split],
    rates: Rates,
    prices: Prices,
    *,
    base: str,
    start: date,
    end: date,
    method: CostMethod = CostMethod.FIFO,
    allow_short: bool = False,
    tracks_cash: bool = True,
    currencies: Mapping[int, str] | None = None,
    actions: Iterable[Action] = (),
    begun: Callable[[date], Ledger] | None = None,
) -> Statement:
    """Return the statement of the period ``(start, end]``: the close of `start` is the opening value.

    What is held at the start counts from its market value there, what is bought from its price, what
    comes in kind from its market value that day. An instrument or currency that lacks a price or rate
    it needs is left out as a whole, and named. `begun` answers the same ledger booked until a day, where
    somebody has it; what its lots cost then, and all its rows, may come from another view.
    """
    entries, splits, actions = in_order(entries), list(splits), list(actions)
    gaps: _Gaps = {}

    def fresh() -> Ledger:
        return Ledger(
            entries,
            splits,
            rates,
            base=base,
            method=method,
            allow_short=allow_short,
            tracks_cash=tracks_cash,
            currencies=currencies,
            prices=prices,
            at_market=True,
            actions=actions,
            left_out_instruments=frozenset(instrument for instrument, _ in gaps if instrument is not None),
            left_out_currencies=frozenset(currency for _, currency in gaps if currency),
        )

    ledger = fresh() if begun is None else begun(start)
    while True:
        found = _Period(ledger, gaps)
        with exact():
            result = found.state(start, end)
        if not found.more:
            return result
        gaps |= found.more
        ledger = fresh()


class _Period:
    """One attempt at a period; what turns out to be unknown gathers in `more`."""

    def __init__(self, ledger: Ledger, gaps: _Gaps) -> None:
        self._ledger = ledger
        self._book = ledger.book
        self._gaps = gaps
        self._opening: list[tuple[int | str, Decimal, Decimal, Decimal]] = []
        self.more: _Gaps = {}

    def state(self, start: date, end: date) -> Statement:
        """Run to the start, let everything count from its value there, and run to the end."""
        book = self._book
        self._ledger.run(start)
        opening = self._mark(start)
        for rows in (book.disposals, book.transfers, book.incomes, book.charges, book.flows, book.problems):
            rows.clear()
        self._ledger.run(end)
        self._note_unknown()
        return self._sum(start, end, opening)

    def _mark(self, day: date) -> Decimal:
        total = ZERO
        for position, price, rate in self._held(day):
            position.queue.recost(partial(_at_market, price, rate))
            total += position.queue.quantity * price * rate
            self._opening.append((position.instrument, position.queue.quantity, price, rate))
        self._book.cash_base.clear()
        for currency, amount, rate in self._cash(day):
            self._book.cash_base[currency] = amount * rate
            total += amount * rate
            self._opening.append((currency, amount, ONE, rate))
        return total

    def _held(self, day: date) -> Iterator[tuple[Position, Decimal, Decimal]]:
        """Yield what is held, with its price and rate of `day`; note what has none."""
        valuer = self._ledger.valuer
        for position in self._ledger.positions.values():
            if not position.queue.quantity:
                continue
            used = valuer.price(position.instrument, position.currency, day, position.own_price)
            rate = valuer.rate(position.currency, day)
            if used is None or rate is None:
                self._note(position.instrument, "", Reason.NO_RATE if used else Reason.NO_PRICE)
                continue
            yield position, used.price, ONE if position.currency == self._book.base else rate

    def _cash(self, day: date) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Yield cash, with its rate of `day`; note what has none."""
        for currency, amount in self._book.cash.items():
            rate = self._ledger.valuer.rate(currency, day)
            if not amount:
                continue
            if rate is None:
                self._note(None, currency, Reason.NO_RATE)
                continue
            yield currency, amount, rate

    def _note(self, instrument: int | None, currency: str, reason: Reason) -> None:
        key = instrument, currency
        if key not in self._gaps:
            self.more.setdefault(key, reason)

    def _note_unknown(self) -> None:
        """Note every currency that lacked a rate and every instrument with an unknown gain."""
        unpriced = {row.instrument for row in self._book.problem(ProblemKind.NO_PRICE)}
        for problem in self._book.problem(ProblemKind.NO_RATE):
            self._note(None, problem.currency, Reason.NO_RATE)
        moved: list[Disposal | Transfer] = [*self._book.disposals, *self._book.transfers]
        unknown = {row.instrument for row in moved if row.price_gain is None or row.currency_effect is None}
        unknown |= {row.instrument for row in self._book.transfers if row.value_base is None}
        for position in self._ledger.positions.values():
            if any(lot.cost is None or lot.cost_base is None for lot in position.queue.lots()):
                unknown.add(position.instrument)
        for instrument in unknown:
            self._note(instrument, "", Reason.NO_PRICE if instrument in unpriced else Reason.NO_RATE)

    def _sum(self, start: date, end: date, opening: Decimal) -> Statement:
        book = self._book
        held, money = self._gained(end), self._cash_gained(end)
        by_rate = total_of_known(row.currency_effect for row in held)
        by_cash = total_of_known(row.currency_effect for row in money)
        moved: list[Disposal | Transfer] = [*book.disposals, *book.transfers]
        by_sale = total_of_known(row.currency_effect for row in moved)
        inflows = total_of_known(flow.amount for flow in book.flows if flow.amount and flow.amount > 0)
        outflows = -total_of_known(flow.amount for flow in book.flows if flow.amount and flow.amount < 0)
        lines = Lines(
            opening=opening,
            unrealised=total_of_known(row.price_gain for row in held),
            realised=total_of_known(row.price_gain for row in moved),
            income=total_of_known(row.base for row in book.incomes),
            fees=total_of_known(row.base for row in book.charges if row.kind is EntryKind.FEE),
            taxes=total_of_known(row.base for row in book.charges if row.kind is EntryKind.TAX),
            currency_effect=by_rate + by_sale + by_cash,
            net_flows=inflows - outflows,
            closing=total_of_known(row.value for row in held) + total_of_known(row.value for row in money),
        )
        rows = Rows(
            tuple(self._opening), tuple(held), tuple(money), tuple(book.disposals), tuple(book.transfers),
            tuple(book.incomes), tuple(book.charges),
        )  # fmt: skip
        gaps = tuple(Gap(reason, *key) for key, reason in sorted(self._gaps.items(), key=str))
        return Statement(
            start, end, lines, by_rate, by_sale, by_cash, inflows, outflows, tuple(book.flows), rows, gaps
        )

    def _gained(self, day: date) -> list[HeldGain]:
        """Return what is held on `day`, each with its price gain and currency effect."""
        found = []
        for position, price, rate in self._held(day):
            lots = []
            for lot in position.queue.lots():
                value = lot.quantity * price * rate
                by_price, by_rate = gains(value, lot.cost, lot.cost_base, rate)
                start, gained = lot.cost_base or ZERO, (by_price or ZERO, by_rate or ZERO)
                lots.append(LotGain(lot.entry_id, lot.acquired, lot.quantity, start, value, *gained))
            found.append(
                HeldGain(
                    position.instrument,
                    position.queue.quantity,
                    price,
                    rate,
                    total_of_known(one.start_value for one in lots),
                    total_of_known(one.value for one in lots),
                    total_of_known(one.price_gain for one in lots),
                    total_of_known(one.currency_effect for one in lots),
                    tuple(lots),
                )
            )
        return found

    def _cash_gained(self, day: date) -> list[CashGain]:
        """Return the cash on `day`, and what the rates did to it since the start; spent currencies too."""
        counted = dict(self._book.cash_base)
        found = []
        for currency, amount, rate in self._cash(day):
            value = amount * rate
            found.append(
                CashGain(currency, amount, rate, value, value - (counted.pop(currency, ZERO) or ZERO))
            )
        spent = ((currency, base) for currency, base in counted.items() if base)
        return found + [CashGain(currency, ZERO, ZERO, ZERO, -base) for currency, base in spent]


def _at_market(price: Decimal, rate: Decimal, lot: Lot) -> Lot:
    cost = lot.quantity * price
    return lot._replace(cost=cost, cost_base=in_base(cost, rate))
