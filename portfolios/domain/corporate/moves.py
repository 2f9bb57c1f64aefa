"""What corporate actions do to the units that a ledger holds, by quantity alone.

Splits of a day come first, then cash for fractions, spin-offs, mergers and delistings, then the day's
entries. One walk serves the fold, the daily series and the checks of what is sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from market.domain.actions import Action, ActionKind
from market.domain.actions import in_order as actions_in_order
from portfolios.domain.entries import Entry, EntryId, EntryKind, Split, in_order
from portfolios.domain.exact import ONE, ZERO, exact, share
from portfolios.domain.lots import met, shortage
from portfolios.domain.prices import TRADE, Prices, PriceUsed, SplitTable

INCOMING = frozenset({EntryKind.BUY, EntryKind.TRANSFER_IN})
OUTGOING = frozenset({EntryKind.SELL, EntryKind.TRANSFER_OUT})
# A hundred-millionth of a unit is what rounding left, not a fraction.
_DUST = Decimal("1E-8")
_MARK = "action:"
# No time zone's day begins earlier than so long before that of UTC.
_EARLIEST = timedelta(hours=14)
Event: TypeAlias = Split | Action


@dataclass(frozen=True, slots=True)
class Move:
    """One action that meets a holding of `quantity` units: `received` new ones, a `fraction` paid out.

    Of a cash payment for a split's fraction, `fraction` is of the instrument itself. `price` is what a new
    unit is worth by the old one's last price, for as long as the market knows no price of it. `given`: the
    old one has a price, and nothing of it goes over.
    """

    action: Action
    quantity: Decimal
    received: Decimal
    fraction: Decimal
    price: PriceUsed | None
    given: bool = False

    @property
    def ex_date(self) -> date:
        """The day at whose start it happens."""
        return self.action.ex_date

    @property
    def cash(self) -> Decimal:
        """What it pays, in the action's currency."""
        action = self.action
        pays = action.kind is ActionKind.MERGER or action.pays_out
        whole = (action.cash or ZERO) * self.quantity if pays else ZERO
        return whole + (action.cash_in_lieu or ZERO) * self.fraction

    @property
    def changes(self) -> list[tuple[int, Decimal]]:
        """By how many units it changes what is held of its instruments."""
        action, found = self.action, list[tuple[int, Decimal]]()
        if action.kind is ActionKind.MERGER or action.pays_out:
            found.append((action.instrument, -self.quantity))
        if action.kind is ActionKind.CASH_IN_LIEU:
            found.append((action.instrument, -self.fraction))
        if action.target is not None:
            found.append((action.target, self.received - self.fraction))
        return found

    @property
    def entry_id(self) -> str:
        """What its disposals and flows are known by: no transaction stands behind them."""
        return f"{_MARK}{self.action.id}"


def entry_of(move: Move) -> Entry:
    """Stand in for the entry that nobody typed, where the till asks for one."""
    day = move.ex_date
    return Entry(
        id=move.entry_id,
        day=day,
        time=datetime(day.year, day.month, day.day, tzinfo=UTC) - _EARLIEST,
        kind=EntryKind.SELL,
        instrument=move.action.instrument,
        quantity=move.quantity,
        price=move.action.cash,
        currency=move.action.currency,
    )


def action_of(entry_id: EntryId) -> str | None:
    """Return the id of the action that a row of a book comes from, None where a transaction made it."""
    found = isinstance(entry_id, str) and entry_id.startswith(_MARK)
    return str(entry_id).removeprefix(_MARK) if found else None


def fraction(units: Decimal) -> Decimal:
    """Return the part of a unit beyond the whole ones; a hundred-millionth is rounding, not a part."""
    part = abs(units) % ONE
    part = ZERO if part < _DUST or ONE - part < _DUST else part
    return part if units >= 0 else -part


def events(splits: Iterable[Split], actions: Iterable[Action]) -> list[Event]:
    """Return splits and actions in the order in which they apply."""
    first: list[Event] = sorted(splits, key=lambda one: (one.ex_date, one.instrument))
    return sorted([*first, *actions_in_order(actions)], key=lambda one: one.ex_date)


