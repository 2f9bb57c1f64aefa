"""What the admin's dashboard and Prometheus tell of sources of prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core import clock
from core.models import LIVE_WORLD
from core.ports import Panel, PanelRow
from market.domain import breaker, budget
from market.domain.budget import Spent
from market.models import HistoryCheck, PriceSource, Quote, SourceAbility, SourceBudget
from market.selectors import feeds

SHOWN = 12


def panel() -> Panel:
    """Tell of each source whether it answers and what it last failed of; and what history lacks."""
    now = clock.now()
    # along with each: the dashboard reads much, so every query counts
    troubled = SourceAbility.objects.filter(source=OuterRef("pk"), failures__gt=0)
    told = JSONObject(ability="ability", last_error="last_error")
    found = PriceSource.objects.annotate(troubles=ArraySubquery(troubled.values(told=told)))[:SHOWN]
    rows = [row for one in found for row in _rows(one, now)]
    if not rows:
        rows = [PanelRow(_("Sources"), _("none"), url=reverse("admin:market_pricesource_changelist"))]
    return Panel(title=str(_("Sources of prices")), rows=[*rows, *_findings()])


def _rows(one: Any, now: datetime) -> Iterator[PanelRow]:
    """Tell how one source fares, and in a line below why."""
    url = reverse("admin:market_pricesource_change", args=[one.pk])
    if not one.enabled:
        yield PanelRow(one.name, _("switched off"), url=url)
        if one.note:
            yield PanelRow(str(one.note), "", url=url, is_part=True)
        return
    is_open = breaker.state(one.open_until, now) is not breaker.State.CLOSED
    troubled = [SourceAbility(**told) for told in one.troubles]
    state = "bad" if is_open else "warn" if one.failures or troubled else "good"
    yield PanelRow(one.name, _("left alone") if is_open else _answered(one), state=state, url=url)
    if one.failures:
        yield PanelRow(one.last_error, "", url=url, is_part=True)
    for other in troubled:
        yield PanelRow(str(other), "", url=url, is_part=True)


def _answered(one: PriceSource) -> str:
    return f"{one.last_ok_at:%Y-%m-%d %H:%M} UTC" if one.last_ok_at else _("no answer yet")


def _findings() -> list[PanelRow]:
    found = HistoryCheck.objects.filter(instrument__owner=None).aggregate(
        gaps=Count("pk", filter=Q(missing__gt=0)), jumps=Count("pk", filter=~Q(jumps=[]))
    )
    labels = {
        "gaps": _("Instruments with days without a price"),
        "jumps": _("Jumps as by a split nobody recorded"),
    }
    url = reverse("admin:market_historycheck_changelist")
    return [
        PanelRow(
            label, str(found[name]), state="warn" if found[name] else "good", url=f"{url}?finding={name}"
        )
        for name, label in labels.items()
    ]


def _left(rows: Iterable[PriceSource], now: datetime) -> dict[int, int | None]:
    """Tell what is left of each source's budget, in one query."""
    keys = {row.pk: feeds.budget_key(row) for row in rows}
    known = SourceBudget.objects.in_bulk(list(keys.values()))
    return {
        row.pk: budget.left(
            feeds.spent_of(known[keys[row.pk]]) if keys[row.pk] in known else Spent(),
            feeds.limits_of(row),
            now,
        )
        for row in rows
    }


class SourceCollector(Collector):
    """Tells Prometheus how the sources fare, from the database: whoever is scraped knows of all of them."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the figures without reading them."""
        return [
            GaugeMetricFamily(name, text, labels=["source"])
            for name, text in (
                ("florin_source_up", "1 while a source of prices is asked, 0 while it is left alone"),
                ("florin_source_failures_in_a_row", "Failures of a source of prices since its last answer"),
                ("florin_source_requests_left", "Requests that a source of prices takes at the moment"),
                ("florin_source_quote_age_seconds", "Age of the newest quote of a source of prices"),
            )
        ]

    def collect(self) -> list[GaugeMetricFamily]:
        """Read them."""
        now = clock.now()
        up, failures, left, age = families = self.describe()
        rows = list(PriceSource.objects.filter(enabled=True))
        newest = Quote.objects.filter(world=LIVE_WORLD, source__in=[row.name for row in rows])
        at = dict(newest.order_by().values_list("source").annotate(Max("as_of")))
        rest = _left(rows, now)
        for row in rows:
            is_up = breaker.state(row.open_until, now) is not breaker.State.OPEN
            up.add_metric([row.name], int(is_up))
            failures.add_metric([row.name], row.failures)
            count = rest[row.pk]
            if count is not None:
                left.add_metric([row.name], count)
            if row.name in at:
                age.add_metric([row.name], (now - at[row.name]).total_seconds())
        return families


def register() -> None:
    """Let Prometheus be told, once a process."""
    if _collector not in _known():
        REGISTRY.register(_collector)


_collector = SourceCollector()


def _known() -> Iterable[Collector]:
    return REGISTRY._collector_to_names  # noqa: SLF001  # it has no public way to ask
