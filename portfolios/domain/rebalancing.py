"""Targets, drift, and the trades that lead back to the targets; docs/algorithms/rebalancing.md.

All amounts are in the portfolio's currency. Charges of the trades are not foreseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final

from core.money import round_parts
from portfolios.domain.exact import ONE, PLACES, ZERO, exact, share

# Cash is a group of its own in every grouping; NONE is what has no country, sector and the like.
CASH: Final = "(cash)"
NONE: Final = "(none)"
# Weights are fractions with four decimals: hundredths of a percent.
WEIGHT_PLACES: Final = 4


class Funding(StrEnum):
    """What may pay for purchases: new money, also cash above its target, also sales."""

    NEW_MONEY = "new-money"
    CASH = "cash"
    TRADES = "trades"


@dataclass(frozen=True, slots=True)
class Asset:
    """What is held or may be bought: `units` of it at `price` each (> 0); only multiples of `lot` trade."""

    key: int
    group: str
    units: Decimal
    price: Decimal
    lot: Decimal

    @property
    def value(self) -> Decimal:
        """What the units are worth; to be read in `exact`."""
        return self.units * self.price

    @property
    def step(self) -> Decimal:
        """What one lot costs; to be read in `exact`."""
        return self.lot * self.price


@dataclass(frozen=True, slots=True)
class Drift:
    """A group beside its target: `drift` is weight − target, `gap` what is missing to it (− too much).

    Weights are fractions of all that is held and cash; they add up to exactly 1. None: all of it
    together is worth nothing.
    """

    group: str
    value: Decimal
    target: Decimal
    weight: Decimal | None
    drift: Decimal | None
    gap: Decimal


@dataclass(frozen=True, slots=True)
class Trade:
    """One order: `units` and `amount` are positive for a purchase and negative for a sale."""

    key: int
    group: str
    units: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a plan is to do: `targets` are fractions that add up to 1; a group without one has 0.

    `new_money` (≥ 0) comes on top of the cash. `bought` names what to buy for a group, by its key;
    for others the purchase is spread over what is held of them, by value.
    """

    targets: Mapping[str, Decimal]
    funding: Funding
    new_money: Decimal = ZERO
    bought: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The trades, and every group before (new money aside) and after them.

    ``cash_after == cash + new money + proceeds − spent``. `unplaced`: groups that are below their
    target and of which nothing is known to buy.
    """

    before: list[Drift]
    after: list[Drift]
    trades: list[Trade]
    proceeds: Decimal
    spent: Decimal
    cash_after: Decimal
    unplaced: list[str]


def drifts(assets: Iterable[Asset], cash: Decimal, targets: Mapping[str, Decimal]) -> list[Drift]:
    """Compare every group that is held or wanted with its target, the largest target first."""
    with exact():
        values = _values(assets, cash, targets)
        total = sum(values.values(), ZERO)
        groups = sorted(values, key=lambda one: (-targets.get(one, ZERO), -values[one], one))
        weights: list[Decimal] | None = None
        if total > 0:
            parts = [share(values[one], ONE, total) for one in groups]
            weights = round_parts(parts, WEIGHT_PLACES, ONE)
        return [
            _drift(one, values[one], targets.get(one, ZERO), total, weights[at] if weights else None)
            for at, one in enumerate(groups)
        ]


def _drift(group: str, value: Decimal, target: Decimal, total: Decimal, weight: Decimal | None) -> Drift:
    drift = None if weight is None else weight - target
    return Drift(group, value, target, weight, drift, target * max(total, ZERO) - value)


def _values(assets: Iterable[Asset], cash: Decimal, targets: Mapping[str, Decimal]) -> dict[str, Decimal]:
    values = dict.fromkeys(targets, ZERO)
    values[CASH] = cash
    for one in assets:
        values[one.group] = values.get(one.group, ZERO) + one.value
    return values


def plan(assets: Sequence[Asset], cash: Decimal, wishes: Wishes) -> Plan:
    """Plan the trades that bring the groups closest to their targets with what may be spent.

    Money goes to the groups that lack most until they lack equally much, so that the largest gap that
    is left is as small as it can be; what is too dear for another lot stays cash. No more is spent than
    new money, cash and proceeds are together, and no more sold than is held.
    """
    with exact():
        values = _values(assets, cash, wishes.targets)
        total = max(sum(values.values(), ZERO) + wishes.new_money, ZERO)
        gaps = {group: wishes.targets.get(group, ZERO) * total - value for group, value in values.items()}
        sales = _sales(assets, gaps) if wishes.funding is Funding.TRADES else {}
        proceeds = sum((sales[one.key] * one.price for one in assets if one.key in sales), ZERO)
        stock = _stock(assets, wishes)
        pot = _pot(cash, gaps[CASH], proceeds, wishes)
        wanted = {one: gap for one, gap in gaps.items() if gap > 0 and one in stock}
        wanted[CASH] = max(gaps[CASH] + min(cash, ZERO), ZERO)
        purchases = _purchases(stock, wanted, pot)
        trades = _trades(assets, sales, purchases)
        spent = sum((one.amount for one in trades if one.amount > 0), ZERO)
        left = cash + wishes.new_money + proceeds - spent
        moved = {one.key: one.units for one in trades}
        held = [replace(one, units=one.units + moved.get(one.key, ZERO)) for one in assets]
        return Plan(
            before=drifts(assets, cash, wishes.targets),
            after=drifts(held, left, wishes.targets),
            trades=trades,
            proceeds=proceeds,
            spent=spent,
            cash_after=left,
            unplaced=sorted(one for one, gap in gaps.items() if gap > 0 and one != CASH and one not in stock),
        )


def _pot(cash: Decimal, gap: Decimal, proceeds: Decimal, wishes: Wishes) -> Decimal:
    """Tell what may be spent, a target for cash aside; what is owed is paid back first."""
    free = ZERO if wishes.funding is Funding.NEW_MONEY else max(-gap, ZERO)
    there = cash + wishes.new_money + proceeds
    return max(min(wishes.new_money + proceeds + free, there), ZERO)


def _stock(assets: Sequence[Asset], wishes: Wishes) -> dict[str, list[tuple[Asset, Decimal]]]:
    """List what to buy for each group, with its part of the purchase."""
    chosen = wishes.bought or {}
    stock: dict[str, list[tuple[Asset, Decimal]]] = {}
    for one in assets:
        if one.group in chosen:
            if one.key == chosen[one.group]:
                stock[one.group] = [(one, ONE)]
        elif one.units > 0:
            stock.setdefault(one.group, []).append((one, one.value))
    return stock


def _sales(assets: Sequence[Asset], gaps: Mapping[str, Decimal]) -> dict[int, Decimal]:
    """Tell the units to sell of what is above its target: spread by value, in whole lots."""
    groups: dict[str, list[tuple[Asset, Decimal]]] = {}
    for one in assets:
        if one.units > 0 and gaps[one.group] < 0:
            groups.setdefault(one.group, []).append((one, one.value))
    return {
        key: units
        for group, parts in groups.items()
        for key, units in _in_lots(parts, -gaps[group], held_only=True).items()
    }


def _purchases(
    stock: Mapping[str, list[tuple[Asset, Decimal]]], wanted: dict[str, Decimal], pot: Decimal
) -> dict[int, Decimal]:
    """Tell the units to buy for the groups in want: each its part of the pot, the rest lot by lot."""
    level = _level(list(wanted.values()), pot)
    left = pot - min(max(wanted[CASH] - level, ZERO), pot)
    groups = sorted((one for one in wanted if one != CASH), key=lambda one: (-wanted[one], one))
    bought: dict[int, Decimal] = {}
    lacking = dict(wanted)
    for group in groups:
        part = min(max(wanted[group] - level, ZERO), left)
        found = _in_lots(stock[group], part)
        spent = sum((found[one.key] * one.price for one, _ in stock[group] if one.key in found), ZERO)
        bought |= found
        lacking[group] -= spent
        left -= spent
    return _topped_up(stock, groups, lacking, bought, left)


def _topped_up(
    stock: Mapping[str, list[tuple[Asset, Decimal]]],
    groups: list[str],
    lacking: dict[str, Decimal],
    bought: dict[int, Decimal],
    left: Decimal,
) -> dict[int, Decimal]:
    """Spend what rounding left over, each time where most is lacking and another lot helps."""
    waiting = [one for group in groups for one, _ in stock[group]]
    while waiting:
        waiting.sort(key=lambda one: (-lacking[one.group], one.step, one.key))
        one = waiting.pop(0)
        lots = _nearest(lacking[one.group], one.step, left)
        if lots > 0:
            bought[one.key] = bought.get(one.key, ZERO) + lots * one.lot
            lacking[one.group] -= lots * one.step
            left -= lots * one.step
    return bought


def _level(wants: list[Decimal], pot: Decimal) -> Decimal:
    """Tell the want that stays for each when the pot is filled in from the largest want down."""
    ordered = sorted(wants, reverse=True)
    filled = ZERO
    for at, want in enumerate(ordered, start=1):
        filled += want
        level = ((filled - pot) / at).quantize(PLACES, rounding=ROUND_CEILING)
        if level >= (ordered[at] if at < len(ordered) else ZERO):
            return max(level, ZERO)
    return ZERO


def _in_lots(
    parts: Sequence[tuple[Asset, Decimal]], amount: Decimal, *, held_only: bool = False
) -> dict[int, Decimal]:
    """Split an amount over assets by their parts, in whole lots; what rounding leaves goes to the cheapest.

    Purchases cost no more than the amount; sales (`held_only`) come as close to it as lots allow.
    """
    whole = sum((part for _, part in parts), ZERO)
    lots: dict[int, Decimal] = {}
    rest = amount
    for one, part in parts:
        count = (amount * part / whole) // one.step
        lots[one.key] = min(count, one.units // one.lot) if held_only else count
        rest -= lots[one.key] * one.step
    for one, _ in sorted(parts, key=lambda part: (part[0].step, part[0].key)):
        most = one.value - lots[one.key] * one.step if held_only else rest
        more = _nearest(rest, one.step, most)
        lots[one.key] += more
        rest -= more * one.step
    return {one.key: lots[one.key] * one.lot for one, _ in parts if lots[one.key] > 0}


def _nearest(amount: Decimal, step: Decimal, most: Decimal) -> Decimal:
    """Tell how many lots come closest to an amount and cost no more than `most`."""
    if amount <= 0 or most < step:
        return ZERO
    lots = amount // step
    if (amount - lots * step) * 2 > step:
        lots += 1
    return min(lots, most // step)


def _trades(
    assets: Iterable[Asset], sales: Mapping[int, Decimal], purchases: Mapping[int, Decimal]
) -> list[Trade]:
    trades = []
    for one in assets:
        units = purchases.get(one.key, ZERO) - sales.get(one.key, ZERO)
        if units:
            trades.append(Trade(one.key, one.group, units, units * one.price))
    return sorted(trades, key=lambda one: one.amount)
