"""One instrument's course: the bars of a chart, and the figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Max, Min, Value
from django.db.models.functions import Coalesce

from core import clock, ranges
from core.money import round_amount
from market.domain import charts
from market.domain.actions import Split
from market.domain.bars import BarRow
from market.domain.charts import Step
from market.domain.prices import STALE_AFTER_DAYS
from market.models import Instrument
from market.selectors import actions, prices

VOLUME_DAYS: Final = 30
WHOLE_FROM: Final = 100
_COLUMNS = ("date", "close", "open", "high", "low", "volume")


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last day with a bar, and whether the last is so old that prices have ended."""

    first: date
    last: date
    ended: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of a range in the instrument's currency, ascending; the first is what the range starts from.

    `usable` names the ranges that have data. `complete` says that every bar has its four prices.
    `splits` is how many splits lie within all prices; `adjusted` whether they are applied.
    """

    rows: list[BarRow]
    span: Span
    name: str
    usable: list[str]
    step: Step
    complete: bool
    splits: int
    adjusted: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What the price did since the close of `since`, without dividends: `ratio` 0.05 is 5 % up.

    `amount` is per unit of today, in the instrument's currency.
    """

    name: str
    since: date
    ratio: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Extreme:
    """The highest or lowest price of a year and its day; per unit of today, in the currency."""

    price: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Figures:
    """What a price page says. `intraday` tells that high and low are of the day, else of the closes.

    `volume` is the last bar's, `average_volume` the mean of the last 30 bars that have one.
    `splits` is how many splits lie within all prices.
    """

    span: Span
    day: Change | None
    high: Extreme
    low: Extreme
    intraday: bool
    changes: list[Change]
    volume: Decimal | None
    average_volume: Decimal | None
    splits: int


def span(world_id: int, instrument: Instrument) -> Span | None:
    """Tell from when to when there are bars; None when there are none."""
    found = prices.bars(world_id, instrument).aggregate(first=Min("date"), last=Max("date"))
    if found["first"] is None:
        return None
    age = (clock.today("UTC") - found["last"]).days
    return Span(found["first"], found["last"], age > STALE_AFTER_DAYS)


def chart(world_id: int, instrument: Instrument, asked: str, *, raw: bool = False) -> Chart | None:
    """Answer the bars of a range; `raw` leaves prices as they were traded. None without any bar.

    The range counts back from the last bar and begins with the last bar on or before its start, so
    that the course drawn is the return shown. Long ranges come by week or month.
    """
    found = span(world_id, instrument)
    if found is None:
        return None
    usable = ranges.usable(found.first, found.last)
    name = ranges.choose(asked, usable)
    splits = _within(actions.splits([instrument.id]), found)
    raw_rows = _rows_from(world_id, instrument, ranges.start_of(name, found.first, found.last))
    rows = charts.adjusted(raw_rows, [] if raw else splits, instrument.quote_unit)
    step = charts.step_for(rows)
    return Chart(
        rows=charts.resampled(rows, step),
        span=found,
        name=name,
        usable=usable,
        step=step,
        complete=charts.is_complete(rows),
        splits=len(splits),
        adjusted=not raw,
    )


def figures(world_id: int, instrument: Instrument) -> Figures | None:
    """Work out the figures of a price page, as of the last bar; None without any bar."""
    found = span(world_id, instrument)
    if found is None:
        return None
    splits = actions.splits([instrument.id])
    year = charts.adjusted(
        _rows_from(world_id, instrument, ranges.STARTS["1Y"](found.last)), splits, instrument.quote_unit
    )
    within = [row for row in year if row.day > ranges.STARTS["1Y"](found.last)]
    intraday = charts.is_complete(within)
    volumes = [row.volume for row in within[-VOLUME_DAYS:] if row.volume is not None]
    return Figures(
        span=found,
        day=_change("1D", year[-2].day, year[-2].close, year[-1].close) if len(year) > 1 else None,
        high=max((_extreme(row, "high") for row in within), key=lambda one: one.price),
        low=min((_extreme(row, "low") for row in within), key=lambda one: one.price),
        intraday=intraday,
        changes=_changes(world_id, instrument, found, splits, year[-1].close),
        volume=within[-1].volume,
        average_volume=_mean(volumes),
        splits=len(_within(splits, found)),
    )


def _within(splits: Sequence[Split], found: Span) -> list[Split]:
    return [one for one in splits if found.first < one.ex_date <= found.last]


def _mean(volumes: list[Decimal]) -> Decimal | None:
    """Return the mean; whole units from 100 on, where parts of one mean nothing."""
    if not volumes:
        return None
    mean = sum(volumes, Decimal(0)) / len(volumes)
    return round_amount(mean, 0 if mean >= WHOLE_FROM else 8)


def _rows_from(world_id: int, instrument: Instrument, start: date) -> list[BarRow]:
    """Read raw bars, beginning with the last one on or before `start`, where there is one."""
    rows = prices.bars(world_id, instrument)
    before = rows.filter(date__lte=start).order_by("-date").values("date")[:1]
    found = rows.filter(date__gte=Coalesce(before, Value(start)))
    return [BarRow(*row) for row in found.values_list(*_COLUMNS)]


def _extreme(row: BarRow, name: str) -> Extreme:
    value: Decimal | None = getattr(row, name)
    return Extreme(row.close if value is None else value, row.day)


def _changes(
    world_id: int, instrument: Instrument, found: Span, splits: Sequence[Split], last: Decimal
) -> list[Change]:
    starts = {
        name: ranges.start_of(name, found.first, found.last)
        for name in ranges.usable(found.first, found.last)
        if name != "1D"
    }
    closes = prices.closes_at(world_id, [(instrument.id, day) for day in starts.values()])
    changes = []
    for name, day in starts.items():
        before = closes[instrument.id, day]
        if before.as_of == found.last:
            continue  # a single bar has not changed
        by = charts.factor(splits, before.as_of, found.last)
        changes.append(_change(name, before.as_of, charts.scaled(before.price, by), last))
    return changes


def _change(name: str, since: date, before: Decimal, now: Decimal) -> Change:
    return Change(name, since, now / before - 1, now - before)
