"""Load what a portfolio's figures are computed from: entries, splits, prices, rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection

from core import clock
from core.collector import uncollected
from core.models import LIVE_WORLD, Role
from market.domain.actions import Action, ActionKind
from market.domain.prices import CloseSeries
from market.domain.rates import RateTable
from market.models import Instrument
from market.selectors import actions, prices, rates, revisions
from market.selectors.quotes import LastQuote, State, newest, state
from portfolios.domain.corporate.delisted import delisted_closes, delisted_price
from portfolios.domain.entries import Entry, EntryId, EntryKind, Ordered, Split
from portfolios.domain.prices import PriceUsed
from portfolios.domain.shortfall import shortfalls, units
from portfolios.models import Portfolio, PortfolioMember
from portfolios.selectors.memory import Memory
from portfolios.selectors.reading import Rows, entries_of, rows_of, rows_since

T = TypeVar("T")
# of ledgers in memory, in bytes as `_bytes` reckons them
KEPT_BYTES: Final = 256 << 20
IN_KIND = frozenset({EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT})
# what `derived`, `kept` and `former` call what hangs on no price: these never do
COLUMNS, CURRENCIES = "columns", "currencies"
# and these do where something came, went or changed in kind
BOOK, HISTORY, REALISED = "book", "history", "realised"


@dataclass(slots=True)
class Ledger:
    """One portfolio's data in memory, with everything computed from it so far.

    `owner_id` is whose own rates apply, `base` the currency of all figures: the portfolio's, or the one
    of a report. `closes` end with the newest `quotes`. `derived` keeps figures for as long as the data is
    current, `known` the prices that were asked for. `kept` is what a ledger with other entries can go on
    from, and `former` that of the ledger before the last change.
    """

    portfolio: Portfolio
    owner_id: UUID | None
    base: str
    tracks_cash: bool
    entries: Ordered
    splits: list[Split]
    actions: list[Action]
    instruments: dict[int, Instrument]
    rates: RateTable
    closes: dict[int, CloseSeries]
    quotes: dict[int, LastQuote]
    derived: dict[Any, Any] = field(default_factory=dict)
    kept: dict[Any, Any] = field(default_factory=dict)
    former: dict[Any, Any] = field(default_factory=dict)
    known: dict[tuple[int, date], PriceUsed | None] = field(default_factory=dict)
    _bought: dict[EntryId, int | None] = field(default_factory=dict)

    @property
    def world_id(self) -> int:
        """The world whose prices count."""
        return _world(self.portfolio)

    @property
    def currencies(self) -> dict[int, str]:
        """The currency that each instrument is quoted in."""
        return {key: instrument.currency for key, instrument in self.instruments.items()}

    def onward(self, key: Any, compute: Callable[[T | None], T]) -> T:
        """Compute something once, from what it was before entries changed where that is known."""
        found: T | None = self.kept.get(key)
        if found is None:
            with uncollected():
                found = self.kept[key] = compute(self.former.pop(key, None))
        return found

    def named_currencies(self) -> frozenset[str]:
        """List the currencies that rates are needed of, and maybe some that were named before a change."""
        return self.onward(
            CURRENCIES,
            lambda former: former or currencies_of(self.entries, self.instruments, self.actions),
        )

    def delisted(self, instrument: int, day: date) -> date | None:
        """Tell since when an instrument was delisted on `day`; None while it is listed."""
        since = (
            one.ex_date
            for one in self.actions
            if one.kind is ActionKind.DELISTING and one.instrument == instrument and one.ex_date <= day
        )
        return max(since, default=None)

    def bought_as(self, instrument: int, entry_id: EntryId | None) -> Instrument | None:
        """Tell what a lot of `instrument` was bought as, where a corporate action made it what it is."""
        if not self.actions:
            return None
        if not self._bought:
            self._bought.update({one.id: one.instrument for one in self.entries})
        before = None if entry_id is None else self._bought.get(entry_id)
        return None if before in {None, instrument} else self.instruments.get(before or 0)

    @property
    def first_day(self) -> date | None:
        """The day of the first entry."""
        return self.entries[0].day if self.entries else None

    def price(self, instrument: int, day: date) -> PriceUsed | None:
        """Answer the last exact close on or before `day`; see `know_prices` for many at once."""
        if (instrument, day) not in self.known:
            self.know_prices({instrument}, [day])
        return self.known[instrument, day]

    def know_prices(self, instruments: Iterable[int], days: Iterable[date]) -> None:
        """Read the exact closes of all `instruments` on each of `days`, in one query."""
        self.know_pairs((one, day) for day in list(days) for one in instruments)

    def know_pairs(self, pairs: Iterable[tuple[int, date]]) -> None:
        """Read the exact close of each (instrument, day), in one query."""
        wanted = set(pairs) - self.known.keys()
        found = prices.closes_at(self.world_id, wanted) if wanted else {}
        for pair in wanted:
            used = found.get(pair)
            close = None if used is None else PriceUsed(used.price, used.currency, used.as_of, used.source)
            self.known[pair] = delisted_price(self.actions, pair, self._quoted(pair, close))

    def _quoted(self, pair: tuple[int, date], close: PriceUsed | None) -> PriceUsed | None:
        """Answer the newest quote where it counts on the day and no close is newer."""
        quote = self.quotes.get(pair[0])
        if quote is None or (close is not None and close.as_of > quote.day):
            return close
        since = quote.counts_from(self.portfolio.time_zone, self.splits)
        if since > pair[1]:
            return close
        return PriceUsed(quote.price, quote.currency, since, quote.source, quote.at, quote.given)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A ledger in memory, the stamps of its rows, the revisions that its data had, and its bare closes."""

    settings: tuple[Any, ...]
    market: tuple[Any, ...]
    stamps: frozenset[bytes]
    ledger: Ledger
    bars: dict[int, CloseSeries]

    def is_current(self, prices: dict[int, State], rates: dict[UUID | None, tuple[int, int]]) -> bool:
        """Tell whether no history of prices and no rate has changed since, by their counters now."""
        now = prices[self.ledger.world_id].revisions
        known = tuple(sorted((key, now.get(key)) for key in self.ledger.instruments))
        return self.market == (known, rates[self.ledger.owner_id])

    def quoted(self, now: State) -> _Kept:
        """Answer it with the newest quotes: what hangs on no price stays, the rest is computed anew."""
        ledger = self.ledger
        quotes = {key: now.quotes[key] for key in ledger.instruments if key in now.quotes}
        if quotes == ledger.quotes:
            return self
        closes = _ending_now(ledger.portfolio, ledger.actions, ledger.splits, self.bars, quotes)
        lasting = {COLUMNS, CURRENCIES}
        if not ledger.actions and not any(entry.kind in IN_KIND for entry in ledger.entries):
            lasting |= {BOOK, HISTORY, REALISED}
        derived = _named(ledger.derived, lasting)
        former = _named(ledger.former | ledger.kept, lasting)
        moved = replace(
            ledger, quotes=quotes, closes=closes, derived=derived, kept={}, former=former, known={}
        )
        return replace(self, ledger=moved)


