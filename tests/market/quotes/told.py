"""Quotes of one day as tests tell them, and the log as they read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.models import LIVE_WORLD
from market.domain.quotes import NewQuote
from market.models import Instrument, MoveBatch
from market.services.quotes import Recorded, record_quotes

NOON = datetime(2024, 3, 6, 12, tzinfo=UTC)  # a Wednesday


def number(value: str | int) -> Decimal:
    return Decimal(value)


def told(instrument: Instrument, price: str, minutes: int = 0, **fields: Any) -> NewQuote:
    """Make a quote so many minutes after (or before) noon of 6 March 2024, UTC."""
    at = fields.pop("at", NOON + timedelta(minutes=minutes))
    values = {"source": "feed", **fields}
    return NewQuote(instrument=instrument.pk, price=Decimal(price), at=at, **values)


def record(*quotes: NewQuote, world_id: int = LIVE_WORLD) -> Recorded:
    return record_quotes(world_id=world_id, batch=quotes)


def logged(world_id: int = LIVE_WORLD) -> list[tuple[Any, ...]]:
    """List the log: number, and per instrument its previous price, new price, low and high."""
    return [
        (row.seq, *zip(row.instruments, row.previous, row.prices, row.lows, row.highs, strict=True))
        for row in MoveBatch.objects.filter(world_id=world_id).order_by("seq")
    ]
