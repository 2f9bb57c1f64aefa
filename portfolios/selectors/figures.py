"""Figures of one ledger, computed once for as long as its data is current."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np

from core.collector import uncollected
from market.domain.actions import Action
from portfolios.domain.arrays import (
    Columns,
    Ints,
    Points,
    SplitPoints,
    columns,
    day_number,
    day_of,
    joined,
    spliced,
)
from portfolios.domain.book import Book
from portfolios.domain.corporate import columns as corporate
from portfolios.domain.corporate.moves import Move, moves
from portfolios.domain.entries import Entry, Ordered, in_order
from portfolios.domain.history import History
from portfolios.domain.ledger import Ledger as Booking
from portfolios.domain.lots import CostMethod
from portfolios.domain.reasons import Figure, Reason
from portfolios.domain.returns import annualised, daily_returns, linked, simple_of_days, time_weighted, xirr
from portfolios.domain.series import Market, MarketDays, ValueSeries, market_days, value_series
from portfolios.domain.statement import Statement, statement
from portfolios.selectors.ledger import BOOK, COLUMNS, HISTORY, IN_KIND, Ledger

T = TypeVar("T")
ONE_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1).toordinal()
KEPT_FIGURES = 48


@dataclass(frozen=True, slots=True)
class Period:
    """A period ``(start, end]``: the close of `start` is the opening value."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Performance:
    """Returns over a period as fractions; `cumulative` is time-weighted, shape (days + 1,), first 0.

    `series` covers the period, its first row being the opening value. `defined`: how many of the days
    have a cumulative return; none has from the first one on that began with less than nothing.
    """

    period: Period
    series: ValueSeries
    cumulative: np.ndarray
    defined: int
    time_weighted: Figure[float]
    annualised: Figure[float]
    money_weighted: Figure[float]
    simple: Figure[float]


def book(ledger: Ledger, day: date) -> Book:
    """Answer the book at the end of `day`."""
    portfolio = ledger.portfolio
    return book_by(ledger, day, CostMethod(portfolio.cost_method), fees_in_basis=portfolio.fees_in_basis)


def book_by(ledger: Ledger, day: date, method: CostMethod, *, fees_in_basis: bool) -> Book:
    """Answer the book at the end of `day` as another way to match lots or to count fees would have it."""
    key = BOOK, day, method, fees_in_basis
    return once(ledger, key, lambda: history(ledger, method, fees_in_basis=fees_in_basis).book(day))


def book_with(ledger: Ledger, day: date, entries: Sequence[Entry]) -> Book:
    """Answer the book at the end of `day` as it would be with further entries; nothing is kept."""
    portfolio = ledger.portfolio
    booked = _booking(
        ledger,
        in_order([*ledger.entries, *entries]),
        CostMethod(portfolio.cost_method),
        fees_in_basis=portfolio.fees_in_basis,
    )
    booked.run(day)
    return booked.close(day)


def history(ledger: Ledger, method: CostMethod, *, fees_in_basis: bool, at_market: bool = False) -> History:
    """Answer the fold of the whole ledger; `at_market` as a statement counts what comes in kind."""
    # without transfers there is one way to count, and one history serves both
    at_market = at_market and any(entry.kind in IN_KIND for entry in ledger.entries)
    return ledger.onward(
        (HISTORY, method, fees_in_basis, at_market),
        lambda former: History(
            _booking(ledger, ledger.entries, method, fees_in_basis=fees_in_basis, at_market=at_market), former
        ),
    )


def _booking(
    ledger: Ledger,
    entries: Ordered,
    method: CostMethod,
    *,
    fees_in_basis: bool,
    at_market: bool = False,
) -> Booking:
    moved = {(entry.instrument, entry.day) for entry in ledger.entries if entry.kind in IN_KIND}
    ledger.know_pairs({(one, on) for one, on in moved if one is not None} | _before_actions(ledger))
    return Booking(
        entries,
        ledger.splits,
        ledger.rates,
        base=ledger.base,
        method=method,
        fees_in_basis=fees_in_basis,
        allow_short=ledger.portfolio.allow_short,
        tracks_cash=ledger.tracks_cash,
        currencies=ledger.currencies,
        prices=ledger,
        at_market=at_market,
        actions=ledger.actions,
    )


