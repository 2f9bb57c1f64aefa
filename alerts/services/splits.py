"""Convert levels when a split takes effect, so that an alert still waits for the same value."""

from __future__ import annotations

from typing import Final

from django.db import connection

from alerts.services.evaluation import evaluate
from market.domain.bars import LARGEST

# What no column takes stays at its border: such a level waits for a price that nobody ever sees.
_SMALLEST: Final = "0.000000000000000001"
_CONVERTED: Final = f"least(greatest(level * %(old)s / %(new)s, {_SMALLEST}), {LARGEST:f} - {_SMALLEST})"
_ALERTS: Final = f"""
UPDATE alerts_alert SET level = {_CONVERTED}
WHERE instrument_id = %(instrument)s AND world_id = %(world)s AND state IN ('armed', 'resting', 'paused')
"""  # noqa: S608  # numbers of ours
_LEVELS: Final = f"""
UPDATE alerts_level SET level = {_CONVERTED}
WHERE instrument_id = %(instrument)s AND world_id = %(world)s
"""  # noqa: S608


def convert_levels(*, world_id: int, instrument_id: int, new: int, old: int) -> None:
    """Restate the levels on an instrument for `new` units that were `old` ones, where the split is."""
    # What is in the log is in old units: it is held against the old levels, and nobody else is at it now.
    evaluate(world_id=world_id)
    values = {"world": world_id, "instrument": instrument_id, "new": new, "old": old}
    with connection.cursor() as cursor:
        cursor.execute(_ALERTS, values)
        cursor.execute(_LEVELS, values)
