"""A person's alerts as a list shows them: by state, with prices and how far they are from firing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from alerts.models import Alert
from alerts.selectors.alerts import alerts_of
from alerts.selectors.distances import Aim, aims, nearest
from alerts.selectors.waits import title, waits
from core.models import LIVE_WORLD
from market.models import Instrument
from market.selectors import listing
from market.selectors.listing import Quote

SPARK_CLOSES: Final = 60
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
    aim: Aim | None
    quote: Quote | None
    spark: list[float]

    @property
    def instrument(self) -> Instrument | None:
        """The instrument that its course and price are of."""
        return self.aim.instrument if self.aim else None

    @property
    def level(self) -> Decimal | None:
        """The level that the price is nearest to."""
        return self.aim.level if self.aim else None

    @property
    def distance(self) -> Decimal | None:
        """How far the price has to go; None where no price or no level is known."""
        price = self.quote.price.price if self.quote else None
        return self.aim.distance(price) if self.aim else None


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
    found = [aims(one) for one in alerts]
    watched = {aim.instrument.pk: aim.instrument for some in found for aim in some}
    known = {
        row.instrument.pk: row
        for row in listing.rows(LIVE_WORLD, list(watched.values()), closes=SPARK_CLOSES)
    }
    prices = {key: row.quote.price.price for key, row in known.items() if row.quote is not None}
    return [_row(alert, some, known, prices) for alert, some in zip(alerts, found, strict=True)]


def _row(alert: Alert, found: list[Aim], known: dict[int, listing.Row], prices: dict[int, Decimal]) -> Row:
    aim = nearest(found, prices)
    seen = None if aim is None else known.get(aim.instrument.pk)
    return Row(
        alert=alert,
        title=title(alert),
        waits=waits(alert),
        aim=aim,
        quote=seen.quote if seen else None,
        spark=seen.spark if seen else [],
    )
