"""What the admin's dashboard and Prometheus tell of alerts and of what is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from alerts.models import Channel
from alerts.selectors import health
from alerts.selectors.health import Standing, Waiting
from core.ports import Panel, PanelRow


def panel() -> Panel:
    """Tell whether alerts are looked at and whether what was told leaves."""
    found = health.standing(count_up_to=health.MOST_COUNTED + 1)
    return Panel(str(_("Alerts and notifications")), [*_switch(found), *_evaluation(found), *_outbox(found)])


def _switch(found: Standing) -> Iterator[PanelRow]:
    """Tell that nothing leaves, while that is so."""
    if found.paused_at is not None:
        url = reverse("admin:alerts_outbox_changelist")
        since = _("for %(time)s") % {"time": timesince(found.paused_at, found.at)}
        yield PanelRow(_("All deliveries are paused"), since, "bad", url)
        yield PanelRow(found.reason, "", url=url, is_part=True)


def _evaluation(found: Standing) -> Iterator[PanelRow]:
    armed = f"{found.armed:,}" if found.armed <= health.MOST_COUNTED else f"> {health.MOST_COUNTED:,}"
    alerts = reverse("admin:alerts_alert_changelist")
    yield PanelRow(_("Alerts that are armed"), armed, url=f"{alerts}?state__exact=armed")
    behind = "0"
    if found.behind:
        behind = _("%(count)s, for up to %(seconds)s s") % {
            "count": found.behind,
            "seconds": round(found.lag.total_seconds()),
        }
    state = "bad" if found.lag > health.EVALUATION_LATE else "good"
    yield PanelRow(_("Batches of prices that wait"), behind, state)


def _outbox(found: Standing) -> Iterator[PanelRow]:
    rows = health.waiting()
    deliveries = reverse("admin:alerts_delivery_changelist")
    late = found.overdue > health.DELIVERY_LATE and found.paused_at is None
    longest = _("%(count)s, due for %(time)s") % {
        "count": sum(row.waiting for row in rows),
        "time": timesince(found.at - found.overdue, found.at),
    }
    count = str(sum(row.waiting for row in rows))
    yield PanelRow(
        _("Deliveries that wait"),
        longest if found.overdue >= timedelta(minutes=1) else count,
        "bad" if late else "good",
        f"{deliveries}?state__exact=pending",
    )
    failed = sum(row.failed for row in rows)
    yield PanelRow(
        _("Failed in 24 hours"),
        str(failed),
        "warn" if failed else "good",
        f"{deliveries}?state__exact=failed",
    )
    yield from (_of_kind(row, deliveries) for row in rows)
    yield PanelRow(
        _("Channels that are stopped"),
        str(found.stopped),
        "warn" if found.stopped else "good",
        f"{reverse('admin:alerts_channel_changelist')}?state__exact=disabled",
    )


def _of_kind(row: Waiting, deliveries: str) -> PanelRow:
    words = _("%(waiting)s waiting, %(failed)s failed") % {"waiting": row.waiting, "failed": row.failed}
    url = f"{deliveries}?channel__kind__exact={row.kind}"
    return PanelRow(str(Channel.Kind(row.kind).label), words, url=url, is_part=True)


class AlertsCollector(Collector):
    """Tells Prometheus what waits, from the database: whoever is scraped knows of all of it."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the figures without reading them."""
        return [
            GaugeMetricFamily("florin_alerts_lag_seconds", "Age of the oldest batch of prices not looked at"),
            GaugeMetricFamily("florin_alerts_lag_batches", "Batches of prices that are not looked at"),
            GaugeMetricFamily("florin_deliveries_waiting", "Deliveries that wait", labels=["channel"]),
            GaugeMetricFamily("florin_deliveries_oldest_seconds", "Time that a delivery is due, the longest"),
            GaugeMetricFamily("florin_deliveries_paused", "1 while no delivery leaves"),
            GaugeMetricFamily("florin_channels_stopped", "Channels that are stopped"),
        ]

    def collect(self) -> list[GaugeMetricFamily]:
        """Read them."""
        lag, behind, waits, oldest, paused, stopped = families = self.describe()
        found = health.standing()
        counts = {row.kind: row.waiting for row in health.waiting()}
        lag.add_metric([], found.lag.total_seconds())
        behind.add_metric([], found.behind)
        for kind in Channel.Kind.values:
            waits.add_metric([kind], counts.get(kind, 0))
        oldest.add_metric([], found.overdue.total_seconds())
        paused.add_metric([], int(found.paused_at is not None))
        stopped.add_metric([], found.stopped)
        return families


def register() -> None:
    """Let Prometheus be told, once a process."""
    if _collector not in _known():
        REGISTRY.register(_collector)


_collector = AlertsCollector()


def _known() -> Iterable[Collector]:
    return REGISTRY._collector_to_names  # noqa: SLF001  # it has no public way to ask
