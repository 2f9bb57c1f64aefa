"""Daily value of a portfolio as arrays: no Python loop over days × instruments.

Quantities are kept in units before all splits and prices in the same units, so their product is
the value of a day whatever was split in between. float64: for charts, returns and risk; money
that is shown for a date comes from the ledger in decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from portfolios.domain.arrays import (
    CODES,
    NO_SPLITS,
    Bools,
    Columns,
    Floats,
    Ints,
    LastKnown,
    MoveKind,
    Points,
    SplitPoints,
    last_known,
)
from portfolios.domain.entries import EntryKind

# Sums of floats leave dust where decimals leave nothing: below this share of the largest it is zero.
_DUST = 1e-11
# What lacks of a sale, or of a purchase that closes a short position, is rounding up to this share of it.
_ROUNDED = 1e-8
_CASH_SIGN = {
    EntryKind.BUY: -1.0,
    EntryKind.SELL: 1.0,
    EntryKind.DEPOSIT: 1.0,
    EntryKind.WITHDRAWAL: -1.0,
    EntryKind.DIVIDEND: 1.0,
    EntryKind.INTEREST: 1.0,
    EntryKind.FEE: -1.0,
    EntryKind.TAX: -1.0,
    EntryKind.TRANSFER_IN: 0.0,
    EntryKind.TRANSFER_OUT: 0.0,
    MoveKind.MOVED_IN: 0.0,
    MoveKind.MOVED_OUT: 0.0,
    MoveKind.GIVEN: 0.0,
    MoveKind.CASH_PAID: 1.0,
}
_UNIT_SIGN = {
    EntryKind.BUY: 1.0,
    EntryKind.SELL: -1.0,
    EntryKind.TRANSFER_IN: 1.0,
    EntryKind.TRANSFER_OUT: -1.0,
    MoveKind.MOVED_IN: 1.0,
    MoveKind.MOVED_OUT: -1.0,
    MoveKind.GIVEN: 1.0,
}
_CASH = np.array([_CASH_SIGN[kind] for kind in CODES])
_UNITS = np.array([_UNIT_SIGN.get(kind, 0.0) for kind in CODES])
_MOVED = np.array([kind in (MoveKind.MOVED_IN, MoveKind.MOVED_OUT, MoveKind.GIVEN) for kind in CODES])
_EXTERNAL = np.array([kind in (EntryKind.DEPOSIT, EntryKind.WITHDRAWAL) for kind in CODES])
_IN_KIND = np.array([kind in (EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT) for kind in CODES])


@dataclass(frozen=True, slots=True)
class Market:
    """What is known of the market: raw `prices`, `rates` into base currency, `splits`.

    `quote`: the currency column of each instrument, shape (instruments,). `base`: the currency
    column of the portfolio; its rate is 1. `currencies`: how many there are.
    """

    prices: Points
    rates: Points
    quote: Ints
    base: int
    currencies: int
    splits: SplitPoints = NO_SPLITS


@dataclass(frozen=True, slots=True)
class MarketDays:
    """What the market says of each day from number `first` to `last`, both included.

    Shapes (days, instruments): `quoted`, prices in base currency and pre-split units, NaN where none is
    known; `as_of`, the number of the day each is of, -1 for none; `units`, those of the day for one before
    all splits. `rates`, (days, currencies), into base currency.
    """

    first: int
    last: int
    quoted: Floats
    as_of: Ints
    units: Floats
    rates: Floats


def market_days(market: Market, first: int, last: int) -> MarketDays:
    """Lay a market out day by day; the same serves every ledger in it."""
    length, points, splits = last - first + 1, market.prices, market.splits
    rates = last_known(first, length, market.currencies, market.rates.day, market.rates.column).of(
        market.rates.value
    )
    rates[:, market.base] = 1.0
    known = last_known(first, length, len(market.quote), points.day, points.column)
    unsplit = points.value * splits.units(points.day, points.column)
    every = np.meshgrid(np.arange(first, last + 1), np.arange(len(market.quote)), indexing="ij")
    return MarketDays(
        first=first,
        last=last,
        quoted=known.of(unsplit) * rates[:, market.quote],
        as_of=_days(known, points.day),
        units=splits.units(*every),
        rates=rates,
    )


@dataclass(frozen=True, slots=True)
class ValueSeries:
    """A portfolio day by day; base currency, end of day.

    Shapes: (days,), and (days, instruments) for `values`, `quantities` (in units of the day) and
    `price_as_of` (day number of the price used, -1 none). `inflow` (start of its day) and `outflow`
    (end of its day) are both positive. `incomplete`: something held or moved has no price or no rate
    that day; its value is left out, and counts as an inflow on the day it becomes known. `quoted`:
    something held has a price of that very day.
    """

    days: Ints
    value: Floats
    cash: Floats
    inflow: Floats
    outflow: Floats
    incomplete: Bools
    quoted: Bools
    values: Floats
    quantities: Floats
    price_as_of: Ints


@dataclass(frozen=True, slots=True)
class _Window:
    """The days of a series and where each entry falls on them."""

    first: int
    length: int
    rows: Ints

    def summed(self, column: Ints, weights: Floats, width: int, mask: Bools | None = None) -> Floats:
        """Sum weights into a (days, width) matrix."""
        rows = self.rows
        if mask is not None:
            rows, column, weights = rows[mask], column[mask], weights[mask]
        flat = np.bincount(rows * width + column, weights=weights, minlength=self.length * width)
        return flat.astype(np.float64, copy=False).reshape(self.length, width)

    def per_day(self, weights: Floats) -> Floats:
        """Sum weights into (days,); unknown (NaN) counts for nothing."""
        sums = np.bincount(self.rows, weights=np.nan_to_num(weights), minlength=self.length)
        return sums.astype(np.float64, copy=False)


def value_series(
    ledger: Columns,
    market: Market,
    first: int,
    last: int,
    *,
    tracks_cash: bool = True,
    allow_short: bool = False,
    laid_out: MarketDays | None = None,
) -> ValueSeries:
    """Value a ledger on every day from `first` to `last` (day numbers, both included).

    `laid_out`: the market of the same days, where somebody has it.

    Entries before `first` make up its opening value; their flows, and those of `first` itself, lie
    before the period ``(first, last]``.
    """
    ledger = _usable(ledger, last)
    window = _Window(first, last - first + 1, np.clip(ledger.day - first, 0, None))
    laid_out = laid_out or market_days(market, first, last)
    rates = laid_out.rates
    prices, price_as_of = _prices(ledger, market, window, laid_out)
    units = _units(ledger, market, window, allow_short=allow_short)
    held = units != 0
    values = np.where(held & ~np.isnan(prices), units * prices, 0.0)
    cash = _cash(ledger, market, window) if tracks_cash else np.zeros((window.length, market.currencies))
    cash_value = np.where((cash != 0) & ~np.isnan(rates), cash * rates, 0.0)
    flows = _Flows(ledger, market, window, rates, prices)
    inflow, outflow = flows.tracked() if tracks_cash else flows.implied()
    inflow += _joined(units, prices) + _joined(cash, rates)
    return ValueSeries(
        days=np.arange(first, last + 1),
        value=values.sum(axis=1) + cash_value.sum(axis=1),
        cash=cash_value.sum(axis=1),
        inflow=inflow,
        outflow=outflow,
        incomplete=(held & np.isnan(prices)).any(axis=1)
        | ((cash != 0) & np.isnan(rates)).any(axis=1)
        | flows.unknown(tracks_cash=tracks_cash),
        quoted=(held & (price_as_of == np.arange(first, last + 1)[:, None])).any(axis=1),
        values=values,
        quantities=units * laid_out.units,
        price_as_of=price_as_of,
    )


def _usable(ledger: Columns, last: int) -> Columns:
    """Leave out what comes later, and trades without a quantity, as the fold does."""
    trades = (_UNITS[ledger.kind] != 0) & ~_MOVED[ledger.kind]
    keep = (ledger.day <= last) & (~trades | ((ledger.quantity > 0) & (ledger.instrument >= 0)))
    if keep.all():
        return ledger
    return Columns(*(getattr(ledger, name)[keep] for name in Columns.__slots__))


def _prices(ledger: Columns, market: Market, window: _Window, laid_out: MarketDays) -> tuple[Floats, Ints]:
    """Return prices as in `laid_out`, and the day each is of; where none is known, those of own trades."""
    traded = np.flatnonzero((_UNITS[ledger.kind] != 0) & ~np.isnan(ledger.price))
    lacking = np.flatnonzero((laid_out.as_of < 0).any(axis=1))
    if not len(lacking) or not len(traded):
        return laid_out.quoted, laid_out.as_of
    # mostly the days before the first close of one or the other
    length = int(lacking[-1]) + 1
    unknown, quoted, as_of = laid_out.as_of[:length] < 0, laid_out.quoted.copy(), laid_out.as_of.copy()
    own = last_known(window.first, length, len(market.quote), ledger.day[traded], ledger.instrument[traded])
    own_price = ledger.price * market.splits.units(ledger.day, ledger.instrument)
    currency = np.where(own.known(), ledger.currency[traded][own.at], 0)
    own_quoted = own.of(own_price[traded]) * np.take_along_axis(laid_out.rates[:length], currency, axis=1)
    quoted[:length][unknown] = own_quoted[unknown]
    as_of[:length][unknown] = _days(own, ledger.day[traded])[unknown]
    return quoted, as_of


def _days(known: LastKnown, day: Ints) -> Ints:
    return np.where(known.known(), day[known.at], -1) if len(day) else np.full(known.at.shape, -1)


def _units(ledger: Columns, market: Market, window: _Window, *, allow_short: bool) -> Floats:
    """Return units held at the end of each day, in pre-split units; below zero only by short sales."""
    signed = _UNITS[ledger.kind] * ledger.quantity
    moves = np.flatnonzero(signed != 0)
    moves = moves[np.argsort(ledger.instrument[moves], kind="stable")]
    instrument = ledger.instrument[moves]
    units = signed[moves] / market.splits.units(ledger.day[moves], instrument)
    in_kind = _IN_KIND[ledger.kind[moves]]
    starts = np.searchsorted(instrument, np.arange(len(market.quote) + 1))
    for begin, end in pairwise(starts):
        if allow_short:
            units[begin:end] = _short(units[begin:end], in_kind[begin:end])
        else:
            units[begin:end] = _never_short(units[begin:end])
    inside = _Window(window.first, window.length, window.rows[moves])
    held = inside.summed(instrument, units, len(market.quote)).cumsum(axis=0)
    return _swept(held, inside.summed(instrument, np.abs(units), len(market.quote)))


def _never_short(moves: Floats) -> Floats:
    """Return moves without what was sold but never acquired: the running total is lifted to zero."""
    total = moves.cumsum()
    lifted = np.minimum(np.minimum.accumulate(total), 0.0) if len(total) else total
    if not len(total) or lifted[-1] == 0.0:
        return moves
    return np.diff(total - lifted, prepend=0.0)


def _short(moves: Floats, in_kind: Bools) -> Floats:
    """Return moves as the fold books them where short sales are allowed; most positions have none."""
    if not len(moves) or moves.cumsum().min() >= 0.0:
        return moves
    held, booked = 0.0, np.zeros(len(moves))
    for at, move in enumerate(moves):
        total = held + move
        if move < 0 and in_kind[at]:
            total = max(total, min(held, 0.0))
        elif total < 0 and (held >= 0 or move > 0) and -total <= _ROUNDED * max(abs(move), abs(held)):
            total = 0.0
        booked[at], held = total - held, total
    return booked


def _swept(totals: Floats, moved: Floats) -> Floats:
    """Set to zero what is only the dust of float sums; shapes (days, columns)."""
    largest = moved.cumsum(axis=0)
    return np.where(np.abs(totals) <= _DUST * largest, 0.0, totals)


def _cash(ledger: Columns, market: Market, window: _Window) -> Floats:
    """Return cash per currency at the end of each day, shape (days, currencies)."""
    gross, width = _gross(ledger), market.currencies
    moves = (
        window.summed(ledger.currency, gross, width)
        - window.summed(ledger.fee_currency, ledger.fee, width)
        - window.summed(ledger.tax_currency, ledger.tax, width)
    )
    moved = (
        window.summed(ledger.currency, np.abs(gross), width)
        + window.summed(ledger.fee_currency, np.abs(ledger.fee), width)
        + window.summed(ledger.tax_currency, np.abs(ledger.tax), width)
    )
    return _swept(moves.cumsum(axis=0), moved)


def _gross(ledger: Columns) -> Floats:
    amounts = ledger.quantity * np.where(np.isnan(ledger.price), 1.0, ledger.price)
    return _CASH[ledger.kind] * amounts


def _joined(held: Floats, unit: Floats) -> Floats:
    """Return the value of what was held without a price and has one from this day on; shape (days,)."""
    joins = np.isnan(unit[:-1]) & ~np.isnan(unit[1:]) & (held[:-1] != 0)
    joined = np.zeros(len(held))
    if joins.any():
        joined[1:] = np.where(joins, held[:-1] * np.nan_to_num(unit[1:]), 0.0).sum(axis=1)
    return joined


class _Flows:
    """What crosses the border on each day."""

    def __init__(
        self, ledger: Columns, market: Market, window: _Window, rates: Floats, prices: Floats
    ) -> None:
        self._ledger = ledger
        self._window = window
        own = ledger.fx_rate
        day_rate = rates[window.rows, ledger.currency]
        rate = np.where(np.isnan(own), day_rate, own)
        rate[ledger.currency == market.base] = 1.0
        gross = _gross(ledger)
        self._gross = np.where(gross == 0, 0.0, gross * rate)
        self._fee = self._charge(ledger.fee, ledger.fee_currency, rates, rate)
        self._tax = self._charge(ledger.tax, ledger.tax_currency, rates, rate)
        self._cash_unknown = np.isnan(day_rate)
        unit = np.full(len(own), np.nan)
        has = ledger.instrument >= 0
        unit[has] = prices[window.rows[has], ledger.instrument[has]]
        self._asset_unknown = (_UNITS[ledger.kind] != 0) & np.isnan(unit)
        units = _UNITS[ledger.kind] * ledger.quantity / market.splits.units(ledger.day, ledger.instrument)
        # what an instrument without a price turns into is worth something from here on
        appears = (ledger.kind == CODES[MoveKind.MOVED_IN]) & np.isnan(ledger.price)
        self._in_kind = np.where(_IN_KIND[ledger.kind] | appears, units * unit, 0.0)

    def _charge(self, amount: Floats, currency: Ints, rates: Floats, rate: Floats) -> Floats:
        of_entry = currency == self._ledger.currency
        used = np.where(of_entry, rate, rates[self._window.rows, currency])
        return np.where(amount == 0, 0.0, amount * used)

    def tracked(self) -> tuple[Floats, Floats]:
        """Deposits, withdrawals, transfers; and money that goes to or comes from what is not known."""
        external = _EXTERNAL[self._ledger.kind]
        money = np.where(external & ~self._cash_unknown, self._gross, 0.0)
        crossing = np.where(~external & self._asset_unknown & ~self._cash_unknown, self._gross, 0.0)
        unpaid = np.where(~external & self._cash_unknown & ~self._asset_unknown, -self._gross, 0.0)
        return self._split(money + crossing + unpaid, self._in_kind)

    def implied(self) -> tuple[Floats, Floats]:
        """Every movement of money is paid in or paid out."""
        gross = np.where(_EXTERNAL[self._ledger.kind] | self._asset_unknown, 0.0, self._gross)
        return self._split(self._fee + self._tax - gross, self._in_kind)

    def unknown(self, *, tracks_cash: bool) -> Bools:
        """Return the days with an entry that has an unknown leg; shape (days,).

        A deposit where cash is not tracked passes by: nobody needs its rate.
        """
        gross = np.isnan(self._gross) & (tracks_cash | ~_EXTERNAL[self._ledger.kind])
        legs = gross | np.isnan(self._fee) | np.isnan(self._tax) | self._asset_unknown
        return self._window.per_day(legs.astype(np.float64)) > 0

    def _split(self, *flows: Floats) -> tuple[Floats, Floats]:
        per_day = self._window.per_day
        inflow = sum((per_day(np.clip(flow, 0.0, None)) for flow in flows), np.zeros(self._window.length))
        outflow = sum((per_day(np.clip(-flow, 0.0, None)) for flow in flows), np.zeros(self._window.length))
        return inflow, outflow
