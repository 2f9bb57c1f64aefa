"""A person's alerts as a list shows them: by state, with prices and how far they are from firing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from alerts.models import Alert
from alerts.selectors.alerts import alerts_of
from alerts.selectors.waits import PRICES, title, waits
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors import listing
from market.selectors.listing import Quote

SPARK_CLOSES: Final = 60
FAR: Final = Decimal("Infinity")
_STATE = Alert.State
TABS: Final[dict[str, tuple[Alert.State, ...]]] = {
    "armed": (_STATE.ARMED,),
    "resting": (_STATE.RESTING,),
    "paused": (_STATE.PAUSED,),
    "done": (_STATE.FIRED, _STATE.EXPIRED),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One alert: its words, and of the first instrument it watches the newest price and the last 60 closes.

    `level` is the nearest one that a price has to reach, for one unit, in the instrument's currency;
    `distance` is how far the price has to go to it, as a ratio of the price: 0.05 is 5 % up.
    """

    alert: Alert
    title: str
    waits: str
    instrument: Instrument | None
    quote: Quote | None
    spark: list[float]
    level: Decimal | None

    @property
    def distance(self) -> Decimal | None:
        """How far the price has to go; None where no price or no level is known."""
        if self.quote is None or self.level is None or not self.quote.price.price:
            return None
        return self.level / self.quote.price.price - 1


def in_tab(user: Any, tab: str) -> QuerySet[Alert]:
    """List the user's alerts of one tab, newest first; those that are done by when they last fired.

    Raises:
        KeyError: there is no such tab.
    """
    rows = alerts_of(user).filter(state__in=TABS[tab])
    return rows.order_by("-updated_at", "-id") if tab == "done" else rows


def waiting_for(user: Any, instrument: Instrument) -> list[Alert]:
    """List the user's plain alerts of an instrument that are not done, the highest level first."""
    rows = alerts_of(user).filter(instrument=instrument).exclude(state__in=TABS["done"])
    return list(rows.order_by("-level", "-id"))


def counts(user: Any) -> dict[str, int]:
    """Count the user's alerts of each tab, in one query."""
    many = {tab: Count("pk", filter=Q(state__in=states)) for tab, states in TABS.items()}
    return Alert.objects.filter(owner=user).aggregate(**many)


def rows(alerts: Sequence[Alert]) -> list[Row]:
    """Give a page of alerts their words, prices and courses, in a few queries."""
    levels = [_levels(one) for one in alerts]
    watched = {instrument.pk: instrument for some in levels for instrument, _level in some}
    known = {
        row.instrument.pk: row
        for row in listing.rows(LIVE_WORLD, list(watched.values()), closes=SPARK_CLOSES)
    }
    return [_row(alert, some, known) for alert, some in zip(alerts, levels, strict=True)]


def _levels(alert: Alert) -> list[tuple[Instrument, Decimal | None]]:
    """List what an alert watches, with each level that a price has to reach; for one unit."""
    if alert.instrument is not None:
        return [(alert.instrument, _major(alert.instrument, alert.level))]
    found: list[tuple[Instrument, Decimal | None]] = []
    for clause in alert.clauses.all():
        if clause.instrument is not None:
            prices = (clause.level, clause.upper) if clause.kind in PRICES else ()
            levels = [_major(clause.instrument, one) for one in prices if one is not None]
            found += [(clause.instrument, one) for one in levels or [None]]
    return found


def _major(instrument: Instrument, price: Decimal | None) -> Decimal | None:
    return None if price is None else (price * instrument.quote_unit).normalize()


def _row(alert: Alert, levels: list[tuple[Instrument, Decimal | None]], known: dict[int, listing.Row]) -> Row:
    instrument, level = _nearest(levels, known)
    found = None if instrument is None else known.get(instrument.pk)
    return Row(
        alert=alert,
        title=title(alert),
        waits=waits(alert),
        instrument=instrument,
        quote=found.quote if found else None,
        spark=found.spark if found else [],
        level=level,
    )


def _nearest(
    levels: list[tuple[Instrument, Decimal | None]], known: dict[int, listing.Row]
) -> tuple[Instrument | None, Decimal | None]:
    """Choose the level that its price is nearest to; without any, the first instrument."""
    if not levels:
        return None, None

    def far(one: tuple[Instrument, Decimal | None]) -> Decimal:
        instrument, level = one
        found = known.get(instrument.pk)
        if level is None or found is None or found.quote is None or not found.quote.price.price:
            return FAR
        return abs(level / found.quote.price.price - 1)

    return min(levels, key=far)
