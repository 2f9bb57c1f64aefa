"""Shapes of the published contract's tickers, ticks and bars, for its endpoints and its socket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from market.domain.ticks import tick_id
from market.models import Instrument, Tick
from market.selectors.ohlc import Bar
from market.selectors.tickers import TickerRow

DAY_FORMAT: Final = "%d-%m-%Y"


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
