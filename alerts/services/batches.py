"""Hand a batch of the log to a statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core import clock
from market.models import MoveBatch


def values_of(batch: MoveBatch) -> dict[str, Any]:
    """Write a batch as the parameters of a statement: its columns as arrays, `at` and `now`."""
    return {
        "world": batch.world_id,
        "seq": batch.seq,
        "at": batch.time,
        "now": clock.now(),
        "instruments": _array(batch.instruments),
        "previous": _array(batch.previous),
        "prices": _array(batch.prices),
        "lows": _array(batch.lows),
        "highs": _array(batch.highs),
    }


def _array(numbers: Iterable[object]) -> str:
    """Write an array as PostgreSQL reads it; the driver takes ten times as long over one of 5,000 numbers."""
    return "{" + ",".join(["NULL" if one is None else str(one) for one in numbers]) + "}"
