"""Keep the levels at which the clauses of rules are looked at, and what the clauses remember."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from alerts.domain.clauses import (
    OURS,
    WINDOWS,
    Asked,
    Daily,
    Memory,
    Now,
    begin,
    looked_at_next,
    next_band,
    waits_for_any_move,
)
from alerts.domain.conditions import MOMENT, Side
from alerts.domain.regions import ALWAYS, Band
from alerts.domain.swings import Extremes
from alerts.models import Alert, Clause, Level
from alerts.selectors.history import Wanted, asked_by, daily, is_daily, next_day, revision, standing
from market.models import Instrument

_WINDOWS: Final = """
SELECT wanted.instrument, wanted.first, min(low), max(high)
FROM unnest(%(instruments)s::int[], %(firsts)s::timestamptz[]) AS wanted (instrument, first)
JOIN alerts_recentminute recent ON recent.instrument_id = wanted.instrument AND recent.world_id = %(world)s
    AND recent.at >= wanted.first
GROUP BY wanted.instrument, wanted.first
"""


@dataclass(slots=True)
class Watched:
    """A clause with what it says and remembers; `now` is what is known when it is looked at."""

    clause: Clause
    asked: Asked
    memory: Memory
    now: Now

    @property
    def instrument(self) -> Instrument:
        """The instrument that it is about.

        Raises:
            LookupError: it is about none.
        """
        if self.clause.instrument is None:
            raise LookupError(self.clause.pk)
        return self.clause.instrument

    @property
    def is_ours(self) -> bool:
        """Whether it is about an instrument's price, and not looked at by others."""
        return self.asked.kind in OURS


def watched(clause: Clause, at: datetime) -> Watched:
    """Take a clause as it is stored."""
    asked = asked_by(clause)
    if asked.kind not in OURS:
        memory = Memory(holds=clause.holds, spent=bool(clause.memory.get("spent")))
        return Watched(clause, asked, memory, Now(at))
    return Watched(clause, asked, Memory.read(clause.memory, holds=clause.holds), Now(at))


def windows(world_id: int, rows: Iterable[Watched]) -> dict[int, Extremes]:
    """Answer the extremes of the minutes that count and came after its arming, of each clause by its key."""
    asked = [one for one in rows if one.asked.kind in WINDOWS]
    if not asked:
        return {}
    spans = {one.clause.pk: (one.instrument.pk, _first_minute(one)) for one in asked}
    wanted = sorted(set(spans.values()))
    values: dict[str, Any] = {
        "world": world_id,
        "instruments": [instrument for instrument, _first in wanted],
        "firsts": [first for _instrument, first in wanted],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WINDOWS, values)
        found = {(key, first): Extremes(low, high) for key, first, low, high in cursor.fetchall()}
    return {clause: found[span] for clause, span in spans.items() if span in found}


def know_where(world_id: int, seq: int, rows: Iterable[Watched]) -> None:
    """Take in where prices stood after a batch, for clauses about minutes that hold.

    While these are not looked at, the price moves on; with the minutes it decides what still is so.
    """
    held = [one for one in rows if one.asked.kind in WINDOWS and one.memory.holds]
    prices = standing(world_id, seq, [one.instrument.pk for one in held]) if held else {}
    for one in held:
        one.memory = replace(one.memory, price=prices.get(one.instrument.pk) or one.memory.price)


def _first_minute(one: Watched) -> datetime:
    first = one.now.at.replace(second=0, microsecond=0) - timedelta(minutes=one.asked.minutes or 0)
    armed = one.memory.since
    return first if armed is None else max(first, armed + timedelta(minutes=1))


def arm_rules(alerts: Sequence[Alert], *, after: int, at: datetime, anew: bool = False) -> None:
    """Arm rules of one world: they see the batches of the log after a number, as of an instant of the world.

    One that fired and waits for the return has to stop being so first, where it is so now; not `anew`.
    """
    rows = _begun(alerts, at)
    ours = [one for found in rows.values() for one in found if one.is_ours]
    if not rows:
        return
    prices = standing(alerts[0].world.pk, after, [one.instrument.pk for one in ours]) if ours else {}
    for one in ours:
        one.memory = begin(one.asked, prices.get(one.instrument.pk), at, one.now.daily)
    for alert in alerts:
        _mark_told(rows[alert.pk], alert, again=not anew and was_told(alert))
    keep({alert.pk: alert for alert in alerts}, rows, seq=after)


def _begun(alerts: Sequence[Alert], at: datetime) -> dict[int, list[Watched]]:
    by_key = {alert.pk: alert for alert in alerts}
    rows: dict[int, list[Watched]] = {key: [] for key in by_key}
    clauses = Clause.objects.filter(alert__in=by_key).select_related("instrument__exchange", "portfolio")
    for clause in clauses.order_by("alert", "number"):
        clause.alert = by_key[clause.alert_id]
        one = watched(clause, at)
        if one.is_ours:
            one.memory = Memory()
        rows[clause.alert_id].append(one)
    ours = [one for found in rows.values() for one in found if one.is_ours and is_daily(one.asked)]
    if ours:
        renew(alerts[0].world.pk, ours)
    return rows


