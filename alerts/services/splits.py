"""Convert levels when a split takes effect, so that an alert still waits for the same value."""

from __future__ import annotations

from typing import Final

from django.db import connection

_ALERTS: Final = """
UPDATE alerts_alert SET level = level * %(old)s / %(new)s
WHERE instrument_id = %(instrument)s AND world_id = %(world)s AND state IN ('armed', 'resting', 'paused')
"""
_LEVELS: Final = """
UPDATE alerts_level SET level = level * %(old)s / %(new)s
WHERE instrument_id = %(instrument)s AND world_id = %(world)s
"""


def convert_levels(*, world_id: int, instrument_id: int, new: int, old: int) -> None:
    """Restate the levels on an instrument for `new` units that were `old` ones, where the split is."""
    values = {"world": world_id, "instrument": instrument_id, "new": new, "old": old}
    with connection.cursor() as cursor:
        cursor.execute(_ALERTS, values)
        cursor.execute(_LEVELS, values)
