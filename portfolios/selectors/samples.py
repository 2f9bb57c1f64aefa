"""What a sample portfolio can be made of."""

from __future__ import annotations

from datetime import date

from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors import instruments, prices

_NOT_BOUGHT = [Instrument.Kind.INDEX, Instrument.Kind.CURRENCY_PAIR]


def fictional_listings(since: date) -> dict[str, Instrument]:
    """List the public fictional instruments that have had prices since a day, by symbol."""
    rows = instruments.visible_to(None).filter(is_fictional=True).exclude(kind__in=_NOT_BOUGHT)
    found = {row.pk: row for row in rows.order_by("symbol")}
    known = prices.closes_on(LIVE_WORLD, found, since)
    return {row.symbol: row for key, row in found.items() if key in known}
