"""The times that an alert fired, with prices for one unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from alerts.models import Alert, Clause, Trigger
from alerts.selectors.facts import asked
from alerts.selectors.waits import about, amount, says
from market.models import Instrument


@dataclass(frozen=True, slots=True)
class Fact:
    """What a clause saw: its words, and what its instrument was at, written; `last`: it came last."""

    words: str
    at: str
    last: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One time that an alert fired; prices for one unit, in `currency`.

    `facts` are of the clauses that were so. `took` is how long after the price it was recorded, in seconds.
    """

    number: int
    at: datetime
    level: Decimal | None
    previous: Decimal | None
    price: Decimal | None
    low: Decimal | None
    high: Decimal | None
    currency: str
    source: str
    took: Decimal
    facts: list[Fact]


def told_triggers(alert: Alert, triggers: Iterable[Trigger]) -> list[Told]:
    """Tell triggers of one alert as its page shows them."""
    return [_told(alert, one) for one in triggers]


def _told(alert: Alert, one: Trigger) -> Told:
    known = asked(alert, one) if alert.joined != Alert.Joined.ONE else []
    instrument = alert.instrument or _last_instrument(known)
    unit = instrument.quote_unit if instrument is not None else Decimal(1)
    prices = {
        name: None if (price := getattr(one, name)) is None else price * unit
        for name in ("level", "previous", "price", "low", "high")
    }
    return Told(
        number=one.number,
        at=one.at,
        currency=instrument.currency if instrument is not None else "",
        source=one.source,
        took=Decimal(str(max((one.recorded_at - one.at).total_seconds(), 0))),
        facts=[_fact(fact, clause) for fact, clause in known if fact.get("so")],
        **prices,
    )


def _last_instrument(known: Sequence[tuple[Mapping[str, Any], Clause]]) -> Instrument | None:
    return next((clause.instrument for fact, clause in known if fact.get("last")), None)


def _fact(fact: Mapping[str, Any], clause: Clause) -> Fact:
    price = fact.get("price")
    at = amount(clause.instrument, Decimal(price)) if clause.instrument is not None and price else ""
    return Fact(f"{about(clause)} {says(clause)}", at, bool(fact.get("last")))
