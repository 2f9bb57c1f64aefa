"""Load what a portfolio's figures are computed from: entries, splits, prices, rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, Func, QuerySet

from core import clock
from core.models import LIVE_WORLD, Role
from market.domain.actions import Action, ActionKind
from market.domain.prices import CloseSeries
from market.domain.rates import RateTable
from market.models import Instrument
from market.selectors import actions, prices, rates, revisions
from market.selectors.quotes import LastQuote, State, newest, state
from portfolios.domain.corporate.delisted import delisted_closes, delisted_price
from portfolios.domain.entries import CarriedLot, Entry, EntryId, EntryKind, Pick, Split
from portfolios.domain.prices import PriceUsed
from portfolios.domain.shortfall import shortfalls, units
from portfolios.models import CarriedLots, Portfolio, PortfolioMember, ReliefLink, Transaction
from portfolios.selectors.memory import Memory

_COLUMNS = (
    "id", "day", "instant", "kind", "instrument_id", "quantity", "price", "currency", "fee", "fee_currency",
    "tax", "tax_currency", "fx_rate", "sequence",
)  # fmt: skip
_KINDS = {kind.value: kind for kind in EntryKind}
KEPT_LEDGERS = 64
IN_KIND = frozenset({EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT})
# what `derived` calls figures that hang on no price, unless something moved in kind
BOOK, COLUMNS = "book", "columns"
PRICELESS = frozenset({BOOK, COLUMNS})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Ledger:
    """One portfolio's data in memory, with everything computed from it so far.

    `owner_id` is whose own rates apply, `base` the currency of all figures: the portfolio's, or the one
    of a report. `closes` end with the newest `quotes`. `derived` keeps figures for as long as the data is
    current, `known` the prices that were asked for.
    """

    portfolio: Portfolio
    owner_id: UUID | None
    base: str
    tracks_cash: bool
    entries: list[Entry]
    splits: list[Split]
    actions: list[Action]
    instruments: dict[int, Instrument]
    rates: RateTable
    closes: dict[int, CloseSeries]
    quotes: dict[int, LastQuote]
    derived: dict[Any, Any] = field(default_factory=dict)
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
        return min((entry.day for entry in self.entries), default=None)

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
    """A ledger in memory, the revisions that its data had, and its closes without quotes."""

    settings: tuple[Any, ...]
    market: tuple[Any, ...]
    ledger: Ledger
    bars: dict[int, CloseSeries]

    def is_current(self, now: State, rates: dict[UUID | None, tuple[int, int]]) -> bool:
        """Tell whether no history of prices and no rate has changed since, by their counters now."""
        known = tuple(sorted((key, now.revisions.get(key)) for key in self.ledger.instruments))
        return self.market == (known, rates[self.ledger.owner_id])

    def quoted(self, now: State) -> _Kept:
        """Answer it with the newest quotes: what hangs on no price stays, the rest is computed anew."""
        ledger = self.ledger
        quotes = {key: now.quotes[key] for key in ledger.instruments if key in now.quotes}
        if quotes == ledger.quotes:
            return self
        closes = _ending_now(ledger.portfolio, ledger.actions, ledger.splits, self.bars, quotes)
        derived = _lasting(ledger)
        return replace(self, ledger=replace(ledger, quotes=quotes, closes=closes, derived=derived, known={}))


def _lasting(ledger: Ledger) -> dict[Any, Any]:
    """Pick what was computed without prices: books, where nothing came, went or changed in kind at one."""
    if ledger.actions or any(entry.kind in IN_KIND for entry in ledger.entries):
        return {}
    found = list(ledger.derived.items())
    return {key: one for key, one in found if (key[0] if isinstance(key, tuple) else key) in PRICELESS}


memory: Memory[UUID, _Kept] = Memory(KEPT_LEDGERS)


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
    settings = _settings_stamp(portfolio)
    before = kept
    if kept is None or kept.settings != settings or not kept.is_current(prices[_world(portfolio)], rates):
        kept = _read(portfolio, owner_id(portfolio), settings)
    else:
        kept = kept.quoted(prices[_world(portfolio)])
    if kept is not before and not _uncommitted():
        memory.put(portfolio.pk, kept)
    return kept.ledger


def read(portfolio: Portfolio) -> Ledger:
    """Answer the ledger as the database stands now, within a transaction that has written to it too."""
    return _read(portfolio, owner_id(portfolio), _settings_stamp(portfolio)).ledger


def _uncommitted() -> bool:
    """Tell whether what is read may be rolled back: its revision would come again with other data."""
    return any(not block._from_testcase for block in connection.atomic_blocks)  # type: ignore[attr-defined]  # noqa: SLF001


def _settings_stamp(portfolio: Portfolio) -> tuple[Any, ...]:
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
    entries = _entries(Transaction.objects.filter(portfolio=portfolio, deleted_at=None))
    entries = _carried(portfolio, _picked(portfolio, entries))
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
    return _Kept(settings, market, ledger, bars)


def _ending_now(
    portfolio: Portfolio,
    actions: list[Action],
    splits: list[Split],
    bars: dict[int, CloseSeries],
    quotes: dict[int, LastQuote],
) -> dict[int, CloseSeries]:
    return delisted_closes(actions, prices.ending_now(bars, quotes, portfolio.time_zone, splits))


def _entries(rows: QuerySet[Transaction]) -> list[Entry]:
    """Read entries. Instants come as microseconds: parsing them as text would take as long as the rest."""
    instant = Func(
        F("time"),
        template="(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint",
        output_field=BigIntegerField(),
    )
    loaded = rows.order_by("day", "time", "sequence").annotate(instant=instant).values_list(*_COLUMNS)
    return [
        Entry(key, day, _EPOCH + timedelta(microseconds=micros), _KINDS[kind], instrument, *rest)
        for key, day, micros, kind, instrument, *rest in loaded
    ]


def _carried(portfolio: Portfolio, entries: list[Entry]) -> list[Entry]:
    """Add the lots that transfers from other portfolios brought along."""
    if not any(one.kind is EntryKind.TRANSFER_IN for one in entries):
        return entries
    rows = CarriedLots.objects.filter(transaction__portfolio=portfolio, transaction__deleted_at=None)
    carried: dict[EntryId, tuple[CarriedLot, ...]] = {
        one.transaction_id: tuple(carried_lot(lot, one.base) for lot in one.lots) for one in rows
    }
    if not carried:
        return entries
    return [replace(one, carried=carried[one.id]) if one.id in carried else one for one in entries]


def carried_lot(row: dict[str, Any], base: str) -> CarriedLot:
    """Read a lot as it is kept with the transfer that brought it."""
    cost, cost_base, charges = (
        None if row[name] is None else Decimal(row[name]) for name in ("cost", "cost_base", "charges")
    )
    return CarriedLot(
        date.fromisoformat(row["acquired"]), Decimal(row["quantity"]), cost, cost_base, charges, base
    )


def _picked(portfolio: Portfolio, entries: list[Entry]) -> list[Entry]:
    """Add the lots that were chosen for sales."""
    if not any(one.kind is EntryKind.SELL for one in entries):
        return entries
    links = ReliefLink.objects.filter(sale__portfolio=portfolio, sale__deleted_at=None).order_by("pk")
    picks: dict[EntryId, list[Pick]] = {}
    for sale, acquisition, quantity in links.values_list("sale_id", "acquisition_id", "quantity"):
        picks.setdefault(sale, []).append(Pick(acquisition, quantity))
    if not picks:
        return entries
    return [replace(one, picks=tuple(picks[one.id])) if one.id in picks else one for one in entries]


def currencies_of(
    entries: Iterable[Entry], instruments: dict[int, Instrument], paying: Iterable[Action] = ()
) -> set[str]:
    """List the currencies that a ledger needs rates of."""
    found = {instrument.currency for instrument in instruments.values()}
    for entry in entries:
        found |= {entry.currency, entry.fee_currency, entry.tax_currency}
        if entry.carried:
            found |= {lot.base for lot in entry.carried}
    found |= {one.currency for one in paying}
    return found - {""}


def instrument_shortfalls(portfolio: Portfolio, instrument_ids: set[int]) -> dict[EntryId, Decimal]:
    """Tell what is missing for sales of these instruments, as the database stands now."""
    if not instrument_ids:
        return {}
    known = actions.reshaping(actions.related(instrument_ids))
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None, instrument__in=known.instruments)
    return shortfalls(_entries(rows), known.splits, known.actions, allow_short=portfolio.allow_short)


def units_held(portfolio: Portfolio, instrument: Instrument, day: date) -> Decimal:
    """Tell how many units of one instrument are held at the end of `day`, as the database stands now."""
    known = actions.reshaping(actions.related([instrument.pk]))
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None, instrument__in=known.instruments)
    return units(
        _entries(rows), known.splits, known.actions, instrument.pk, day, allow_short=portfolio.allow_short
    )


def today(portfolio: Portfolio) -> date:
    """Tell the portfolio's calendar date now, in its own time zone."""
    return clock.today(portfolio.time_zone)
