"""Actions that cross the border of a scope: entries of money and units in their place; within `exact()`.

What an instrument outside turns into is bought at what it is worth that day, what one inside turns into is
sold for it; a spin-off pays it out like a dividend. docs/algorithms/scopes.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from market.domain.actions import ActionKind
from portfolios.domain.corporate.moves import Move, entry_of
from portfolios.domain.entries import Entry, EntryKind
from portfolios.domain.exact import ONE, ZERO, exact, share
from portfolios.domain.prices import PriceUsed
from portfolios.domain.scopes import Scope

Worth: TypeAlias = Callable[[Move], PriceUsed | None]


def bounded(moves: Iterable[Move], scope: Scope, worth: Worth) -> list[Entry]:
    """Return what crossing actions do to the ledger of a scope; `worth` is the price of a new unit that day.

    Actions whose instruments are all inside stay actions, and give no entry.
    """
    chosen = scope.instruments
    if chosen is None:
        return []
    found: list[Entry] = []
    with exact():
        for move in moves:
            source, target = move.action.instrument in chosen, move.action.target
            if not source and scope.cash and move.cash:
                found.append(_money(move, EntryKind.DEPOSIT, move.action.currency, move.cash))
            if target is not None and source != (target in chosen):
                crossing = _goes(move, worth(move)) if source else _comes(move, worth(move))
                found.extend(_paid(crossing, move) if scope.cash else crossing)
    return found


def _comes(move: Move, price: PriceUsed | None) -> Iterator[Entry]:
    """Buy the new units, or, where nobody knows what they are worth, let them come in kind."""
    units = move.received - move.fraction
    bought = replace(entry_of(move), instrument=move.action.target, quantity=units)
    if price is None:
        yield replace(bought, kind=EntryKind.TRANSFER_IN, price=None)
    else:
        yield replace(bought, kind=EntryKind.BUY, price=price.price, currency=price.currency)


def _goes(move: Move, price: PriceUsed | None) -> Iterator[Entry]:
    parts = [(move.action.currency, move.cash)] if move.cash else []
    if price is not None:
        parts.append((price.currency, price.price * (move.received - move.fraction)))
    if move.action.kind is ActionKind.SPIN_OFF:
        for currency, amount in parts:
            yield replace(
                entry_of(move), kind=EntryKind.DIVIDEND, quantity=ONE, price=amount, currency=currency
            )
        return
    left = move.quantity
    for number, (currency, amount) in enumerate(parts):
        # all units go; how many go for which part is nobody's business
        units = left if number == len(parts) - 1 else share(move.quantity, ONE, Decimal(len(parts)))
        left -= units
        price_of_one = share(amount, ONE, units)
        yield replace(entry_of(move), quantity=units, price=price_of_one, currency=currency)
    if not parts:
        yield replace(entry_of(move), kind=EntryKind.TRANSFER_OUT, price=None)


def _paid(crossing: Iterable[Entry], move: Move) -> Iterator[Entry]:
    """Yield a crossing of a scope with cash, and the money that makes its units a flow."""
    cash = move.cash if move.action.instrument in _instruments(crossing := list(crossing)) else ZERO
    for entry in crossing:
        yield entry
        if entry.price is None:
            continue
        amount = entry.quantity * entry.price
        if entry.kind is EntryKind.BUY:
            yield _money(move, EntryKind.DEPOSIT, entry.currency, amount)
        elif cash:
            cash = ZERO  # the first part is the cash that the action pays, which stays
        else:
            yield _money(move, EntryKind.WITHDRAWAL, entry.currency, amount)


def _instruments(entries: Iterable[Entry]) -> set[int | None]:
    return {entry.instrument for entry in entries}


def _money(move: Move, kind: EntryKind, currency: str, amount: Decimal) -> Entry:
    return replace(entry_of(move), kind=kind, instrument=None, quantity=amount, price=ONE, currency=currency)