def _until(ledger: Ledger, day: date) -> list[Action]:
    return [one for one in ledger.actions if one.ex_date <= day]


def _before_actions(ledger: Ledger) -> set[tuple[int, date]]:
    """Name the prices from which a new unit's first worth follows."""
    return {(one.instrument, one.ex_date - ONE_DAY) for one in ledger.actions}


def reshaped(ledger: Ledger) -> list[Move]:
    """Answer what corporate actions do to the units that the ledger holds."""
    return once(ledger, "moves", lambda: _moves(ledger))


def _moves(ledger: Ledger) -> list[Move]:
    ledger.know_pairs(_before_actions(ledger))
    short = ledger.portfolio.allow_short
    return moves(ledger.entries, ledger.splits, ledger.actions, ledger, allow_short=short)


def inception(ledger: Ledger, until: date) -> Period:
    """Tell the period from the day before the first entry (value 0) to `until`."""
    first = ledger.first_day or until
    return Period(min(first, until) - ONE_DAY, until)


def daily(ledger: Ledger, until: date) -> ValueSeries:
    """Value the portfolio on every day from the one before its first entry to `until`."""
    return once(ledger, ("daily", until), lambda: _series(ledger, until))


def _series(ledger: Ledger, until: date) -> ValueSeries:
    ledger_columns, market = once(ledger, "arrays", lambda: _arrays(ledger))
    period = inception(ledger, until)
    first, last = day_number(period.start), day_number(period.end)
    return value_series(
        ledger_columns,
        market,
        first,
        last,
        tracks_cash=ledger.tracks_cash,
        allow_short=ledger.portfolio.allow_short,
        laid_out=_laid_out(ledger, market, first, last),
    )


def _laid_out(ledger: Ledger, market: Market, first: int, last: int) -> MarketDays:
    """Answer the market day by day; of one ledger that of one period is kept, a few megabytes."""
    held = ledger.kept.get("days") or ledger.former.pop("days", None)
    if held is None or held[0] is not market or (held[1].first, held[1].last) != (first, last):
        held = market, market_days(market, first, last)
    ledger.kept["days"] = held
    found: MarketDays = held[1]
    return found


def _arrays(ledger: Ledger) -> tuple[Columns, Market]:
    instruments = sorted(ledger.instruments)
    currencies = sorted({ledger.base, *ledger.named_currencies()})

    def market_of(former: Market | None) -> Market:
        return former or _market(ledger, instruments, currencies)

    def typed(former: tuple[Ordered, Columns] | None) -> tuple[Ordered, Columns]:
        if former is None:
            return ledger.entries, columns(ledger.entries, instruments, currencies)
        return ledger.entries, spliced(former, ledger.entries, instruments, currencies)

    market, own = ledger.onward("market", market_of), ledger.onward(COLUMNS, typed)[1]
    if not ledger.actions:
        return own, market
    return joined(corporate.columns(reshaped(ledger), instruments, currencies), own), market


def _market(ledger: Ledger, instruments: list[int], currencies: list[str]) -> Market:
    at = {key: number for number, key in enumerate(instruments)}
    return Market(
        prices=_points({at[key]: (one.days, one.closes) for key, one in ledger.closes.items()}),
        rates=_points(
            {
                number: ledger.rates.series(currency)
                for number, currency in enumerate(currencies)
                if currency != ledger.base
            }
        ),
        quote=np.array([currencies.index(ledger.currencies[key]) for key in instruments], dtype=np.int64),
        base=currencies.index(ledger.base),
        currencies=len(currencies),
        splits=_split_points(ledger, at),
    )


def _points(series: dict[int, tuple[Any, Any]]) -> Points:
    """Merge series of (ordinal days, values) by column into one list, ascending by day."""
    if not series:
        return Points(np.array([], dtype=np.int64), np.array([], dtype=np.int64), np.array([]))
    days = np.concatenate([days for days, _ in series.values()]).astype(np.int64) - _EPOCH
    values = np.concatenate([values for _, values in series.values()])
    owner: Ints = np.repeat(
        np.array(list(series), dtype=np.int64), [len(days) for days, _ in series.values()]
    )
    order = np.argsort(days, kind="stable")
    return Points(days[order], owner[order], values[order])