def _named(found: dict[Any, Any], names: set[str]) -> dict[Any, Any]:
    rows = list(found.items())
    return {key: one for key, one in rows if (key[0] if isinstance(key, tuple) else key) in names}


def _bytes(kept: _Kept) -> int:
    """Reckon what a ledger and its figures take (docs/benchmarks.md tells the measurement)."""
    bars = sum(len(one.days) for one in kept.bars.values())
    return 100_000 + 2_400 * len(kept.ledger.entries) + 75 * bars


memory: Memory[UUID, _Kept] = Memory(KEPT_BYTES, _bytes)


def load(portfolio: Portfolio) -> Ledger:
    """Answer the portfolio's ledger: from memory while nothing it depends on has changed.

    Transactions, prices, corporate actions and rates carry revision numbers, so a change by any
    process is seen at the next read. `portfolio` is as the database has it.
    """
    return load_all([portfolio])[0]


def load_all(portfolios: Sequence[Portfolio]) -> list[Ledger]:
    """Answer several ledgers as `load` does; those in memory are checked together, in two queries."""
    kept = {one.pk: found for one in portfolios if (found := memory.get(one.pk)) is not None}
    ledgers = [one.ledger for one in kept.values()]
    worlds = {one.world_id for one in ledgers}
    prices_now = {
        world: state(world, {key for one in ledgers if one.world_id == world for key in one.instruments})
        for world in worlds
    }
    rates_now = {owner: revisions.rate_revision(owner) for owner in {one.owner_id for one in ledgers}}
    return [_current(one, kept.get(one.pk), prices_now, rates_now) for one in portfolios]


def _current(
    portfolio: Portfolio,
    kept: _Kept | None,
    prices: dict[int, State],
    rates: dict[UUID | None, tuple[int, int]],
) -> Ledger:
    settings, found = _settings_stamp(portfolio), kept
    with uncollected():
        if found is not None and (found.settings[1:] != settings[1:] or not found.is_current(prices, rates)):
            found = None
        if found is not None:
            found = found.quoted(prices[_world(portfolio)])
        if found is not None and found.settings != settings:
            found = _grown(portfolio, found, settings)
        if found is None:
            found = _read(portfolio, owner_id(portfolio), settings)
    if found is not kept and not _uncommitted():
        memory.put(portfolio.pk, found)
    return found.ledger


def read(portfolio: Portfolio) -> Ledger:
    """Answer the ledger as the database stands now, within a transaction that has written to it too."""
    return _read(portfolio, owner_id(portfolio), _settings_stamp(portfolio)).ledger


def _uncommitted() -> bool:
    """Tell whether what is read may be rolled back: its revision would come again with other data."""
    return any(not block._from_testcase for block in connection.atomic_blocks)  # type: ignore[attr-defined]  # noqa: SLF001


def _settings_stamp(portfolio: Portfolio) -> tuple[Any, ...]:
    """Answer what a ledger depends on besides prices and rates; the revision of its rows comes first."""
    return (
        portfolio.revision,
        portfolio.currency,
        portfolio.time_zone,
        portfolio.tracks_cash,
        portfolio.cost_method,
        portfolio.fees_in_basis,
        portfolio.allow_short,
        portfolio.tax_year_start,
        portfolio.long_after_days,
        portfolio.world_id,
    )


