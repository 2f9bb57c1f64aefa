"""One instrument's course: the bars of a chart, and the figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Max, Min, Subquery, Value
from django.db.models.functions import Coalesce

from core import clock, ranges
from core.money import round_amount
from market.domain import charts
from market.domain.actions import Split, factor
from market.domain.bars import BarRow
from market.domain.charts import Step
from market.domain.prices import STALE_AFTER_DAYS
from market.models import Instrument
from market.selectors import actions, prices, quotes
from market.selectors.quotes import LastQuote

VOLUME_DAYS: Final = 30
WHOLE_FROM: Final = 100
_COLUMNS = ("date", "close", "open", "high", "low", "volume")


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last day with a price, and whether the last is so old that prices have ended."""

    first: date
    last: date
    ended: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of a range in the instrument's currency, ascending; the first is what the range starts from.

    `usable` names the ranges that have data. `complete` says that every bar has its four prices.
    `splits` is how many splits lie within all prices; `adjusted` whether they are applied. `start` is the
    day that the range begins with.
    """

    rows: list[BarRow]
    start: date
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


def span(world_id: int, instrument: Instrument, quote: LastQuote | None) -> Span | None:
    """Tell from when to when there are bars or the quote; None when there is neither."""
    found = prices.bars(world_id, instrument).aggregate(first=Min("date"), last=Max("date"))
    told = None if quote is None else quote.day
    days: list[date] = [one for one in (found["first"], found["last"], told) if one is not None]
    if not days:
        return None
    return Span(min(days), max(days), (clock.today("UTC") - max(days)).days > STALE_AFTER_DAYS)


def chart(world_id: int, instrument: Instrument, asked: str, *, raw: bool = False) -> Chart | None:
    """Answer the bars of a range; `raw` leaves prices as they were traded. None without any price.

    The last bar is the quote's day so far. The range counts back from it and begins with the last bar on
    or before its start, so that the course drawn is the return shown. Long ranges come by week or month.
    """
    quote = newest_quote(world_id, instrument)
    found = span(world_id, instrument, quote)
    if found is None:
        return None
    usable = ranges.usable(found.first, found.last)
    name = ranges.choose(asked, usable)
    splits = _within(actions.splits([instrument.id]), found)
    start = ranges.start_of(name, found.first, found.last)
    raw_rows = rows_from(world_id, instrument, start, quote)
    rows = charts.adjusted(raw_rows, [] if raw else splits, instrument.quote_unit)
    step = charts.step_for(rows)
    return Chart(
        rows=charts.resampled(rows, step),
        start=start,
        span=found,
        name=name,
        usable=usable,
        step=step,
        complete=charts.is_complete(rows),
        splits=len(splits),
        adjusted=not raw,
    )


def figures(world_id: int, instrument: Instrument) -> Figures | None:
    """Work out the figures of a price page, as of the newest price; None without any."""
    quote = newest_quote(world_id, instrument)
    found = span(world_id, instrument, quote)
    if found is None:
        return None
    splits = actions.splits([instrument.id])
    raw_rows = rows_from(world_id, instrument, ranges.STARTS["1Y"](found.last), quote)
    year = charts.adjusted(raw_rows, splits, instrument.quote_unit)
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


def newest_quote(world_id: int, instrument: Instrument) -> LastQuote | None:
    """Return an instrument's newest quote, if it has any."""
    return quotes.newest(world_id, [instrument.id]).get(instrument.id)


def rows_from(
    world_id: int, instrument: Instrument, start: date, quote: LastQuote | None, lead: int = 0
) -> list[BarRow]:
    """Read raw bars, beginning with the last one on or before `start` (or `lead` before that), if any.

    The quote makes the bar of its day, unless there are bars of later days.
    """
    rows = prices.bars(world_id, instrument)
    before = rows.filter(date__lte=start).order_by("-date").values("date")
    starts = [Subquery(before[lead : lead + 1]), Subquery(before.reverse()[:1]), Value(start)]
    found = rows.filter(date__gte=Coalesce(*starts))
    bars = [BarRow(*row) for row in found.values_list(*_COLUMNS)]
    if quote is None or (bars and bars[-1].day > quote.day):
        return bars
    if bars and bars[-1].day == quote.day:
        bars.pop()
    return [*bars, _bar_of(quote, instrument.quote_unit)]


def _bar_of(quote: LastQuote, unit: Decimal) -> BarRow:
    """Make the day's bar so far, in quote units."""
    return BarRow(
        quote.day,
        quote.price / unit,
        open=None if quote.open is None else quote.open / unit,
        high=quote.high / unit,
        low=quote.low / unit,
        volume=quote.volume,
    )


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
        before = closes.get((instrument.id, day))
        if before is None or before.as_of == found.last:
            continue  # a single bar has not changed
        by = factor(splits, before.as_of, found.last)
        changes.append(_change(name, before.as_of, charts.scaled(before.price, by), last))
    return changes


def _change(name: str, since: date, before: Decimal, now: Decimal) -> Change:
    return Change(name, since, now / before - 1, now - before)
