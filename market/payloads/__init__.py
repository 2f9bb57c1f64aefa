"""Shapes that sockets tell: a quote as it goes to the pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, cast

import orjson

from core import clock
from core.live.feeds import Feed, Reading, Topic
from core.models import LIVE_WORLD, World
from core.money import plain
from core.worlds import now_in
from market.domain.prices import quality_of_quote
from market.selectors.live import LiveQuote, moved_since

_RATIO_PLACES: Final = Decimal("0.000001")


class PriceFeed(Feed):
    """The newest quotes of a world; its key is the world's id, a topic an instrument's."""

    name: ClassVar[str] = "prices"
    items: ClassVar[str] = "prices"

    def read(
        self, key: str, after: int | None, followed: Collection[Topic], fresh: Collection[Topic]
    ) -> Reading:
        """Read quotes that moved after a number of the world's log, and all of `fresh`."""
        world_id = int(key)
        seq, quotes = moved_since(
            world_id, after or 0, cast("Collection[int]", followed), cast("Collection[int]", fresh)
        )
        now = clock.now() if world_id == LIVE_WORLD else now_in(World.objects.get(pk=world_id))
        return Reading(seq, {one.instrument: quote_json(one, now) for one in quotes})

    def front(self, key: str) -> bytes:
        """Name the world."""
        return b'"world":%d' % int(key)


def quote_json(quote: LiveQuote, now: datetime) -> bytes:
    """Write a quote: amounts as decimal texts in its currency, the day's change also as a ratio."""
    change = ratio = None
    if quote.previous_close:
        change = quote.price - quote.previous_close
        ratio = (change / quote.previous_close).quantize(_RATIO_PLACES)
    shape: dict[str, Any] = {
        "id": str(quote.uuid),
        "symbol": quote.symbol,
        "currency": quote.currency,
        "price": plain(quote.price),
        "previous_close": _text(quote.previous_close),
        "change": _text(change),
        "change_ratio": _text(ratio),
        "open": _text(quote.open),
        "high": plain(quote.high),
        "low": plain(quote.low),
        "bid": _text(quote.bid),
        "ask": _text(quote.ask),
        "volume": _text(quote.volume),
        "as_of": quote.at,
        "source": quote.source,
        "quality": quality_of_quote(quote.given, quote.at, quote.day, now).value,
    }
    return orjson.dumps(shape, option=orjson.OPT_UTC_Z)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
