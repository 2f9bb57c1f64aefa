"""Ledgers and markets as float64 columns: what the daily series are computed from.

Days are integers since 1970-01-01. Instruments and currencies are column numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import repeat
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from portfolios.domain.entries import Entry, EntryKind, Ordered, in_order

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


class MoveKind(StrEnum):
    """What a corporate action does that no entry of a person does: units turn into others, or into cash.

    `GIVEN` are units that come beside those that gave them and take nothing of their cost along.
    """

    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    GIVEN = "given"
    CASH_PAID = "cash_paid"


KINDS: Final[tuple[EntryKind | MoveKind, ...]] = (*EntryKind, *MoveKind)
CODES: Final = {kind: code for code, kind in enumerate(KINDS)}
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def is_single(days: Ints) -> bool:
    """Tell whether there are fewer than two days, so that none has one before it."""
    return len(days) <= 1


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(int(number) + _EPOCH)


@dataclass(frozen=True, slots=True)
class Columns:
    """A ledger in booking order, one value an entry; shapes (n,).

    `kind` is an index into `KINDS`; `instrument` -1 is none; `price` and `fx_rate` NaN are none.
    """

    day: Ints
    kind: Ints
    instrument: Ints
    quantity: Floats
    price: Floats
    currency: Ints
    fee: Floats
    fee_currency: Ints
    tax: Floats
    tax_currency: Ints
    fx_rate: Floats


def columns(entries: Iterable[Entry], instruments: Sequence[int], currencies: Sequence[str]) -> Columns:
    """Return entries as columns; `instruments` and `currencies` name the column numbers.

    Raises:
        KeyError: an entry has an instrument or a currency that is not among them.
    """
    rows = in_order(entries)
    cells = dict(zip(Entry._fields, zip(*rows, strict=True) if rows else repeat(()), strict=False))
    at = {instrument: number for number, instrument in enumerate(instruments)} | {None: -1}
    of = {currency: number for number, currency in enumerate(currencies)}
    currency = _ints([of[one] for one in cells["currency"]])
    return Columns(
        day=_ints([day.toordinal() for day in cells["day"]]) - _EPOCH,
        kind=_ints([CODES[one] for one in cells["kind"]]),
        instrument=_ints([at[one] for one in cells["instrument"]]),
        quantity=_floats(cells["quantity"]),
        price=_floats([np.nan if one is None else one for one in cells["price"]]),
        currency=currency,
        fee=_floats(cells["fee"]),
        fee_currency=_others(currency, cells["fee_currency"], of),
        tax=_floats(cells["tax"]),
        tax_currency=_others(currency, cells["tax_currency"], of),
        fx_rate=_floats([np.nan if one is None else one for one in cells["fx_rate"]]),
    )


def spliced(
    former: tuple[Ordered, Columns], entries: Ordered, instruments: Sequence[int], currencies: Sequence[str]
) -> Columns:
    """Return `columns` of entries that differ from former ones only between a beginning and an end."""
    before, known = former
    head = before.shared_with(entries)
    tail = before.ending_with(entries, min(len(before), len(entries)) - head)
    anew = columns(Ordered(entries[head : len(entries) - tail]), instruments, currencies)
    names = Columns.__slots__
    of_both = ((getattr(known, name), getattr(anew, name)) for name in names)
    return Columns(*(np.concatenate([old[:head], new, old[len(before) - tail :]]) for old, new in of_both))


def joined(before: Columns, after: Columns) -> Columns:
    """Merge two ledgers by day; within a day the rows of `before` come first."""
    order = np.argsort(np.concatenate([before.day, after.day]), kind="stable")
    names = Columns.__slots__
    return Columns(*(np.concatenate([getattr(before, name), getattr(after, name)])[order] for name in names))


def _others(currency: Ints, named: Sequence[str], of: dict[str, int]) -> Ints:
    """Return the columns of fees' or taxes' currencies; where none is named, the entry's own."""
    return np.where([not one for one in named], currency, _ints([of[one] if one else 0 for one in named]))


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _floats(values: Sequence[object]) -> Floats:
    return np.array(values, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Points:
    """Known prices or rates: `value` of `column` on `day`; shapes (n,), ascending by day."""

    day: Ints
    column: Ints
    value: Floats


@dataclass(frozen=True, slots=True)
class SplitPoints:
    """Splits: from `day` on `ratio` new units of `column` stand for one old; shapes (n,)."""

    day: Ints
    column: Ints
    ratio: Floats

    def units(self, day: Ints, column: Ints) -> Floats:
        """Return how many units of each `day` stand for one unit before all splits; the shape of `day`."""
        units = np.ones(day.shape)
        for ex_date, split_column, ratio in zip(self.day, self.column, self.ratio, strict=True):
            units[(column == split_column) & (day >= ex_date)] *= ratio
        return units


NO_SPLITS: Final = SplitPoints(_ints([]), _ints([]), _floats([]))


@dataclass(frozen=True, slots=True)
class LastKnown:
    """The last point on or before each day; shapes (days, columns).

    `at` is the number of the point, -1 where nothing is known yet: never the next one.
    """

    at: Ints

    def known(self) -> Bools:
        """Return where something is known."""
        return self.at >= 0

    def of(self, values: Floats) -> Floats:
        """Return the value of each point, NaN where nothing is known."""
        if not len(values):
            return np.full(self.at.shape, np.nan)
        return np.where(self.known(), values[self.at], np.nan)


def last_known(first: int, length: int, width: int, day: Ints, column: Ints) -> LastKnown:
    """Carry points forward over `length` days from day number `first`.

    Points before `first` count as known on it, points after the last day do not count. Points of
    one day and column: the last wins. `day` is ascending.
    """
    at = np.full((length, width), -1, dtype=np.int64)
    inside = day < first + length
    rows = np.clip(day - first, 0, None)[inside]
    at[rows, column[inside]] = np.flatnonzero(inside)
    # Numbers of points grow with the day, so the running maximum is the last one seen.
    return LastKnown(np.maximum.accumulate(at, axis=0) if length else at)
