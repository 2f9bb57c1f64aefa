"""How far prices are from what alerts wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from alerts.domain.conditions import Condition
from alerts.domain.rules import Kind
from alerts.models import Alert
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors.quotes import LastQuote, newest

_OF_LEVELS: Final = frozenset(
    {*(one.value for one in Condition), Kind.INSIDE.value, Kind.ENTERS.value, Kind.LEAVES.value}
)
_PLACES: Final = Decimal("0.0001")


def distances(alerts: Sequence[Alert]) -> dict[int, Decimal]:
    """Tell how far the price has to go to the nearest level, in per cent of the price, by the alert's key.

    5 is 5 % up. An alert without a level of a price, or without a price, is left out.
    """
    levels = {one.pk: list(_levels(one)) for one in alerts}
    wanted = {instrument.pk for found in levels.values() for instrument, _level in found}
    quotes = newest(LIVE_WORLD, wanted) if wanted else {}
    nearest = {key: _nearest(found, quotes) for key, found in levels.items()}
    return {key: one for key, one in nearest.items() if one is not None}


def _levels(alert: Alert) -> Iterator[tuple[Instrument, Decimal]]:
    """List the levels of an alert, in quote units, with their instruments."""
    if alert.instrument is not None and alert.level is not None:
        yield alert.instrument, alert.level
    for clause in alert.clauses.all():
        if clause.instrument is not None and clause.kind in _OF_LEVELS:
            for level in (clause.level, clause.upper):
                if level is not None:
                    yield clause.instrument, level


def _nearest(levels: Sequence[tuple[Instrument, Decimal]], quotes: Mapping[int, LastQuote]) -> Decimal | None:
    ways = [
        (level * instrument.quote_unit / quote.price - 1) * 100
        for instrument, level in levels
        if (quote := quotes.get(instrument.pk)) is not None and quote.price > 0
    ]
    return min(ways, key=abs).quantize(_PLACES) if ways else None
