"""Units that an action brings where the opposite is open: both close, as by a purchase or a sale."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from portfolios.domain.book import Disposal
from portfolios.domain.corporate.moves import Move, entry_of
from portfolios.domain.exact import ONE, ZERO, minus, times
from portfolios.domain.lots import Lot, LotQueue, met
from portfolios.domain.state import Position
from portfolios.domain.till import Till

Pair: TypeAlias = tuple[Lot, Lot]


def received(move: Move, target: Position, pocket: LotQueue, till: Till) -> list[Disposal]:
    """Let new lots close what is open the other way round; the rest stands among what is held."""
    pairs = netted(target.queue, pocket)
    rate = till.day_rate(entry_of(move), target.currency) if pairs else None
    target.queue.receive(pocket.drain())
    return [closed(pair, move, target.instrument, rate) for pair in pairs]


def netted(held: LotQueue, coming: LotQueue) -> list[Pair]:
    """Take out of both what meets: pairs of an open lot and what closes it, units of opposite sign.

    Both give their lots in the order of their method. Nothing where both are long, or both short.
    """
    if held.quantity * coming.quantity >= 0:
        return []
    sizes = held.quantity.copy_abs(), coming.quantity.copy_abs()
    if met(held.quantity, coming.quantity):
        sizes = min(sizes), min(sizes)
    return _paired(held.take(sizes[0]), coming.take(sizes[1]))


def _paired(opened: list[Lot], closing: list[Lot]) -> list[Pair]:
    pairs: list[Pair] = []
    while opened and closing:
        one, other = opened[0], closing[0]
        size = min(one.quantity.copy_abs(), other.quantity.copy_abs())
        pairs.append((_taken(opened, size), _taken(closing, size)))
    for side, rest in enumerate((opened, closing)):
        for lot in rest:  # what rounding left goes with the last piece, and its cost with it
            last = list(pairs[-1])
            last[side] = last[side].joined(lot)
            pairs[-1] = last[0], last[1]
    return pairs


def _taken(lots: list[Lot], size: Decimal) -> Lot:
    if lots[0].quantity.copy_abs() == size:
        return lots.pop(0)
    piece, lots[0] = lots[0].parted(size.copy_sign(lots[0].quantity))
    return piece


def closed(pair: Pair, move: Move, instrument: int, rate: Decimal | None) -> Disposal:
    """Return the disposal of an open lot for what the units that close it cost, or had brought.

    `rate` is that of the instrument's currency on the day: what the price did to both is told at it, and
    what the rate did to both since they were opened is the currency effect.
    """
    lot, other = pair
    proceeds, base = times(other.cost, -ONE), times(other.cost_base, -ONE)
    gain = minus(base, lot.cost_base)
    by_price = times(minus(proceeds, lot.cost), rate)
    return Disposal(
        move.entry_id,
        instrument,
        move.ex_date,
        lot.quantity,
        proceeds,
        base,
        lot.entry_id,
        lot.acquired,
        lot.cost,
        lot.cost_base,
        by_price,
        minus(gain, by_price),
        lot.charges,
        other.charges or ZERO,
    )
