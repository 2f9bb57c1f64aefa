"""Moves as rows of the arrays that the daily series are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from market.domain.actions import ActionKind
from portfolios.domain.arrays import CODES, Columns, MoveKind, day_number
from portfolios.domain.corporate.moves import Move
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO


class _Row(NamedTuple):
    move: Move
    kind: EntryKind | MoveKind
    instrument: int
    quantity: Decimal
    price: Decimal | None
    currency: str


def columns(moves: Iterable[Move], instruments: Sequence[int], currencies: Sequence[str]) -> Columns:
    """Return moves as rows in order; `instruments` and `currencies` name the column numbers.

    None of them is a flow over the border: units leave one instrument and come in the other.

    Raises:
        KeyError: a move has an instrument or a currency that is not among them.
    """
    rows = [row for move in moves for row in _rows(move) if row.quantity]
    at = {instrument: number for number, instrument in enumerate(instruments)}
    of = {currency: number for number, currency in enumerate(currencies)}
    nothing = np.zeros(len(rows))
    currency = np.array([of[row.currency] if row.currency else 0 for row in rows], dtype=np.int64)
    return Columns(
        day=np.array([day_number(row.move.ex_date) for row in rows], dtype=np.int64),
        kind=np.array([CODES[row.kind] for row in rows], dtype=np.int64),
        instrument=np.array([at[row.instrument] for row in rows], dtype=np.int64),
        quantity=np.array([row.quantity for row in rows], dtype=np.float64),
        price=np.array([np.nan if row.price is None else row.price for row in rows], dtype=np.float64),
        currency=currency,
        fee=nothing,
        fee_currency=currency,
        tax=nothing,
        tax_currency=currency,
        fx_rate=np.full(len(rows), np.nan),
    )


def _rows(move: Move) -> Iterable[_Row]:
    action = move.action
    if action.kind is ActionKind.DELISTING:
        if action.pays_out:
            yield from _sold(move, action.instrument, move.quantity, action.cash)
        return
    if action.kind is ActionKind.MERGER:
        yield _Row(move, MoveKind.MOVED_OUT, action.instrument, move.quantity, None, action.currency)
        if action.cash is not None:
            yield _Row(
                move, MoveKind.CASH_PAID, action.instrument, move.quantity, action.cash, action.currency
            )
    if action.target is not None:
        price, currency = (move.price.price, move.price.currency) if move.price else (None, "")
        kind = MoveKind.GIVEN if move.given else MoveKind.MOVED_IN
        yield _Row(move, kind, action.target, move.received, price, currency)
    if move.fraction:
        of = action.instrument if action.target is None else action.target
        price = action.cash_in_lieu or ZERO
        yield from _sold(move, of, move.fraction, price)


def _sold(move: Move, instrument: int, quantity: Decimal, price: Decimal | None) -> Iterable[_Row]:
    """Yield what ends for cash; of a short position the units come back, and the cash is paid."""
    currency = move.action.currency
    if quantity > 0:
        yield _Row(move, EntryKind.SELL, instrument, quantity, price, currency)
    else:
        yield _Row(move, MoveKind.MOVED_OUT, instrument, quantity, price, currency)
        yield _Row(move, MoveKind.CASH_PAID, instrument, quantity, price, currency)
