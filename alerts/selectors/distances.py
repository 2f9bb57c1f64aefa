"""How far prices are from what alerts wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from alerts.models import Alert
from alerts.selectors.waits import PRICES
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors.quotes import newest

_PLACES: Final = Decimal("0.0001")
_FAR: Final = Decimal("Infinity")


class Aim(NamedTuple):
    """A price that an alert waits for, for one unit, in the currency; without one, what it watches."""

    instrument: Instrument
    level: Decimal | None

    def distance(self, price: Decimal | None) -> Decimal | None:
        """Tell how far a price has to go, as a ratio of it: 0.05 is 5 % up; None where one is not known."""
        return self.level / price - 1 if self.level is not None and price else None


def aims(alert: Alert) -> list[Aim]:
    """List what an alert watches, with each level that a price has to reach."""
    if alert.instrument is not None:
        return [_aim(alert.instrument, alert.level)]
    return [
        _aim(clause.instrument, level)
        for clause in alert.clauses.all()
        if clause.instrument is not None
        for level in _levels(clause.kind, clause.level, clause.upper)
    ]


def nearest(found: Sequence[Aim], prices: Mapping[int, Decimal]) -> Aim | None:
    """Choose the aim that its price is nearest to, by the instrument's key; without any price, the first."""

    def far(one: Aim) -> Decimal:
        way = one.distance(prices.get(one.instrument.pk))
        return _FAR if way is None else abs(way)

    return min(found, key=far, default=None)


def distances(alerts: Sequence[Alert]) -> dict[int, Decimal]:
    """Tell how far the price has to go to the nearest level, in per cent of the price, by the alert's key.

    5 is 5 % up. An alert without a level of a price, or without a price, is left out.
    """
    found = {one.pk: aims(one) for one in alerts}
    wanted = {aim.instrument.pk for some in found.values() for aim in some if aim.level is not None}
    quotes = newest(LIVE_WORLD, wanted) if wanted else {}
    prices = {key: quote.price for key, quote in quotes.items()}
    told = {}
    for key, some in found.items():
        aim = nearest(some, prices)
        way = aim.distance(prices.get(aim.instrument.pk)) if aim else None
        if way is not None:
            told[key] = (way * 100).quantize(_PLACES)
    return told


def _levels(kind: str, *levels: Decimal | None) -> list[Decimal | None]:
    known = [one for one in levels if one is not None] if kind in PRICES else []
    return [*known] or [None]


def _aim(instrument: Instrument, level: Decimal | None) -> Aim:
    return Aim(instrument, None if level is None else (level * instrument.quote_unit).normalize())
