"""Income: dividends and interest by payment, by month and by instrument; docs/algorithms/income.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portfolios.domain.book import Book, Income
from portfolios.domain.entries import EntryId, EntryKind
from portfolios.domain.exact import ONE, ZERO, exact, minus, plus, share
from portfolios.domain.exact import total as summed
from portfolios.domain.reasons import Figure, Reason


class Payment(NamedTuple):
    """A dividend or interest: `amount` gross in `currency`, the rest in the portfolio's; None: no rate.

    `taxes` and `fees` are those that came with it; ``net == gross - taxes - fees``. Negative gross is
    interest that was paid, or a dividend that was taken back.
    """

    entry_id: EntryId
    day: date
    instrument: int | None
    kind: EntryKind
    currency: str
    amount: Decimal
    gross: Decimal | None
    taxes: Decimal | None
    fees: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class Received:
    """What some payments come to, in the portfolio's currency; None where one of them has no rate."""

    count: int
    gross: Decimal | None
    taxes: Decimal | None
    fees: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class Source:
    """What one instrument (None: cash) paid in a period, beside what is held of it at its end.

    `yield_on_cost` is gross over the cost of what is held, `yield_on_value` over its value there.
    """

    instrument: int | None
    received: Received
    last: date
    cost: Decimal | None
    yield_on_cost: Figure[Decimal]
    yield_on_value: Figure[Decimal]


def payments(book: Book) -> list[Payment]:
    """List what a book received, in order of day, each with the charges of its own entry."""
    with exact():
        charged: dict[tuple[EntryId, EntryKind], Decimal | None] = defaultdict(lambda: ZERO)
        for one in book.charges:
            key = one.entry_id, one.kind
            charged[key] = plus(charged[key], one.base)
        return [
            _payment(one, charged[one.entry_id, EntryKind.TAX], charged[one.entry_id, EntryKind.FEE])
            for one in sorted(book.incomes, key=lambda one: one.day)
        ]


def _payment(one: Income, taxes: Decimal | None, fees: Decimal | None) -> Payment:
    net = minus(minus(one.base, taxes), fees)
    return Payment(
        one.entry_id, one.day, one.instrument, one.kind, one.currency, one.amount, one.base, taxes, fees, net
    )


def total(rows: Iterable[Payment]) -> Received:
    """Sum payments, exactly."""
    found = list(rows)
    with exact():
        gross, taxes, fees = (
            summed(getattr(row, name) for row in found) for name in ("gross", "taxes", "fees")
        )
        return Received(len(found), gross, taxes, fees, minus(minus(gross, taxes), fees))


def by_month(rows: Iterable[Payment]) -> dict[tuple[int, int], Received]:
    """Sum payments by (year, month), in order; months without a payment are not in it."""
    groups: dict[tuple[int, int], list[Payment]] = defaultdict(list)
    for row in rows:
        groups[row.day.year, row.day.month].append(row)
    return {month: total(groups[month]) for month in sorted(groups)}


def by_source(
    rows: Iterable[Payment], held: Mapping[int, tuple[Decimal | None, Decimal | None]]
) -> list[Source]:
    """Sum payments by instrument, the one that paid most first; `held`: its cost and value at the end.

    What is not in `held` is no longer held; its payments have no yield. Cash has none either.
    """
    groups: dict[int | None, list[Payment]] = defaultdict(list)
    for row in rows:
        groups[row.instrument].append(row)
    found = [_source(key, paid, held) for key, paid in groups.items()]
    return sorted(found, key=lambda one: (-(one.received.gross or ZERO), one.instrument or 0))


def _source(
    key: int | None, paid: list[Payment], held: Mapping[int, tuple[Decimal | None, Decimal | None]]
) -> Source:
    received = total(paid)
    last = max(row.day for row in paid)
    if key is None or key not in held:
        nothing: Figure[Decimal] = Figure(None, Reason.NOTHING_HELD)
        return Source(key, received, last, None, nothing, nothing)
    cost, value = held[key]
    return Source(
        key,
        received,
        last,
        cost,
        ratio(received.gross, cost, Reason.UNKNOWN_COST),
        ratio(received.gross, value, Reason.NO_PRICE),
    )


def ratio(part: Decimal | None, whole: Decimal | None, unknown: Reason) -> Figure[Decimal]:
    """Divide income by cost or value; `unknown` is why the latter is not there."""
    if part is None:
        return Figure(None, Reason.NO_RATE)
    if whole is None:
        return Figure(None, unknown)
    if whole <= 0:
        return Figure(None, Reason.NOTHING_HELD)
    with exact():
        return Figure(share(part, ONE, whole))
