"""Small ledgers for tests: builders that read like a bank statement, and random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import count
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from portfolios.domain.arrays import Points, day_number
from portfolios.domain.entries import Entry, EntryKind, Split
from portfolios.domain.series import Market
from tests.support.series import split_points
from tests.support.tables import PriceTable, RateTable

T = TypeVar("T")
FIRST = date(2024, 1, 1)
LENGTH = 40
CURRENCIES = ("EUR", "USD", "JPY", "GBP")
QUOTED = {0: "EUR", 1: "USD", 2: "JPY", 3: "USD"}
_SCALE = {"EUR": Decimal(1), "USD": Decimal("0.9"), "JPY": Decimal("0.006"), "GBP": Decimal("1.15")}
_ids = count(1)


def money(text: str | float | Decimal) -> Decimal:
    """Read a figure of a test as people write it."""
    return Decimal(str(text))


def entry(day: str | date, kind: str, quantity: object, price: object = 1, **more: object) -> Entry:
    """Build an entry: `entry("2024-01-02", "buy", 10, 100, instrument=1, currency="USD", fee=1)`."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    number = next(_ids)
    figures = {name: money(str(more.pop(name))) for name in ("fee", "tax", "fx_rate") if name in more}
    return Entry(
        id=more.pop("id", number),
        day=on,
        time=more.pop("time", datetime(on.year, on.month, on.day, 12, tzinfo=UTC)),
        kind=EntryKind(kind),
        instrument=more.pop("instrument", None),
        quantity=money(str(quantity)),
        price=None if price is None else money(str(price)),
        currency=more.pop("currency", "EUR"),
        sequence=more.pop("sequence", number),
        **figures,
        **more,
    )


def prices(currencies: dict[int, str], **series: dict[str, object]) -> PriceTable:
    """Build a table of prices: `prices({1: "USD"}, i1={"2024-01-01": 10})`."""
    rows = {
        int(name[1:]): sorted((date.fromisoformat(day), money(str(price))) for day, price in points.items())
        for name, points in series.items()
    }
    return PriceTable(rows, currencies)


def rates(base: str, **series: dict[str, object]) -> RateTable:
    """Build a table of rates: base currency for one unit, `rates("EUR", USD={"2024-01-01": 0.9})`."""
    return RateTable(
        base,
        {
            name: sorted((date.fromisoformat(day), money(str(rate))) for day, rate in points.items())
            for name, points in series.items()
        },
    )


@dataclass(frozen=True)
class World:
    """A random ledger with its market."""

    entries: list[Entry]
    splits: list[Split]
    price_rows: dict[int, list[tuple[date, Decimal]]]
    rate_rows: dict[str, list[tuple[date, Decimal]]]
    tracks_cash: bool

    @property
    def prices(self) -> PriceTable:
        return PriceTable(self.price_rows, QUOTED)

    @property
    def rates(self) -> RateTable:
        return RateTable("EUR", self.rate_rows)

    @property
    def market(self) -> Market:
        """The same as arrays: columns in the order of `QUOTED` and `CURRENCIES`."""
        instruments = list(QUOTED)
        return Market(
            prices=_points(self.price_rows, instruments),
            rates=_points(self.rate_rows, CURRENCIES),
            quote=np.array([CURRENCIES.index(QUOTED[instrument]) for instrument in instruments]),
            base=0,
            currencies=len(CURRENCIES),
            splits=split_points(self.splits, instruments),
        )


def _points(rows: Mapping[T, list[tuple[date, Decimal]]], names: Sequence[T]) -> Points:
    flat = sorted(
        (day_number(day), at, float(value))
        for at, name in enumerate(names)
        for day, value in rows.get(name, ())
    )
    day, column, value = zip(*flat, strict=True) if flat else ((), (), ())
    return Points(np.array(day, dtype=np.int64), np.array(column, dtype=np.int64), np.array(value))


# Each strategy is built once: Hypothesis looks into a new one as long as it draws from it.
booleans, integers, lists = cache(st.booleans), cache(st.integers), cache(st.lists)


