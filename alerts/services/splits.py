"""Convert levels when a split takes effect, so that an alert still waits for the same value."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db import connection

from alerts.domain.clauses import OURS, Memory
from alerts.domain.conditions import MOMENT
from alerts.domain.rules import Kind
from alerts.models import Alert, Clause, Level
from alerts.services.evaluation import evaluate
from alerts.services.watching import level_of_clause
from core.money import round_amount
from market.domain.bars import LARGEST, PLACES
from market.domain.charts import scaled

# What no column takes stays at its border: such a level waits for a price that nobody ever sees.
_SMALLEST: Final = "0.000000000000000001"
_BORDERS: Final = (Decimal(_SMALLEST), LARGEST - Decimal(_SMALLEST))


def _converted(column: str) -> str:
    return f"least(greatest({column} * %(old)s / %(new)s, {_SMALLEST}), {LARGEST:f} - {_SMALLEST})"


_ALERTS: Final = f"""
UPDATE alerts_alert SET level = {_converted("level")}
WHERE instrument_id = %(instrument)s AND world_id = %(world)s
"""  # noqa: S608  # numbers of ours
_LEVELS: Final = f"""
UPDATE alerts_level SET level = {_converted("level")}
WHERE instrument_id = %(instrument)s AND world_id = %(world)s AND clause_id IS NULL
"""  # noqa: S608
_RECENT: Final = f"""
UPDATE alerts_recentminute SET low = {_converted("low")}, high = {_converted("high")}
WHERE instrument_id = %(instrument)s AND world_id = %(world)s
"""  # noqa: S608


def convert_levels(*, world_id: int, instrument_id: int, new: int, old: int) -> None:
    """Restate what waits for prices of an instrument for `new` units that were `old`, in one world.

    What is done too, for it may be armed again or copied; what fired keeps the level that it fired at.
    """
    # What is in the log is in old units: it is held against the old levels, and nobody else is at it now.
    evaluate(world_id=world_id)
    values = {"world": world_id, "instrument": instrument_id, "new": new, "old": old}
    with connection.cursor() as cursor:
        for statement in (_ALERTS, _LEVELS, _RECENT):
            cursor.execute(statement, values)
    _convert_clauses(world_id, instrument_id, Fraction(old, new))


def _convert_clauses(world_id: int, instrument_id: int, by: Fraction) -> None:
    """Restate clauses with what they remember; the next move has each of those looked at that are armed."""
    every = Clause.objects.filter(alert__world=world_id, instrument=instrument_id)
    rows = list(every.select_related("alert__world", "instrument").order_by("pk"))
    for clause in rows:
        clause.level, clause.upper = _scaled(clause.level, by), _scaled(clause.upper, by)
        if Kind(clause.kind) in OURS:
            clause.memory = _remembered(Memory.read(clause.memory, holds=clause.holds), by)
    Clause.objects.bulk_update(rows, ["level", "upper", "memory"])
    Level.objects.filter(clause__in=rows).delete()
    Level.objects.bulk_create(
        level_of_clause(one.alert, one, MOMENT, Decimal(0), after=0)
        for one in rows
        if one.alert.state == Alert.State.ARMED and Kind(one.kind) in OURS
    )


def _remembered(memory: Memory, by: Fraction) -> dict[str, Any]:
    reference, price = _scaled(memory.reference, by), _scaled(memory.price, by)
    low, high = _scaled(memory.low, by), _scaled(memory.high, by)
    return replace(memory, reference=reference, low=low, high=high, price=price).stored()


def _scaled(value: Decimal | None, by: Fraction) -> Decimal | None:
    if value is None:
        return None
    low, high = _BORDERS
    return min(max(round_amount(scaled(value, by), PLACES), low), high)
