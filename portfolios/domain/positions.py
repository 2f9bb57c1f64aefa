"""Positions: what is held of each instrument, what it cost, what it is worth and what it earned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from portfolios.domain.book import Book, Holding, ProblemKind, Tally
from portfolios.domain.entries import Split
from portfolios.domain.exact import ONE, ZERO, exact, minus, share, times, total
from portfolios.domain.lots import Lot
from portfolios.domain.prices import Prices, PriceUsed, SplitTable, Valuer
from portfolios.domain.rates import Rates
from portfolios.domain.reasons import Reason
from portfolios.domain.relief import gains


@dataclass(frozen=True, slots=True)
class PositionView:
    """One instrument at the close of a day; `reasons` says, by field, why a figure is None.

    In the portfolio's currency, except what ends in ``_quote``, `average_cost` (per unit) and
    `price`, which are in `currency`, the instrument's. `charges` are the fees and taxes of the purchase of
    what is still held; costs are without them and gains before them, unless the book was folded with fees
    in the basis. ``unrealised ==
    unrealised_price + unrealised_currency == market_value - cost_basis``; `realised` alike, over all
    sales. `income` is gross. `day_change` is against the close of the day before, without what was put
    in or taken out that day. `incomplete`: more was sold than acquired, so `realised` counts a cost of 0.
    """

    instrument: int
    currency: str
    quantity: Decimal
    lots: tuple[Lot, ...]
    price: PriceUsed | None
    rate: Decimal | None
    cost_basis: Decimal | None
    cost_basis_quote: Decimal | None
    average_cost: Decimal | None
    charges: Decimal | None
    market_value: Decimal | None
    market_value_quote: Decimal | None
    unrealised: Decimal | None
    unrealised_price: Decimal | None
    unrealised_currency: Decimal | None
    realised: Decimal | None
    realised_price: Decimal | None
    realised_currency: Decimal | None
    income: Decimal | None
    fees: Decimal | None
    taxes: Decimal | None
    day_change: Decimal | None
    incomplete: bool
    reasons: Mapping[str, Reason]


@dataclass(frozen=True, slots=True)
class CashView:
    """Cash of one currency: `amount` in it, `value` in the portfolio's; None: no rate."""

    currency: str
    amount: Decimal
    value: Decimal | None


def positions(
    book: Book, splits: Iterable[Split], rates: Rates, prices: Prices, day: date
) -> list[PositionView]:
    """View every instrument that a book knows, closed ones too, at the close of `day`.

    `book` is folded until `day` with the same splits.
    """
    table = SplitTable(splits)
    with exact():
        views = _Views(book, Valuer(prices, rates, table), table, day)
        return [views.view(holding) for _, holding in sorted(book.holdings.items())]


def cash(book: Book, rates: Rates, day: date) -> list[CashView]:
    """View the cash of a book; currencies that have none left are not in it."""
    valuer = Valuer(None, rates, SplitTable(()))
    with exact():
        return [
            CashView(currency, amount, times(amount, valuer.rate(currency, day)))
            for currency, amount in sorted(book.cash.items())
            if amount
        ]


_NOTHING: Final = Tally()


