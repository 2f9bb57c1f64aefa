"""Rows of a file whose prices are adjusted for splits, turned into prices as traded batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.money import plain
from market.domain.actions import Split
from market.domain.bars import LARGEST, Fault
from market.domain.basis import AdjustmentBasis, restored
from market.domain.price_files.faults import Reject
from market.domain.price_files.reader import Batch
from market.selectors import actions

_ONE = Fraction(1)


class Conversion:
    """Convert by the splits that are known when an instrument is first met, while nobody holds its row."""

    def __init__(self, basis: AdjustmentBasis) -> None:
        self._basis = basis
        self._splits: dict[int, list[Split]] = {}

    def apply(self, batch: Batch, instruments: NDArray[np.int32]) -> NDArray[np.int32]:
        """Convert a batch whose rows are of `instruments`, shape (n,); answer those of the rows that stay."""
        if self._basis.as_of is None:
            return instruments
        late = np.array(batch.days, dtype=np.int64) > self._basis.as_of.toordinal()
        for at in np.flatnonzero(late).tolist():
            about = self._basis.as_of.isoformat()
            batch.rejects.append(Reject(batch.lines[at], Fault.AFTER_AS_OF, about))
        batch.keep(~late)
        return self._converted(batch, instruments[~late])

    def is_current(self) -> bool:
        """Tell whether no split came, changed or went since; the instruments are locked by now."""
        return self._splits == _of(self._splits)

    def ratio(self, instrument: int, day: int) -> Fraction:
        """Return what turns a given price of a day (its ordinal) into the one as traded."""
        splits = self._splits[instrument]
        return self._basis.ratio(splits, date.fromordinal(day)) if splits else _ONE

    def _converted(self, batch: Batch, instruments: NDArray[np.int32]) -> NDArray[np.int32]:
        batch.given = {name: list(texts) for name, texts in batch.values.items()}
        self._learn(np.unique(instruments).tolist())
        good = np.ones(len(batch.lines), dtype=np.bool_)
        for at, by in self._to_convert(batch, instruments):
            for name, texts in batch.values.items():
                if texts[at] and good[at]:
                    texts[at] = _restored(texts[at], 1 / by if name == "volume" else by)
                    good[at] = bool(texts[at])
            if not good[at]:
                batch.rejects.append(Reject(batch.lines[at], Fault.OUT_OF_RANGE, f"x {by}"))
        batch.keep(good)
        return instruments[good]

    def _to_convert(self, batch: Batch, instruments: NDArray[np.int32]) -> Iterable[tuple[int, Fraction]]:
        """List the places of rows that a split comes after, each with its ratio."""
        days = np.array(batch.days, dtype=np.int64)
        for instrument in (one for one in np.unique(instruments).tolist() if self._splits[one]):
            edges = np.array([one.ex_date.toordinal() for one in self._splits[instrument]], dtype=np.int64)
            places = np.flatnonzero(instruments == instrument)
            ratios: dict[int, Fraction] = {}
            for at, step in zip(
                places.tolist(), np.searchsorted(edges, days[places], side="right").tolist(), strict=True
            ):
                if step not in ratios:
                    ratios[step] = self.ratio(instrument, batch.days[at])
                if ratios[step] != _ONE:
                    yield at, ratios[step]

    def _learn(self, instruments: list[int]) -> None:
        fresh = [one for one in instruments if one not in self._splits]
        if fresh:
            self._splits |= _of(fresh)


def _of(instruments: Iterable[int]) -> dict[int, list[Split]]:
    found: dict[int, list[Split]] = {one: [] for one in instruments}
    for split in actions.splits(found):
        found[split.instrument].append(split)
    return found


def _restored(text: str, by: Fraction) -> str:
    """Write a number as traded; empty when no column can hold it, or nothing is left of it."""
    given = Decimal(text)
    raw = restored(given, by)
    return plain(raw) if raw < LARGEST and (raw or not given) else ""
