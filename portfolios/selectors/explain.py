"""What figures of any scope are made of, with the prices and rates that were used."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.money import round_parts
from portfolios.domain import explain
from portfolios.domain.entries import Entry, EntryId
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.explain import Part
from portfolios.domain.prices import TRADE, PriceUsed
from portfolios.domain.rates import RateUsed
from portfolios.domain.scopes import Crossing
from portfolios.selectors.figures import Period, book, once, state
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.reports import Report, crossings, filled, statement

COST: Final = "cost"
AMOUNTS: Final = (*explain.AMOUNTS, COST)
PLACES: Final = 18


@dataclass(frozen=True, slots=True)
class Told:
    """A part of a figure, as it is shown: `amount` is rounded so that all of them add up.

    `ledger` is the one it is of (None: what happened between portfolios). `price` and `rate` are those
    that were used, with their days and sources; `entry` is the transaction that it comes from.
    """

    part: Part
    amount: Decimal
    ledger: Ledger | None = None
    entry: Entry | None = None
    price: PriceUsed | None = None
    rate: RateUsed | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure of a period and all that it is the sum of, in the currency of the report."""

    figure: str
    period: Period
    value: Decimal
    parts: list[tuple[Ledger | None, Part, Decimal]]

    def page(self, skip: int, limit: int) -> list[Told]:
        """Tell some of the parts with their prices and rates."""
        return [_told(*one) for one in self.parts[skip : skip + limit]]


def explained(found: Report, figure: str, period: Period) -> Explanation:
    """Answer what a figure is the sum of; what has more than 18 places is rounded so that it adds up.

    Raises:
        KeyError: there is no such figure.
    """
    if figure == COST:
        parts: list[tuple[Ledger | None, Part]] = [
            (one, part)
            for one in filled(found)
            for part in explain.cost_parts(book(one, period.end), period.end)
        ]
        with exact():
            value = sum((part.amount for _one, part in parts), ZERO)
    else:
        parts = _of_statement(found, figure, period)
        value = explain.figure_of(figure, statement(found, period).lines.rounded(PLACES))
    shown = round_parts([part.amount for _one, part in parts], PLACES, value) if parts else []
    rows = [(*one, amount) for one, amount in zip(parts, shown, strict=True)]
    return Explanation(figure, period, sum(shown, ZERO), rows)


def _of_statement(found: Report, figure: str, period: Period) -> list[tuple[Ledger | None, Part]]:
    ledgers = filled(found)
    if figure == "gain":
        return [(None, part) for part in explain.parts_of(figure, statement(found, period))]
    inside = crossings(found, period.end) if len(ledgers) > 1 else []
    stays = {(one.entry_id, one.amount) for one in inside}
    parts: list[tuple[Ledger | None, Part]] = [
        (one, part)
        for one in ledgers
        for part in explain.parts_of(figure, state(one, period))
        if figure != "net_flows" or (part.entry_id, part.amount) not in stays
    ]
    return parts + [(None, part) for part in _on_the_way(inside, figure, period)]


def _on_the_way(inside: list[Crossing], figure: str, period: Period) -> list[Part]:
    """List what was earned or lost between two portfolios of a group; see `summed_statement`."""
    found = []
    with exact():
        for left, came in zip(inside[::2], inside[1::2], strict=True):
            line = "realised" if came.in_kind else "currency_effect"
            amount = left.amount + came.amount
            if line == figure and amount and period.start < came.day <= period.end:
                found.append(Part("on-the-way", amount, entry_id=came.entry_id, day=came.day))
    return found


def _told(ledger: Ledger | None, part: Part, amount: Decimal) -> Told:
    if ledger is None:
        return Told(part, amount)
    same = _entries(ledger).get(part.entry_id, []) if part.entry_id is not None else []
    # an entry of which only the money is in the scope has become one for each of its currencies
    entry = same[0] if len(same) == 1 else None
    return Told(part, amount, ledger, entry, _price(ledger, part), _rate(ledger, part, entry))


def _entries(ledger: Ledger) -> dict[EntryId, list[Entry]]:
    return once(ledger, "by_id", lambda: _by_id(ledger))


def _by_id(ledger: Ledger) -> dict[EntryId, list[Entry]]:
    found: dict[EntryId, list[Entry]] = defaultdict(list)
    for entry in ledger.entries:
        found[entry.id].append(entry)
    return dict(found)


def _price(ledger: Ledger, part: Part) -> PriceUsed | None:
    """Tell the price per unit that valued a part, in the units of its day, and of which day it is."""
    if part.price is None or part.instrument is None or part.day is None:
        return None
    used = ledger.price(part.instrument, part.day)
    if used is None:
        holding = book(ledger, part.day).holdings.get(part.instrument)
        used = holding.own_price if holding else None
    currency = ledger.instruments[part.instrument].currency
    return PriceUsed(part.price, currency, used.as_of if used else part.day, used.source if used else TRADE)


def _rate(ledger: Ledger, part: Part, entry: Entry | None) -> RateUsed | None:
    """Tell the rate that was used; None for the currency of the report itself."""
    if entry is not None:
        return explain.rate_of(entry, part.currency or entry.currency, ledger.rates, ledger.base)
    if part.rate is None or part.day is None:
        return None
    currency = part.currency or (
        ledger.instruments[part.instrument].currency if part.instrument is not None else ledger.base
    )
    return None if currency == ledger.base else ledger.rates.rate(currency, part.day)


@dataclass(frozen=True, slots=True)
class EntryRate:
    """The rate that a transaction in a foreign currency used: its own, or the last one known that day."""

    transaction: UUID
    day: date
    currency: str
    used: RateUsed


def rates_used(ledger: Ledger, day: date) -> list[EntryRate]:
    """List the rates that the transactions until a day used, in booking order."""
    used = book(ledger, day).rates_used
    return [
        EntryRate(UUID(str(entry.id)), entry.day, entry.currency, used[entry.id])
        for entry in ledger.entries
        if entry.id in used
    ]
