"""What each source is to be asked for now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from market.domain.feeding import Asked, Order, chosen, is_due, slice_of
from market.models import PriceSource, SourceAsk, SourceSymbol
from market.providers import Ability
from market.selectors import feeds, sessions
from market.services.feeds.order import able, adapter_of, is_limited_long, is_past


@dataclass(frozen=True, slots=True)
class Task:
    """What one source is to be asked for now, by the ids of instruments."""

    source: int
    instruments: list[int]


def plan(now: datetime) -> list[Task]:
    """Tell what each source is to be asked for at an instant; one that nothing is due of is left out."""
    there = [row for row in able(Ability.QUOTES) if _is_there(row, now)]
    if not there:
        return []
    due, counts = _due(there, now)
    free = [row for row in there if is_past(row.limited_until, now) and is_past(row.claimed_until, now)]
    return [task for row in free for task in _task(row, due[row.pk], counts[row.pk], now)]


def _is_there(row: PriceSource, now: datetime) -> bool:
    """Tell whether a source is asked, or waited for; where that takes long the next one takes its place."""
    if not is_past(row.open_until, now) or is_limited_long(row, now):
        return False
    return feeds.wait_of(row, now) <= timedelta(seconds=2 * row.interval)


def _due(
    there: Sequence[PriceSource], now: datetime
) -> tuple[dict[int, dict[int, datetime | None]], dict[int, int]]:
    """Tell what is due of each source, with when that was last asked, and how much there is of it in all."""
    instruments = feeds.wanted()
    orders = _orders(there, [one.pk for one in instruments])
    markets = sessions.markets(instruments, now)
    intervals = {row.pk: timedelta(seconds=row.interval) for row in there}
    due: dict[int, dict[int, datetime | None]] = defaultdict(dict)
    counts: dict[int, int] = defaultdict(int)
    for one in instruments:
        order = chosen(orders[one.pk], intervals, now)
        if order is None:
            continue
        counts[order.source] += 1
        asked = order.asked.at if order.asked else None
        if is_due(markets[one.pk], asked, intervals[order.source], now):
            due[order.source][one.pk] = asked
    return due, counts


def _task(source: PriceSource, due: dict[int, datetime | None], wanted: int, now: datetime) -> Iterator[Task]:
    """Take as much of what is due as the time and the budget allow."""
    interval = timedelta(seconds=source.interval)
    passed = now - source.asked_at if source.asked_at else interval
    at_once = max(1, getattr(adapter_of(source), "most_at_once", 1))
    rows = slice_of(due, passed, interval, wanted, at_once)
    left = feeds.left_of(source, now) if rows else None
    rows = rows if left is None else rows[: left * at_once]
    if rows:
        yield Task(source.pk, rows)


def _orders(there: Sequence[PriceSource], ids: Collection[int]) -> dict[int, list[Order]]:
    """Tell for each instrument the sources in question, and what they were asked of it."""
    places = {row.pk: row.priority for row in there}
    known: Any = {"instrument__in": ids, "source__in": list(places)}
    said = {(row.source_id, row.instrument_id): row for row in SourceSymbol.objects.filter(**known)}
    asks = SourceAsk.objects.filter(**known).values_list(
        "source_id", "instrument_id", "asked_at", "lacking_until"
    )
    asked = {(source, one): Asked(at, lacking) for source, one, at, lacking in asks}
    return {
        one: [
            Order(source, _place(said.get((source, one)), usual), asked.get((source, one)))
            for source, usual in places.items()
            if not _is_excluded(said.get((source, one)))
        ]
        for one in ids
    }


def _place(said: SourceSymbol | None, usual: int) -> int:
    return usual if said is None or said.priority is None else said.priority


def _is_excluded(said: SourceSymbol | None) -> bool:
    return said is not None and said.is_excluded
