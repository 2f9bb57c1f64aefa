"""On which days of the last year an alert would have fired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from alerts.domain.clauses import (
    OURS,
    PURCHASES,
    WINDOWS,
    Asked,
    Daily,
    Look,
    Memory,
    Now,
    Seen,
    begin,
    decide,
    look,
    stands,
)
from alerts.domain.conditions import Step
from alerts.domain.history import bars_needed
from alerts.domain.rules import Kind
from alerts.models import Clause
from alerts.selectors.history import asked_by, is_daily, said
from core import clock
from market.domain import charts
from market.domain.bars import BarRow
from market.models import Instrument
from market.selectors import actions
from market.selectors.charts import newest_quote, rows_from

DAYS: Final = 365
_ONE: Final = Decimal(1)
_NEW: Final = 2


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """A day on which it would have fired: the close, in the major currency of the instrument that did it.

    Per unit of today. `within`: the day's range did it, which its close alone would not have.
    """

    day: date
    price: Decimal
    instrument: Instrument
    within: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The days, ascending, and which kinds of clauses daily prices say nothing about."""

    days: list[PreviewDay]
    left_out: list[Kind]


@dataclass(slots=True)
class _Part:
    """A clause with the bars of its instrument, and what it remembers."""

    instrument: Instrument
    asked: Asked
    bars: Sequence[BarRow]
    places: Mapping[date, int]
    memory: Memory
    known: dict[Any, Daily]


def preview(world_id: int, joined: str, clauses: Sequence[Clause]) -> Preview:
    """Hold the daily bars of the last year against clauses, stored or not; each day as one move.

    A day goes from the close before to its own, by its highest and lowest. Once it fired it counts again when
    it stopped being so, as an alert that repeats. Of "all of" nothing is left where a clause is left out.
    """
    asked = [(one, asked_by(one)) for one in clauses]
    told = [(one, what) for one, what in asked if what.kind in OURS - WINDOWS - PURCHASES]
    left_out = [what.kind for _one, what in asked if what.kind not in OURS - WINDOWS - PURCHASES]
    if not told or (left_out and joined == "all"):
        return Preview([], left_out)
    start = clock.today("UTC") - timedelta(days=DAYS)
    bars = _bars(world_id, told, start)
    # clauses that ask the same of the same bars work it out once
    known: dict[Any, dict[Any, Daily]] = defaultdict(dict)
    parts = [_part(one, what, bars, start) for one, what in told]
    for part in parts:
        part.known = known[part.instrument.pk, part.asked]
    days = sorted({bar.day for rows in bars.values() for bar in rows if bar.day > start})
    found = (_day(joined, parts, day) for day in days)
    return Preview([one for one in found if one is not None], left_out)


def _bars(world_id: int, told: Sequence[tuple[Clause, Asked]], start: date) -> dict[int, list[BarRow]]:
    found = {}
    for instrument in {one.instrument for one, _asked in told if one.instrument is not None}:
        lead = max(
            bars_needed(asked.kind, asked.days, asked.slow_days)
            for one, asked in told
            if one.instrument == instrument
        )
        rows = rows_from(world_id, instrument, start, newest_quote(world_id, instrument), lead=lead)
        found[instrument.pk] = charts.adjusted(rows, actions.splits([instrument.pk]), _ONE)
    return found


def _part(clause: Clause, asked: Asked, bars: Mapping[int, list[BarRow]], start: date) -> _Part:
    instrument = clause.instrument
    if instrument is None:
        raise LookupError(clause.kind)
    rows = bars[instrument.pk]
    before = [bar for bar in rows if bar.day <= start]
    price = before[-1].close if before else None
    daily = said(asked, before, start + timedelta(days=1), None) if is_daily(asked) else None
    memory = begin(asked, price, _noon(start), daily)
    return _Part(instrument, asked, rows, {bar.day: at for at, bar in enumerate(rows)}, memory, {})


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def _day(joined: str, parts: Sequence[_Part], day: date) -> PreviewDay | None:
    told = [_told(one, day) for one in parts]
    looks = [_looked(one, day, now, whole=True) for one, now in zip(parts, told, strict=True)]
    at_close = [_looked(one, day, now, whole=False) for one, now in zip(parts, told, strict=True)]
    decision = decide(joined, _seen(parts, looks))
    within = not decide(joined, _seen(parts, at_close)).fires
    for one, found, spent in zip(parts, looks, decision.spent, strict=True):
        one.memory = replace(found.memory, spent=spent)
    if not decision.fires:
        return None
    last = next((at for at, found in enumerate(looks) if found.verdict.happened), 0)
    part = parts[last]
    close = part.bars[part.places[day]].close if day in part.places else part.memory.price or _ONE
    _again(joined, parts, day)
    return PreviewDay(day, close * part.instrument.quote_unit, part.instrument, within)


def _seen(parts: Sequence[_Part], looks: Sequence[Look]) -> list[Seen]:
    return [
        Seen(one.asked.is_state, one.memory.spent, found.verdict)
        for one, found in zip(parts, looks, strict=True)
    ]


def _told(part: _Part, day: date) -> Now:
    at = part.places.get(day)
    if at is None or not is_daily(part.asked):
        return Now(_noon(day))
    key = day, part.memory.bar
    if key not in part.known:
        asked = part.asked
        # two bars are new at most: a day's, and that before it where it had none when it was armed
        most = bars_needed(asked.kind, asked.days, asked.slow_days) + _NEW
        part.known[key] = said(asked, part.bars[max(at - most, 0) : at], day, part.memory.bar)
    return Now(_noon(day), part.known[key])


def _looked(part: _Part, day: date, now: Now, *, whole: bool) -> Look:
    at = part.places.get(day)
    if at is None:
        return stands(part.asked, part.memory, now)
    return look(part.asked, part.memory, _step(part.bars, at, whole=whole), now)


def _step(bars: Sequence[BarRow], at: int, *, whole: bool) -> Step:
    bar, previous = bars[at], bars[at - 1].close if at else None
    known = [bar.close] if previous is None else [previous, bar.close]
    if whole:
        known += [one for one in (bar.open, bar.high, bar.low) if one is not None]
    return Step(previous, bar.close, min(known), max(known))


def _again(joined: str, parts: Sequence[_Part], day: date) -> None:
    """Arm it again in the evening of the day on which it fired."""
    for one in parts:
        known: Daily | None = None
        if is_daily(one.asked):
            known = Daily(one.memory.reference, holds=one.memory.holds, bar=one.memory.bar)
        one.memory = begin(one.asked, one.memory.price, _noon(day), known)
    held = [one.asked.is_state and one.memory.holds for one in parts]
    for one, holds in zip(parts, held, strict=True):
        one.memory = replace(one.memory, spent=holds if joined == "any" else all(held))
