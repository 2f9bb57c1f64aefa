"""Clauses as tests write them, and what tests of pages share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.urls import reverse

from alerts.domain.rules import Kind
from alerts.models import Alert
from alerts.services.evaluation import evaluate
from alerts.services.rules import ClauseData
from core.models import LIVE_WORLD
from market.models import Instrument

HTMX = {"HX-Request": "true"}


def clause(kind: str, instrument: Instrument | None = None, **more: Any) -> ClauseData:
    """Write a clause: ``clause("above", share, level="10")``."""
    for name in ("level", "upper", "percent"):
        if name in more:
            more[name] = Decimal(more[name])
    return ClauseData(Kind(kind), None if instrument is None else instrument.uuid, **more)


def fire(tell: Callable[..., None], share: Instrument, *prices: str) -> None:
    """Tell prices, a minute apart from noon, and let what they fire fire."""
    for minute, price in enumerate(prices):
        tell(share, price, minute)
    evaluate(world_id=LIVE_WORLD)


def one(alert: Alert, name: str = "alert") -> str:
    """Tell the address of a page of an alert."""
    return reverse(name, args=[alert.uuid])
