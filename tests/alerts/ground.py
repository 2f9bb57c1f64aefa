"""Clauses as tests write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from alerts.domain.rules import Kind
from alerts.services.rules import ClauseData
from market.models import Instrument


def clause(kind: str, instrument: Instrument | None = None, **more: Any) -> ClauseData:
    """Write a clause: ``clause("above", share, level="10")``."""
    for name in ("level", "upper", "percent"):
        if name in more:
            more[name] = Decimal(more[name])
    return ClauseData(Kind(kind), None if instrument is None else instrument.uuid, **more)