def owner_id(portfolio: Portfolio) -> UUID | None:
    """Tell whose portfolio it is: their own rates apply in it."""
    return (
        PortfolioMember.objects.filter(portfolio=portfolio, role=Role.OWNER)
        .values_list("user_id", flat=True)
        .first()
    )


def _world(portfolio: Portfolio) -> int:
    return int(portfolio.world_id or LIVE_WORLD)


def _read(portfolio: Portfolio, owner_id: UUID | None, settings: tuple[Any, ...]) -> _Kept:
    """Read in an order in which a change meanwhile makes the stamp too old, never the data."""
    rows = rows_of(portfolio)
    entries = rows.entries
    instruments = Instrument.objects.in_bulk({entry.instrument for entry in entries if entry.instrument})
    reshaping = actions.reshaping(instruments)
    while more := reshaping.instruments - instruments.keys():
        instruments |= Instrument.objects.in_bulk(more)
        reshaping = actions.reshaping(instruments)
    named = currencies_of(entries, instruments, reshaping.actions)
    units = {key: one.quote_unit for key, one in instruments.items()}
    bars = prices.close_series(_world(portfolio), units, units=units)
    quotes = newest(_world(portfolio), instruments)
    known = tuple(sorted((key, one.price_revision) for key, one in instruments.items()))
    market = (known, revisions.rate_revision(owner_id))
    ledger = Ledger(
        portfolio=portfolio,
        owner_id=owner_id,
        base=str(portfolio.currency),
        tracks_cash=portfolio.tracks_cash,
        entries=entries,
        splits=reshaping.splits,
        actions=reshaping.actions,
        instruments=instruments,
        rates=rates.rate_table(owner_id, _world(portfolio), named, portfolio.currency),
        closes=_ending_now(portfolio, reshaping.actions, reshaping.splits, bars, quotes),
        quotes=quotes,
    )
    return _Kept(settings, market, rows.stamps, ledger, bars)


def _ending_now(
    portfolio: Portfolio,
    actions: list[Action],
    splits: list[Split],
    bars: dict[int, CloseSeries],
    quotes: dict[int, LastQuote],
) -> dict[int, CloseSeries]:
    return delisted_closes(actions, prices.ending_now(bars, quotes, portfolio.time_zone, splits))


def _grown(portfolio: Portfolio, kept: _Kept, settings: tuple[Any, ...]) -> _Kept | None:
    """Answer a ledger with the rows as they are now, from one in memory whose market is still the same.

    None where only reading everything will do: something has changed besides a few rows, or they name
    an instrument or a currency that the ledger did not know.
    """
    former = kept.ledger
    if owner_id(portfolio) != former.owner_id:
        return None
    rows = rows_since(portfolio, Rows(former.entries, kept.stamps))
    if rows is None:
        return None
    instruments = {entry.instrument for entry in rows.anew if entry.instrument}
    if instruments - former.instruments.keys() or currencies_of(rows.anew, {}) - former.named_currencies():
        return None
    ledger = replace(
        former,
        portfolio=portfolio,
        entries=rows.entries,
        derived={},
        kept={},
        former=former.former | former.kept,
        _bought={},
    )
    return _Kept(settings, kept.market, rows.stamps, ledger, kept.bars)


def currencies_of(
    entries: Iterable[Entry], instruments: dict[int, Instrument], paying: Iterable[Action] = ()
) -> frozenset[str]:
    """List the currencies that a ledger needs rates of."""
    entries = list(entries)
    found = {instrument.currency for instrument in instruments.values()}
    found |= {one.currency for one in entries} | {one.fee_currency for one in entries}
    found |= {one.tax_currency for one in entries} | {one.currency for one in paying}
    found |= {lot.base for one in entries if one.carried for lot in one.carried}
    return frozenset(found - {""})


def instrument_shortfalls(
    portfolio: Portfolio, instrument_ids: set[int], *, without: AbstractSet[EntryId] = frozenset()
) -> dict[EntryId, Decimal]:
    """Tell what is missing for sales of these instruments, as the database stands now.

    `without`: as it would stand without these entries.
    """
    if not instrument_ids:
        return {}
    known = actions.reshaping(actions.related(instrument_ids))
    rows = [one for one in entries_of(portfolio, known.instruments) if one.id not in without]
    return shortfalls(rows, known.splits, known.actions, allow_short=portfolio.allow_short)


def units_held(portfolio: Portfolio, instrument: Instrument, day: date) -> Decimal:
    """Tell how many units of one instrument are held at the end of `day`, as the database stands now."""
    known = actions.reshaping(actions.related([instrument.pk]))
    rows = entries_of(portfolio, known.instruments)
    return units(rows, known.splits, known.actions, instrument.pk, day, allow_short=portfolio.allow_short)


def today(portfolio: Portfolio) -> date:
    """Tell the portfolio's calendar date now, in its own time zone."""
    return clock.today(portfolio.time_zone)