@lru_cache(maxsize=None, typed=True)
def one_of(*values: Any) -> st.SearchStrategy[Any]:
    """Draw one of these values; one that stands there twice comes twice as often."""
    return st.sampled_from(values)


@cache
def days() -> st.SearchStrategy[date]:
    return st.integers(0, LENGTH - 1).map(lambda offset: FIRST + timedelta(days=offset))


@cache
def figures(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    least, most = (int(Decimal(end).scaleb(places)) for end in (low, high))
    return st.integers(max(least, 1), most).map(lambda units: Decimal(units).scaleb(-places))


@cache
@st.composite
def random_entry(draw: st.DrawFn, number: int, *, own_rates: bool = True) -> Entry:
    kind = draw(one_of(*EntryKind))
    units = kind in {"buy", "sell", "transfer_in", "transfer_out", "dividend"}
    instrument = draw(one_of(*QUOTED)) if units else None
    price = Decimal(1)
    if units:
        price = draw(figures("0.01", "500", draw(one_of(2, 6))))
        if kind == "transfer_in" and draw(booleans()):
            price = None
    home = "EUR" if instrument is None else QUOTED[instrument]
    currency = draw(one_of(home, home, home, *CURRENCIES))
    day = draw(days())
    return Entry(
        id=number,
        day=day,
        time=datetime(day.year, day.month, day.day, draw(integers(9, 11)), tzinfo=UTC),
        kind=kind,
        instrument=instrument,
        quantity=draw(figures("0.001", "40", draw(one_of(0, 3, 8)))) if units else _amount(draw, kind),
        price=price,
        currency=currency,
        fee=draw(one_of(Decimal(0), Decimal(0), Decimal("1.25"), Decimal("0.333"))),
        fee_currency=draw(one_of(currency, *CURRENCIES)),
        tax=draw(one_of(Decimal(0), Decimal(0), Decimal("2.5"))),
        tax_currency=draw(one_of(currency, *CURRENCIES)),
        fx_rate=_own_rate(draw, currency) if own_rates else None,
        sequence=number,
    )


def _amount(draw: st.DrawFn, kind: EntryKind) -> Decimal:
    sign = draw(one_of(1, -1)) if kind == "interest" else 1
    return sign * draw(figures("0.01", "5000", 2))


def _own_rate(draw: st.DrawFn, currency: str) -> Decimal | None:
    if currency == "EUR" or draw(integers(0, 3)):
        return None
    return _SCALE[currency] * draw(figures("0.9", "1.1", 4))


@cache
def _cuts() -> st.SearchStrategy[tuple[int, date, tuple[int, int]]]:
    return st.tuples(one_of(*QUOTED), days(), one_of((2, 1), (1, 10), (3, 2), (1, 3), (7, 1)))


@st.composite
def worlds(
    draw: st.DrawFn, *, complete: bool = True, splits: bool = True, own_rates: bool = True, most: int = 25
) -> World:
    """Draw a ledger in four currencies over 40 days; `complete`: every price and rate is known from day 1."""
    size = draw(integers(0, most))
    entries = [draw(random_entry(number, own_rates=own_rates)) for number in range(size)]
    cuts = draw(lists(_cuts(), max_size=4)) if splits else []
    price_rows = {instrument: _rows(draw, Decimal(50), complete=complete) for instrument in QUOTED}
    rate_rows = {name: _rows(draw, _SCALE[name], complete=complete) for name in CURRENCIES if name != "EUR"}
    return World(
        entries=entries,
        splits=[Split(instrument, day, *ratio) for instrument, day, ratio in cuts],
        price_rows=price_rows,
        rate_rows=rate_rows,
        tracks_cash=draw(booleans()),
    )


def _rows(draw: st.DrawFn, scale: Decimal, *, complete: bool) -> list[tuple[date, Decimal]]:
    known = draw(lists(days(), max_size=6, unique=True))
    if complete:
        known.append(FIRST - timedelta(days=1))
    factors = draw(lists(figures("0.5", "2", 3), min_size=len(set(known)), max_size=len(set(known))))
    return [(day, scale * factor) for day, factor in zip(sorted(set(known)), factors, strict=True)]
