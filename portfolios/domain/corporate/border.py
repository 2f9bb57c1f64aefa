"""Actions that cross the border of a scope: entries of money and units in their place; within `exact()`.

What an instrument outside turns into is bought at what it is worth that day, what one inside turns into is
sold for it; of a spin-off the new units come or go in kind. docs/algorithms/scopes.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

from market.domain.actions import Action, ActionKind
from portfolios.domain.corporate.moves import Move, entry_of
from portfolios.domain.entries import CarriedLot, Entry, EntryKind
from portfolios.domain.exact import ONE, exact, share
from portfolios.domain.prices import PriceUsed
from portfolios.domain.scopes import Scope

Worth: TypeAlias = Callable[[Move], PriceUsed | None]
Carried: TypeAlias = Callable[[Move], Sequence[CarriedLot]]


def stays(action: Action, scope: Scope) -> bool:
    """Tell whether an action is one of the scope's own ledger too.

    That of a parent inside is, wherever its spin-off goes: what the child takes of the cost leaves with it.
    """
    chosen = scope.instruments
    if chosen is None:
        return True
    to_inside = action.target is None or action.target in chosen
    return action.instrument in chosen and (to_inside or action.kind is ActionKind.SPIN_OFF)


def bounded(moves: Iterable[Move], scope: Scope, worth: Worth, carried: Carried) -> list[Entry]:
    """Return what crossing actions do to the ledger of a scope.

    `worth` is the price of a new unit that day, `carried` the lots that a spin-off gives. Actions whose
    instruments are all inside stay actions, and give no entry.
    """
    chosen = scope.instruments
    if chosen is None:
        return []
    found: list[Entry] = []
    with exact():
        for move in moves:
            source, target = move.action.instrument in chosen, move.action.target
            if not source and scope.cash and move.cash:
                found.append(_money(move, move.action.currency, move.cash))
            if target is not None and source != (target in chosen):
                found.extend(_crossing(move, worth(move), scope, carried, goes=source))
    return found


def _crossing(
    move: Move, price: PriceUsed | None, scope: Scope, carried: Carried, *, goes: bool
) -> Iterable[Entry]:
    units = move.received - move.fraction
    if move.action.kind is not ActionKind.SPIN_OFF:
        traded = _sold(move, price, scope) if goes else _traded(move, units, price, scope)
    elif goes:
        traded = _in_kind(move, -units, price, ())
    elif units > 0:
        traded = _in_kind(move, units, price, carried(move))
    else:
        traded = _traded(move, units, price, scope)
    return traded


def _in_kind(
    move: Move, units: Decimal, price: PriceUsed | None, lots: Sequence[CarriedLot]
) -> Iterator[Entry]:
    """Let units of the target come (positive) or go."""
    entry = entry_of(move)._replace(
        kind=EntryKind.TRANSFER_IN if units > 0 else EntryKind.TRANSFER_OUT,
        instrument=move.action.target,
        quantity=abs(units),
        price=None,
        carried=tuple(lots),
    )
    if units:
        yield entry if price is None else entry._replace(price=price.price, currency=price.currency)


def _traded(move: Move, units: Decimal, price: PriceUsed | None, scope: Scope) -> Iterator[Entry]:
    """Buy units of the target (negative: sell short), with money from outside; in kind without a price."""
    if price is None:
        yield from _in_kind(move, units, price, ())
        return
    kind = EntryKind.BUY if units > 0 else EntryKind.SELL
    amount = units * price.price
    yield entry_of(move)._replace(
        kind=kind,
        instrument=move.action.target,
        quantity=abs(units),
        price=price.price,
        currency=price.currency,
    )
    if scope.cash:
        yield _money(move, price.currency, amount)


def _sold(move: Move, price: PriceUsed | None, scope: Scope) -> Iterator[Entry]:
    """Sell all units (of a short position: buy them back) for what the new ones are worth, and the cash.

    The cash stays where the scope has some, the rest goes outside.
    """
    away = [] if price is None else [(price.currency, price.price * (move.received - move.fraction))]
    parts = ([(move.action.currency, move.cash)] if move.cash else []) + away
    left = move.quantity
    for number, (currency, amount) in enumerate(parts):
        # all units go; how many go for which part is nobody's business
        units = left if number == len(parts) - 1 else share(move.quantity, ONE, Decimal(len(parts)))
        left -= units
        yield entry_of(move)._replace(
            kind=EntryKind.SELL if units > 0 else EntryKind.BUY,
            quantity=abs(units),
            price=share(amount, ONE, units),
            currency=currency,
        )
    if not parts:
        kind = EntryKind.TRANSFER_OUT if left > 0 else EntryKind.TRANSFER_IN
        yield entry_of(move)._replace(kind=kind, quantity=abs(left), price=None)
    if scope.cash:
        for currency, amount in away:
            yield _money(move, currency, -amount)


def _money(move: Move, currency: str, amount: Decimal) -> Entry:
    kind = EntryKind.DEPOSIT if amount > 0 else EntryKind.WITHDRAWAL
    return entry_of(move)._replace(
        kind=kind, instrument=None, quantity=abs(amount), price=ONE, currency=currency
    )
