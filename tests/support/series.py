"""Day by day values of small ledgers for tests."""

from __future__ import annotations

from datetime import date

import numpy as np

from portfolios.domain.arrays import NO_SPLITS, Points, SplitPoints, columns, day_number
from portfolios.domain.entries import Entry, Split
from portfolios.domain.series import Market, ValueSeries, value_series


def points(series: dict[object, dict[str, object]], names: list[object]) -> Points:
    """Turn `{name: {"2024-01-01": 10}}` into points."""
    rows = sorted(
        (day_number(date.fromisoformat(day)), names.index(name), float(str(value)))
        for name, dated in series.items()
        for day, value in dated.items()
    )
    day, column, value = zip(*rows, strict=True) if rows else ((), (), ())
    return Points(
        np.array(day, dtype=np.int64), np.array(column, dtype=np.int64), np.array(value, dtype=float)
    )


def split_points(splits: list[Split], names: list[object]) -> SplitPoints:
    """Turn splits into points."""
    rows = sorted(
        (day_number(row.ex_date), names.index(row.instrument), row.numerator / row.denominator)
        for row in splits
    )
    if not rows:
        return NO_SPLITS
    day, column, ratio = zip(*rows, strict=True)
    return SplitPoints(np.array(day), np.array(column), np.array(ratio))


def series(
    entries: list[Entry],
    start: str,
    end: str,
    *,
    prices: dict[int, dict[str, object]] | None = None,
    rates: dict[str, dict[str, object]] | None = None,
    quoted: dict[int, str] | None = None,
    splits: list[Split] | None = None,
    base: str = "EUR",
    tracks_cash: bool = True,
) -> ValueSeries:
    """Value entries on every day from `start` to `end`; instruments without a currency are in `base`."""
    found = {row.instrument for row in entries} | set(prices or {})
    instruments = sorted(number for number in found if number is not None)
    quote = {number: (quoted or {}).get(number, base) for number in instruments}
    used = {name for row in entries for name in (row.currency, row.fee_currency, row.tax_currency) if name}
    currencies = sorted(used | set(quote.values()) | {base})
    market = Market(
        prices=points(prices or {}, instruments),
        rates=points(rates or {}, currencies),
        quote=np.array([currencies.index(quote[number]) for number in instruments], dtype=np.int64),
        base=currencies.index(base),
        currencies=len(currencies),
        splits=split_points(splits or [], instruments),
    )
    ledger = columns(entries, instruments, currencies)
    first, last = (day_number(date.fromisoformat(day)) for day in (start, end))
    return value_series(ledger, market, first, last, tracks_cash=tracks_cash)
