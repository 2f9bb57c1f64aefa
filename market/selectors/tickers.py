"""Tickers with their newest tick, and the ticks of one, as the published contract tells them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.models import LIVE_WORLD
from market.models import Instrument, Quote, Tick, TickDay, Ticker
from market.selectors.instruments import matching, visible_to


@dataclass(frozen=True, slots=True)
class TickerRow:
    """An instrument with its newest tick, or its quote where that is newer; prices in quote units.

    `dates` are the days (the exchange's) of its ticks, oldest first.
    """

    instrument: Instrument
    price: Decimal
    quantity: Decimal | None
    ask: Decimal | None
    ask_size: Decimal | None
    at: datetime
    dates: list[date]


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are asked for (the exchange's), both included; None: without an end."""

    start: date | None = None
    end: date | None = None

    def of(self, rows: QuerySet[TickDay]) -> QuerySet[TickDay]:
        """Narrow days of ticks to these."""
        wanted = Q(count__gt=0)
        wanted &= Q(day__gte=self.start) if self.start else Q()
        return rows.filter(wanted, Q(day__lte=self.end) if self.end else Q())


def tickers(
    user: object, text: str = "", days: Days = Days(), world_id: int = LIVE_WORLD
) -> QuerySet[Instrument]:
    """List the instruments that the user may see and that have ticks or a quote; the best match first.

    With days, only those with ticks on them.
    """
    of_one = {"instrument": OuterRef("pk"), "world_id": world_id}
    rows = matching(visible_to(user), text)
    if days.start or days.end:
        return rows.filter(Exists(days.of(TickDay.objects.filter(**of_one))))
    traded = Exists(Ticker.objects.filter(**of_one, at__isnull=False))
    return rows.filter(traded | Exists(Quote.objects.filter(**of_one)))


def newest(
    instruments: Iterable[Instrument], days: Days = Days(), world_id: int = LIVE_WORLD
) -> list[TickerRow]:
    """Tell the newest tick of each instrument and the days of its ticks, in three queries."""
    rows = list(instruments)
    wanted = {"instrument__in": [one.pk for one in rows], "world_id": world_id}
    traded = {one.instrument_id: one for one in Ticker.objects.filter(**wanted, at__isnull=False)}
    quoted = {one.instrument_id: one for one in Quote.objects.filter(**wanted)}
    dates: dict[int, list[date]] = {}
    for instrument, day in (
        days.of(TickDay.objects.filter(**wanted))
        .order_by("instrument_id", "day")
        .values_list("instrument_id", "day")
    ):
        dates.setdefault(instrument, []).append(day)
    found = (_row(one, traded.get(one.pk), quoted.get(one.pk), dates.get(one.pk, [])) for one in rows)
    return [one for one in found if one is not None]


def _row(
    instrument: Instrument, ticker: Ticker | None, quote: Quote | None, dates: list[date]
) -> TickerRow | None:
    traded = ticker is not None and (quote is None or (ticker.at is not None and quote.as_of <= ticker.at))
    if ticker is not None and traded and ticker.at is not None and ticker.price is not None:
        last = (ticker.price, ticker.quantity, ticker.ask, ticker.ask_size, ticker.at)
        return TickerRow(instrument, *last, dates)
    if quote is None:
        return None
    return TickerRow(instrument, quote.price, None, quote.ask, None, quote.as_of, dates)


@dataclass(frozen=True, slots=True)
class TickPage:
    """A window of an instrument's ticks, newest first, and how many there are in all."""

    ticks: list[Tick]
    total: int


def ticks(
    instrument: Instrument,
    *,
    skip: int,
    limit: int,
    since: datetime | None = None,
    world_id: int = LIVE_WORLD,
) -> TickPage:
    """Return a window of an instrument's ticks since an instant, newest first.

    Whole days are counted and passed over by what `TickDay` knows of them, so that the cost of a page
    is that of one day however many ticks there are.
    """
    rows = Tick.objects.filter(instrument=instrument, world_id=world_id)
    if since is not None:
        rows = rows.filter(at__gte=since)
    days = _counted(instrument, rows, since, world_id)
    total, left = sum(count for _last, count in days), skip
    for last_at, count in days:
        if left < count:
            page = rows.filter(at__lte=last_at).order_by("-at", "-seq")[left : left + limit]
            return TickPage(list(page), total)
        left -= count
    return TickPage([], total)


def _counted(
    instrument: Instrument, rows: QuerySet[Tick], since: datetime | None, world_id: int
) -> list[tuple[datetime, int]]:
    """Tell the last instant and the number of ticks of each day, the newest first."""
    days = TickDay.objects.filter(instrument=instrument, world_id=world_id, count__gt=0)
    if since is not None:
        days = days.filter(last_at__gte=since)
    found = list(days.order_by("-day").values_list("first_at", "last_at", "count"))
    return [
        (last, count if since is None or first >= since else rows.filter(at__lte=last).count())
        for first, last, count in found
    ]