def moves(
    entries: Iterable[Entry],
    splits: Sequence[Split],
    actions: Sequence[Action],
    prices: Prices | None = None,
    *,
    until: date | None = None,
    allow_short: bool = False,
) -> list[Move]:
    """Return what the actions up to and including `until` do to the holdings, in order."""
    if not actions:
        return []
    touched = {one.instrument for one in actions} | {one.target for one in actions}
    walk = Walk(splits, actions, prices, allow_short=allow_short)
    with exact():
        for entry in in_order(entry for entry in entries if entry.instrument in touched):
            if until is not None and entry.day > until:
                break
            walk.book(entry)
        walk.reach(until or date.max)
    return walk.moves


class Walk:
    """Units held of several instruments, day by day; within `exact()`."""

    def __init__(
        self,
        splits: Iterable[Split],
        actions: Iterable[Action],
        prices: Prices | None,
        *,
        allow_short: bool = False,
    ) -> None:
        splits = list(splits)
        self._events = events(splits, actions)
        self._table = SplitTable(splits)
        self._prices = prices
        self._allow_short = allow_short
        self._own: dict[int, PriceUsed] = {}
        self._next = 0
        self.held: dict[int, Decimal] = {}
        self.moves: list[Move] = []
        self.missing: dict[EntryId, Decimal] = {}

    def book(self, entry: Entry) -> None:
        """Book an entry; entries come in order. What is sold but not held is `missing`."""
        self.reach(entry.day)
        instrument = entry.instrument
        if instrument is None or entry.quantity <= 0 or entry.kind not in INCOMING | OUTGOING:
            return
        self.held[instrument] = self._moved(entry, self.held.get(instrument, ZERO))
        if entry.price is not None:
            self._own[instrument] = PriceUsed(entry.price, entry.currency, entry.day, TRADE)

    def _moved(self, entry: Entry, held: Decimal) -> Decimal:
        """Return what is held after an entry; below 0 it is sold short."""
        quantity = entry.quantity
        if entry.kind in INCOMING:
            closes = held < 0 and not shortage(held.copy_negate(), quantity)
            return max(held + quantity, ZERO) if closes else held + quantity
        lacking = shortage(quantity, max(held, ZERO))
        if lacking and self._allow_short and entry.kind is EntryKind.SELL:
            return held - quantity
        if lacking:
            self.missing[entry.id] = lacking
        return max(held - quantity, min(held, ZERO))

    def reach(self, day: date) -> None:
        """Let everything happen whose ex-date is `day` or before it."""
        while self._next < len(self._events) and self._events[self._next].ex_date <= day:
            event = self._events[self._next]
            self._next += 1
            held = self.held.get(event.instrument, ZERO)
            if not held:
                continue
            if isinstance(event, Split):
                self.held[event.instrument] = share(
                    held, Decimal(event.numerator), Decimal(event.denominator)
                )
            else:
                self._act(event, held)

    def _act(self, action: Action, held: Decimal) -> None:
        received = ZERO
        if action.target is not None:
            received = share(held, Decimal(action.numerator), Decimal(action.denominator))
        whole = held if action.kind is ActionKind.CASH_IN_LIEU else received
        paid_out = ZERO if action.cash_in_lieu is None else fraction(whole)
        given = action.cost_share == 0 and action.target is not None and self._used(action) is not None
        move = Move(action, held, received, paid_out, self._worth(action), given)
        for instrument, units in move.changes:
            self.held[instrument] = met(self.held.get(instrument, ZERO), units)
        if action.target is not None and move.price is not None:
            self._own[action.target] = move.price
        self.moves.append(move)

    def _used(self, action: Action) -> PriceUsed | None:
        """Return the last price of the old one before the day."""
        eve = action.ex_date - timedelta(days=1)
        found = None if self._prices is None else self._prices.price(action.instrument, eve)
        return found or self._own.get(action.instrument)

    def _worth(self, action: Action) -> PriceUsed | None:
        """Return what a new unit is worth by the last price of the old one before the day."""
        if action.target is None:
            return None
        used = self._used(action)
        part = ONE if action.cost_share is None else action.cost_share
        if used is None or not part:
            return None
        old = self._table.carried(used.price, action.instrument, used.as_of, action.ex_date)
        price = share(old * part, Decimal(action.denominator), Decimal(action.numerator))
        return PriceUsed(price, used.currency, action.ex_date, TRADE) if price else None
