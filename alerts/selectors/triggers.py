"""The times that an alert fired, with prices for one unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from alerts.models import Alert, Trigger


@dataclass(frozen=True, slots=True)
class Told:
    """One time that an alert fired; prices for one unit, in the currency of what it watches.

    `took` is how long after the price the alert was recorded, in seconds.
    """

    number: int
    at: datetime
    level: Decimal | None
    previous: Decimal | None
    price: Decimal | None
    low: Decimal | None
    high: Decimal | None
    source: str
    took: Decimal


def told_triggers(alert: Alert, triggers: Iterable[Trigger]) -> list[Told]:
    """Tell triggers of one alert as its page shows them."""
    unit = alert.instrument.quote_unit if alert.instrument is not None else Decimal(1)
    return [_told(one, unit) for one in triggers]


def _told(one: Trigger, unit: Decimal) -> Told:
    prices = {
        name: None if (price := getattr(one, name)) is None else price * unit
        for name in ("level", "previous", "price", "low", "high")
    }
    took = Decimal(str(max((one.recorded_at - one.at).total_seconds(), 0)))
    return Told(number=one.number, at=one.at, source=one.source, took=took, **prices)
