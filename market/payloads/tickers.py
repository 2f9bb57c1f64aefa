"""Shapes of the published contract's tickers, ticks and bars, for its endpoints and its socket."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from core.api.rendering import JSONRenderer
from core.live.feeds import Feed, Reading, Topic
from core.models import LIVE_WORLD
from market.domain.ticks import tick_id
from market.models import Instrument, Tick
from market.selectors import tickers
from market.selectors.ohlc import Bar
from market.selectors.tickers import TickerRow

DAY_FORMAT: Final = "%d-%m-%Y"


class TickerFeed(Feed):
    """Windows of tickers as somebody sees them: its key is that `Asked`, and its one topic the window."""

    name: ClassVar[str] = "tickers"
    items: ClassVar[str] = "tickers"
    wakes_with: ClassVar[tuple[str, str] | None] = ("prices", str(LIVE_WORLD))
    bare: ClassVar[bool] = True
    rest: ClassVar[float] = 1.0

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        """Read the window, whole."""
        asked = Asked.read(key)
        rows = tickers.tickers(asked, asked.search)
        page = tickers.newest(rows[asked.skip : asked.skip + asked.limit])
        text = JSONRenderer().render(ticker_page(page, rows.count(), asked.skip, asked.limit))
        return Reading(0, dict.fromkeys((*followed, *fresh), text))

    def front(self, key: str) -> bytes:
        """Name nothing: the frame is the window."""
        return b""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which window of tickers somebody asks for; `pk` is theirs, None: nobody in particular."""

    pk: UUID | None
    skip: int
    limit: int
    search: str

    @property
    def key(self) -> str:
        """The window as the key of a stream."""
        return json.dumps([str(self.pk) if self.pk else None, self.skip, self.limit, self.search])

    @classmethod
    def read(cls, key: str) -> Asked:
        """Read a key."""
        pk, skip, limit, search = json.loads(key)
        return cls(UUID(pk) if pk else None, skip, limit, search)


def ticker_page(rows: list[TickerRow], total: int, skip: int, limit: int) -> dict[str, Any]:
    """Shape a window of tickers as the contract does."""
    return {
        "tickers_with_dates": [
            {
                "id": one.instrument.uuid,
                "ticker": one.instrument.symbol,
                "dates": [f"{day:{DAY_FORMAT}}" for day in one.dates],
                "sellqty": one.ask_size,
                "sellprice": one.ask,
                "ltp": one.price,
                "ltq": one.quantity,
                "latest_timestamp": _instant(one.at),
            }
            for one in rows
        ],
        "total": total,
        "skip": skip,
        "limit": limit,
    }


def tick_json(instrument: Instrument, one: Tick) -> dict[str, Any]:
    """Shape a tick; its date and time are UTC."""
    at = one.at.astimezone(UTC)
    return {
        "id": tick_id(instrument.uuid, at, one.seq),
        "ltp": one.price,
        "sellprice": one.ask,
        "sellqty": one.ask_size,
        "ltq": one.quantity,
        "openinterest": one.open_interest,
        "tick_id": instrument.uuid,
        "buyprice": one.bid,
        "buyqty": one.bid_size,
        "timestamp": _instant(at),
        "date": f"{at:%d/%m/%Y}",
        "time": f"{at:%H:%M:%S}",
    }


def bar_json(instrument: Instrument, one: Bar) -> dict[str, Any]:
    """Shape a bar."""
    return {
        "ticker": instrument.symbol,
        "date": one.day,
        "timestamp": None if one.at is None else _instant(one.at),
        "open": one.open,
        "high": one.high,
        "low": one.low,
        "close": one.close,
        "volume": one.volume,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