def _split_points(ledger: Ledger, at: dict[int, int]) -> SplitPoints:
    rows = sorted(ledger.splits, key=lambda split: split.ex_date)
    return SplitPoints(
        np.array([day_number(row.ex_date) for row in rows], dtype=np.int64),
        np.array([at[row.instrument] for row in rows], dtype=np.int64),
        np.array([row.numerator / row.denominator for row in rows], dtype=np.float64),
    )


def performance(ledger: Ledger, period: Period) -> Performance:
    """Compute the returns of a period; one that begins before the first entry begins there."""
    return once(ledger, ("performance", period), lambda: _performance(ledger, period))


def _performance(ledger: Ledger, asked: Period) -> Performance:
    return performance_of(daily(ledger, asked.end), asked)


def performance_of(whole: ValueSeries, asked: Period) -> Performance:
    """Compute the returns of a period from a series that ends with it."""
    first = day_of(whole.days[0])
    period = Period(max(asked.start, first), asked.end)
    series = _cut(whole, (period.start - first).days)
    returns = daily_returns(series.value, series.inflow, series.outflow)
    total = time_weighted(returns)
    return Performance(
        period=period,
        series=series,
        cumulative=linked(returns.daily),
        defined=int(np.argmax(returns.negative)) if returns.negative.any() else len(returns.daily),
        time_weighted=total if _held(series) else Figure(None, Reason.NOTHING_HELD),
        annualised=_annualised(total, period, series),
        money_weighted=_money_weighted(series),
        simple=simple_of_days(series.value, series.inflow, series.outflow),
    )


def _held(series: ValueSeries) -> bool:
    return bool(np.any(series.value != 0) or np.any(series.inflow[1:] != 0))


def _annualised(total: Figure[float], period: Period, series: ValueSeries) -> Figure[float]:
    if total.value is None or not _held(series):
        return Figure(None, total.reason or Reason.NOTHING_HELD)
    return annualised(total.value, period.days)


def _cut(series: ValueSeries, at: int) -> ValueSeries:
    return ValueSeries(*(getattr(series, name)[at:] for name in ValueSeries.__slots__))


def dated_flows(series: ValueSeries) -> list[tuple[date, float]]:
    """List what the owner paid (negative) and got (positive) in the period, valuations included."""
    net = series.outflow - series.inflow
    net[0] = -series.value[0]
    net[-1] += series.value[-1]
    return [(day_of(series.days[at]), float(net[at])) for at in np.flatnonzero(net)]


def _money_weighted(series: ValueSeries) -> Figure[float]:
    if len(series.days) <= 1:
        return Figure(None, Reason.SHORT_PERIOD)
    flows = dated_flows(series)
    if len(flows) == 1 and flows[0][0] == day_of(series.days[-1]):  # paid in and valued on one day
        return Figure(None, Reason.SAME_DAY)
    return xirr(flows)


def state(ledger: Ledger, period: Period) -> Statement:
    """Answer where the change in value over a period came from, exactly."""
    return once(ledger, ("statement", period), lambda: _statement(ledger, period))


def _statement(ledger: Ledger, period: Period) -> Statement:
    method = CostMethod(ledger.portfolio.cost_method)
    moved = {entry.day for entry in ledger.entries if entry.kind in IN_KIND}
    moved |= {one.ex_date for one in _until(ledger, period.end)}
    ledger.know_prices(ledger.instruments, {period.start, period.end} | moved)
    ledger.know_pairs(_before_actions(ledger))
    return statement(
        ledger.entries,
        ledger.splits,
        ledger.rates,
        ledger,
        base=ledger.base,
        start=period.start,
        end=period.end,
        method=method,
        allow_short=ledger.portfolio.allow_short,
        tracks_cash=ledger.tracks_cash,
        currencies=ledger.currencies,
        actions=_until(ledger, period.end),
        begun=history(ledger, method, fees_in_basis=False, at_market=True).ledger,
    )


def once(ledger: Ledger, key: Any, compute: Callable[[], T]) -> T:
    """Compute a figure of a ledger the first time it is asked for, and keep the latest of them."""
    found: T | None = ledger.derived.get(key)
    if found is None:
        with uncollected():
            found = compute()
        ledger.derived[key] = found
        for oldest in list(ledger.derived)[:-KEPT_FIGURES]:
            ledger.derived.pop(oldest, None)
    return found
