"""What a line of a statement is the sum of: lots, sales, payments, flows; docs/algorithms/explain.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from portfolios.domain.book import Book, Charge, Disposal, Income, Transfer
from portfolios.domain.entries import Entry, EntryId, EntryKind
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.held import CashGain, LotGain
from portfolios.domain.rates import OWN, Rates, RateUsed
from portfolios.domain.statement import Lines, Statement


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of a figure: `amount`, in the currency of the statement, with the sign it counts with.

    `kind` says what it is. `counted_from` and `value` are what a gain is the difference of (together with
    the other of price and rate). `price` is per unit in the instrument's `currency`, `rate` the currency
    of the statement for one of it; both are those of `day`. `lot_id` is the entry that acquired it.
    """

    kind: str
    amount: Decimal
    instrument: int | None = None
    currency: str = ""
    entry_id: EntryId | None = None
    lot_id: EntryId | None = None
    day: date | None = None
    acquired: date | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    rate: Decimal | None = None
    counted_from: Decimal | None = None
    value: Decimal | None = None


def _opening(found: Statement) -> Iterator[Part]:
    for key, units, price, rate in found.rows.opening:
        worth = units * price * rate
        if isinstance(key, int):
            yield Part("held", worth, key, day=found.start, quantity=units, price=price, rate=rate)
        else:
            yield Part("cash", worth, currency=key, day=found.start, quantity=units, rate=rate)


def _closing(found: Statement) -> Iterator[Part]:
    yield from _lots(found, lambda lot: lot.value)
    yield from _cash(found, lambda one: one.value)


def _lots(found: Statement, amount: Callable[[LotGain], Decimal]) -> Iterator[Part]:
    for one in found.rows.held:
        for lot in one.lots:
            yield Part(
                "lot",
                amount(lot),
                one.instrument,
                lot_id=lot.lot_id,
                day=found.end,
                acquired=lot.acquired,
                quantity=lot.quantity,
                price=one.price,
                rate=one.rate,
                counted_from=lot.start_value,
                value=lot.value,
            )


def _cash(found: Statement, amount: Callable[[CashGain], Decimal]) -> Iterator[Part]:
    for one in found.rows.cash:
        yield Part(
            "cash",
            amount(one),
            currency=one.currency,
            day=found.end,
            quantity=one.amount,
            rate=one.rate if one.amount else None,
            value=one.value,
        )


def _left(found: Statement, gain: Callable[[Disposal | Transfer], Decimal | None]) -> Iterator[Part]:
    """Yield what was sold, lot by lot, and what moved in kind."""
    rows: list[Disposal | Transfer] = [*found.rows.disposals, *found.rows.transfers]
    for row in rows:
        sold = row if isinstance(row, Disposal) else None
        yield Part(
            "transfer" if sold is None else "sale",
            gain(row) or ZERO,
            row.instrument,
            entry_id=row.entry_id,
            lot_id=None if sold is None else sold.lot_id,
            day=row.day,
            acquired=None if sold is None else sold.acquired,
            quantity=row.quantity,
            counted_from=row.cost_base,
            value=row.value_base if isinstance(row, Transfer) else row.proceeds_base,
        )


def _currency(found: Statement) -> Iterator[Part]:
    yield from _lots(found, lambda lot: lot.currency_effect)
    yield from _left(found, lambda row: row.currency_effect)
    yield from _cash(found, lambda one: one.currency_effect)


def _paid(rows: Iterable[Income | Charge]) -> Iterator[Part]:
    for row in rows:
        yield Part(
            row.kind.value,
            row.base or ZERO,
            row.instrument,
            row.currency,
            entry_id=row.entry_id,
            day=row.day,
            quantity=row.amount,
        )


def _charges(found: Statement, kind: EntryKind) -> Iterator[Part]:
    return _paid(row for row in found.rows.charges if row.kind is kind)


def _flows(found: Statement) -> Iterator[Part]:
    for row in found.flows:
        kind = "flow-in-kind" if row.in_kind else "flow"
        yield Part(kind, row.amount or ZERO, entry_id=row.entry_id, day=row.day)


def _gain(found: Statement) -> Iterator[Part]:
    lines = found.lines
    yield Part("unrealised", lines.unrealised)
    yield Part("realised", lines.realised)
    yield Part("income", lines.income)
    yield Part("fees", lines.fees.copy_negate())
    yield Part("taxes", lines.taxes.copy_negate())
    yield Part("currency_effect", lines.currency_effect)


_PARTS: Final[dict[str, Callable[[Statement], Iterator[Part]]]] = {
    "opening_value": _opening,
    "unrealised": lambda found: _lots(found, lambda lot: lot.price_gain),
    "realised": lambda found: _left(found, lambda row: row.price_gain),
    "income": lambda found: _paid(found.rows.incomes),
    "fees": lambda found: _charges(found, EntryKind.FEE),
    "taxes": lambda found: _charges(found, EntryKind.TAX),
    "currency_effect": _currency,
    "net_flows": _flows,
    "closing_value": _closing,
    "gain": _gain,
}
AMOUNTS: Final = tuple(_PARTS)


def parts_of(figure: str, found: Statement) -> list[Part]:
    """Return what a figure of a statement is the exact sum of; what is 0 is left out.

    Raises:
        KeyError: a statement has no such figure.
    """
    with exact():
        return [part for part in _PARTS[figure](found) if part.amount]


def cost_parts(book: Book, day: date) -> list[Part]:
    """Return the lots that are open on `day`, each with what it cost in the currency of the book."""
    return [
        Part(
            "lot",
            lot.cost_base,
            holding.instrument,
            lot_id=lot.entry_id,
            day=day,
            acquired=lot.acquired,
            quantity=lot.quantity,
        )
        for holding in book.holdings.values()
        for lot in holding.lots
        if lot.cost_base
    ]


def figure_of(figure: str, lines: Lines) -> Decimal:
    """Return a figure of a statement by its name."""
    if figure == "gain":
        return lines.gain()
    value: Decimal = getattr(lines, figure.removesuffix("_value"))
    return value


def rate_of(entry: Entry, currency: str, rates: Rates, base: str) -> RateUsed | None:
    """Tell the rate that an entry used for an amount in `currency`, and whose it is.

    Its own rate (source ``own``) wins over the day's. None: no rate is known, or `currency` is `base`.
    """
    if currency == base:
        return None
    if currency == entry.currency and entry.fx_rate is not None:
        return RateUsed(entry.fx_rate, entry.day, OWN)
    return rates.rate(currency, entry.day)
