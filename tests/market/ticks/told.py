"""Files of ticks as tests write them, and what the tables say afterwards."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import Instrument, MinuteBar, Tick, TickDay
from market.services.tick_import import TickOptions, TickOutcome, import_ticks

HEADER = "ticker,date,time,ltp,ltq,buyprice,buyqty,sellprice,sellqty,openinterest"


def line(time: str, price: str, *, ticker: str = "STK", day: str = "05/04/2022", quantity: str = "10") -> str:
    """Write a line as the old stock service does."""
    return f"{ticker},{day},{time},{price},{quantity},99.5,20,100.5,30,0"


def bring(*lines: str, header: str = HEADER, name: str = "ticks.csv", **options: Any) -> TickOutcome:
    """Import lines under a header."""
    return bring_bytes("\n".join([header, *lines]).encode() + b"\n", name, **options)


def bring_bytes(data: bytes, name: str = "ticks.csv", **options: Any) -> TickOutcome:
    return import_ticks(
        actor=Actor.system("test"), file=io.BytesIO(data), name=name, options=TickOptions(**options)
    )


def counts(outcome: TickOutcome) -> tuple[int, int, int, int]:
    """Tell how many were read, stored, known and refused."""
    return outcome.read, outcome.stored, outcome.known, outcome.refused


def at(time: str, day: str = "2022-04-05") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)


def ticks(instrument: Instrument) -> list[tuple[datetime, int, Decimal]]:
    """List what is stored: instant, number at that instant, price."""
    rows = Tick.objects.filter(instrument=instrument, world_id=LIVE_WORLD).order_by("at", "seq")
    return list(rows.values_list("at", "seq", "price"))


def bars(model: type[MinuteBar | TickDay], instrument: Instrument) -> list[tuple[Any, ...]]:
    """List bars: when, open, high, low, close, volume, count."""
    key = "at" if model is MinuteBar else "day"
    rows = model.objects.filter(instrument=instrument, world_id=LIVE_WORLD).order_by(key)
    return list(rows.values_list(key, "open", "high", "low", "close", "volume", "count"))