def renew(world_id: int, rows: Sequence[Watched]) -> None:
    """Bring clauses what the days that are over say now."""
    wanted = [Wanted(one.clause, one.asked, one.now.at, one.memory.bar) for one in rows]
    found: Mapping[int, Daily] = daily(world_id, wanted) if wanted else {}
    for one, asking in zip(rows, wanted, strict=True):
        told = found[asking.clause.pk]._replace(revision=revision(asking.clause))
        one.now = one.now._replace(daily=told)


def was_told(alert: Alert) -> bool:
    """Tell whether an alert fired since it began anew, and has to stop being so first."""
    return alert.fired > alert.fired_before and alert.rearm == Alert.Rearm.RETURN


def _mark_told(rows: Sequence[Watched], alert: Alert, *, again: bool) -> None:
    held = [one.asked.is_state and one.memory.holds for one in rows]
    spent = held if alert.joined == Alert.Joined.ANY else [all(held)] * len(rows)
    for one, is_spent in zip(rows, spent, strict=True):
        one.memory = replace(one.memory, spent=again and is_spent)


def keep(alerts: Mapping[int, Alert], rows: Mapping[int, Sequence[Watched]], *, seq: int) -> None:
    """Store what clauses remember, and at which prices they are looked at next, after the batch `seq`.

    What is as it was is not written again: a rule is looked at often, and seldom changes.
    """
    changed, moved, levels = [], [], []
    known = _known_levels(rows)
    for key, found in rows.items():
        bands = _bands(alerts[key], found)
        for one, next_ in zip(found, bands, strict=True):
            wanted = _levels(alerts[key], one, next_, seq) if one.is_ours else []
            elsewhere = {(level.side, level.level) for level in wanted} != known[one.clause.pk]
            if elsewhere:
                moved.append(one.clause)
                levels += wanted
            if elsewhere or _learnt(one):
                one.clause.holds, one.clause.seen = one.memory.holds, seq
                one.clause.memory = _stored(one)
                changed.append(one.clause)
    if changed:
        Clause.objects.bulk_update(changed, ["holds", "seen", "memory"])
    if moved:
        Level.objects.filter(clause__in=moved).delete()
        Level.objects.bulk_create(levels)


def _known_levels(rows: Mapping[int, Sequence[Watched]]) -> dict[int, set[tuple[str, Decimal]]]:
    found: dict[int, set[tuple[str, Decimal]]] = defaultdict(set)
    levels = Level.objects.filter(alert__in=list(rows), clause__isnull=False)
    for clause, side, level in levels.values_list("clause_id", "side", "level"):
        found[clause].add((side, level))
    return found


def _learnt(one: Watched) -> bool:
    """Tell whether a clause knows more than where the price is, which matters only with its levels."""
    here = {} if "price" not in one.clause.memory else {"price": one.clause.memory["price"]}
    stored = _stored(one)
    now = stored | here if "price" in stored else stored
    return (one.memory.holds, now) != (one.clause.holds, one.clause.memory)


def _stored(one: Watched) -> dict[str, Any]:
    if one.is_ours:
        return one.memory.stored()
    others = {name: value for name, value in one.clause.memory.items() if name != "spent"}
    return others | ({"spent": True} if one.memory.spent else {})


def _bands(alert: Alert, rows: Sequence[Watched]) -> list[Band]:
    seen = [(one.asked.is_state, one.memory.holds, one.memory.spent) for one in rows]
    at_once = waits_for_any_move(alert.joined, seen)
    return [
        ALWAYS if now or not one.is_ours else next_band(one.asked, one.memory, one.now)
        for one, now in zip(rows, at_once, strict=True)
    ]


def _levels(alert: Alert, one: Watched, found: Band, seq: int) -> list[Level]:
    below, above = found.levels
    wanted: list[tuple[str, Decimal | None]] = [(Side.BELOW.value, below), (Side.ABOVE.value, above)]
    if is_daily(one.asked):
        wanted.append((MOMENT, Decimal(int(next_day(one.instrument, one.now.at).timestamp()))))
    due = looked_at_next(one.asked, one.memory, one.now.at)
    if due is not None:
        wanted.append((MOMENT, Decimal(int(due.timestamp()))))
    return [
        level_of_clause(alert, one.clause, side, level, after=seq)
        for side, level in wanted
        if level is not None
    ]


def level_of_clause(alert: Alert, clause: Clause, side: str, level: Decimal, *, after: int) -> Level:
    """Make a level at which a clause of a rule is looked at."""
    return Level(
        alert=alert,
        clause=clause,
        world=alert.world,
        instrument=clause.instrument,
        side=side,
        level=level,
        after=after,
    )