class _Views:
    """What all positions of one book share."""

    def __init__(self, book: Book, valuer: Valuer, splits: SplitTable, day: date) -> None:
        self._day = day
        self._valuer = valuer
        self._splits = splits
        self._tallies = book.tallies
        self._unknown_cost = {row.instrument for row in book.problem(ProblemKind.UNKNOWN_COST)}
        self._incomplete = {row.instrument for row in book.problem(ProblemKind.MISSING_ACQUISITION)}

    def view(self, holding: Holding) -> PositionView:
        """View one holding."""
        at, quantity = holding.instrument, holding.quantity
        price = self._valuer.price(at, holding.currency, self._day, holding.own_price)
        rate = self._valuer.rate(holding.currency, self._day)
        cost_quote = total(lot.cost for lot in holding.lots)
        tally = self._tallies.get(at, _NOTHING)
        figures = {
            "rate": rate,
            "cost_basis": total(lot.cost_base for lot in holding.lots),
            "cost_basis_quote": cost_quote,
            "average_cost": None if cost_quote is None or not quantity else share(cost_quote, ONE, quantity),
            "charges": total(lot.charges for lot in holding.lots),
            "income": tally.income,
            "fees": tally.fees,
            "taxes": tally.taxes,
            "realised": tally.realised,
            "realised_price": tally.realised_price,
            "realised_currency": tally.realised_currency,
            "day_change": self._day_change(holding, price, rate),
            **_unrealised(holding, price, rate),
        }
        return PositionView(
            instrument=at,
            currency=holding.currency,
            quantity=quantity,
            lots=holding.lots,
            price=price,
            incomplete=at in self._incomplete,
            reasons=MappingProxyType(self._reasons(holding, price, figures)),
            **figures,
        )

    def _day_change(self, holding: Holding, price: PriceUsed | None, rate: Decimal | None) -> Decimal | None:
        """Return value now - value of yesterday's units at yesterday's close - what was paid in today."""
        today = holding.moved_on == self._day
        units = holding.quantity - holding.moved_units if today else holding.quantity
        before = self._value_yesterday(holding, units)
        now = ZERO if not holding.quantity else times(_value(holding.quantity, price), rate)
        change = minus(now, before)
        return minus(change, holding.paid) if today else change

    def _value_yesterday(self, holding: Holding, units: Decimal) -> Decimal | None:
        """Return what `units` (of today) were worth at the close of the day before."""
        if not units:
            return ZERO
        eve = self._day - timedelta(days=1)
        used = self._valuer.price(holding.instrument, holding.currency, eve, holding.own_price)
        if used is None:
            return None
        price = self._splits.carried(used.price, holding.instrument, eve, self._day)
        return times(units * price, self._valuer.rate(holding.currency, eve))

    def _reasons(
        self, holding: Holding, price: PriceUsed | None, figures: Mapping[str, Decimal | None]
    ) -> dict[str, Reason]:
        """Say of each figure that is None why."""
        by_cost = Reason.UNKNOWN_COST if holding.instrument in self._unknown_cost else Reason.NO_RATE
        by_value = Reason.NO_PRICE if price is None else Reason.NO_RATE
        reasons = {} if price else {"price": Reason.NO_PRICE}
        for name in (name for name, figure in figures.items() if figure is None):
            if name == "average_cost" and not holding.quantity:
                reasons[name] = Reason.NOTHING_HELD
            elif name in _OF_COST:
                reasons[name] = by_cost
            elif name in _OF_VALUE:
                reasons[name] = by_value
            elif name in _OF_BOTH:
                reasons[name] = by_cost if figures["market_value"] is not None else by_value
            else:
                reasons[name] = Reason.NO_RATE
        return reasons


_OF_COST = {
    "cost_basis",
    "cost_basis_quote",
    "average_cost",
    "realised",
    "realised_price",
    "realised_currency",
}
_OF_VALUE = {"market_value", "market_value_quote", "day_change"}
_OF_BOTH = {"unrealised", "unrealised_price", "unrealised_currency"}


def _value(quantity: Decimal, price: PriceUsed | None) -> Decimal | None:
    return None if price is None else quantity * price.price


def _unrealised(holding: Holding, price: PriceUsed | None, rate: Decimal | None) -> dict[str, Decimal | None]:
    """Return value and gain of what is held; nothing held is worth 0, whatever its price."""
    quoted = _value(holding.quantity, price) if holding.quantity else ZERO
    value = times(quoted, rate) if holding.quantity else ZERO
    cost, cost_base = total(lot.cost for lot in holding.lots), total(lot.cost_base for lot in holding.lots)
    by_price, by_rate = gains(value, cost, cost_base, rate) if holding.quantity else (ZERO, ZERO)
    return {
        "market_value": value,
        "market_value_quote": quoted,
        "unrealised": minus(value, cost_base),
        "unrealised_price": by_price,
        "unrealised_currency": by_rate,
    }
