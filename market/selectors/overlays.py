"""Lines beside the bars of a chart: moving averages, and another instrument to compare with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from market.domain import charts
from market.domain.bars import BarRow
from market.models import Instrument, WatchlistItem
from market.selectors import actions, instruments
from market.selectors.charts import Chart, newest_quote, rows_from

WINDOWS: Final = (20, 50, 200)
MOST_OFFERED: Final = 20
_KIND = Instrument.Kind


@dataclass(frozen=True, slots=True)
class Compared:
    """Two courses from one day on: points are dates and percent above the first close of each."""

    ours: list[tuple[date, Decimal]]
    theirs: list[tuple[date, Decimal]]


def averages(
    world_id: int, instrument: Instrument, found: Chart, windows: Collection[int]
) -> dict[int, list[tuple[date, Decimal]]]:
    """Return the mean of that many last daily closes, at each bar of the chart where it is known.

    Adjusted for splits as the chart is; days before the range count.
    """
    wanted = [one for one in WINDOWS if one in windows]
    if not wanted or not found.rows:
        return {}
    start = found.start
    rows = rows_from(world_id, instrument, start, newest_quote(world_id, instrument), lead=max(wanted) - 1)
    closes = _closes(instrument, rows, adjusted=found.adjusted)
    shown = {row.day for row in found.rows}
    lines = {}
    for window in wanted:
        means = charts.moving_average([close for _day, close in closes], window)
        lines[window] = [
            (day, mean)
            for (day, _close), mean in zip(closes, means, strict=True)
            if mean is not None and day in shown
        ]
    return lines


def compared(world_id: int, other: Instrument, found: Chart) -> Compared:
    """Set the course of another instrument beside that of a chart, each as percent since its start.

    Both start at the chart's first day; the other at its last close on or before it, else at its first.
    Prices alone, each in its own currency.
    """
    rows = rows_from(world_id, other, found.rows[0].day, newest_quote(world_id, other))
    theirs = _closes(other, rows, adjusted=True)
    kept = charts.resampled([BarRow(day, close) for day, close in theirs], found.step)
    last = found.rows[-1].day
    within = [row for row in kept if row.day <= last]
    return Compared(_since_first(found.rows), _since_first(within))


def offered(user: Any, instrument: Instrument) -> list[Instrument]:
    """List what an instrument may be compared with at a click: public indices, then what is watched."""
    watched = WatchlistItem.objects.filter(watchlist__owner=user.pk).values("instrument")
    rows = instruments.visible_to(user).filter(Q(kind=_KIND.INDEX, owner=None) | Q(pk__in=watched))
    found = list(rows.exclude(pk=instrument.pk).order_by("symbol", "id")[: MOST_OFFERED * 2])
    found.sort(key=lambda one: (one.kind != _KIND.INDEX, one.symbol))
    return found[:MOST_OFFERED]


def _closes(instrument: Instrument, rows: Sequence[BarRow], *, adjusted: bool) -> list[tuple[date, Decimal]]:
    splits = actions.splits([instrument.pk]) if adjusted else []
    bare = [BarRow(row.day, row.close) for row in rows]
    return [(row.day, row.close) for row in charts.adjusted(bare, splits, instrument.quote_unit)]


def _since_first(rows: Sequence[BarRow]) -> list[tuple[date, Decimal]]:
    if not rows:
        return []
    changes = charts.change_since([row.close for row in rows], rows[0].close)
    return [(row.day, change) for row, change in zip(rows, changes, strict=True)]
