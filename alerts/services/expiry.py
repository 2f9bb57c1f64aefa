"""End alerts whose time is over, and tell whose they are: a week before, and when it is so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from alerts.models import Alert, Level, Notification
from alerts.services.firing import asked
from alerts.services.notifications import Telling, notify_each
from core import clock
from core.cells import json_value
from core.models import LIVE_WORLD
from core.money import plain

WARNED_BEFORE: Final = timedelta(days=7)
AT_ONCE: Final = 1000
# what `about` reads of a rule
CLAUSES: Final = ("clauses__instrument", "clauses__portfolio")
WAITING: Final = (Alert.State.ARMED, Alert.State.RESTING, Alert.State.PAUSED)


@transaction.atomic
def end_what_ran_out(*, world_id: int, at: datetime) -> int:
    """End a world's alerts whose time is over at an instant, and tell their people; answer how many.

    Nothing of the log that is older than the instant may be left to evaluate.
    """
    over = Alert.objects.filter(world=world_id, state__in=WAITING, expires_at__lte=at)
    rows = list(
        over.select_related("instrument")
        .prefetch_related(*CLAUSES)
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not rows:
        return 0
    ids = [row.pk for row in rows]
    Level.objects.filter(alert__in=ids).delete()
    Alert.objects.filter(pk__in=ids).update(state=Alert.State.EXPIRED, rearm_at=None)
    _tell("ran_out", rows)
    return len(rows)


def tell_what_runs_out_soon() -> int:
    """Tell people once of each alert that was to wait for longer and ends within a week; answer how many."""
    now = clock.now()
    soon = Alert.objects.filter(
        world=LIVE_WORLD,
        state__in=WAITING,
        expires_at__gt=now,
        expires_at__lte=now + WARNED_BEFORE,
        created_at__lt=F("expires_at") - WARNED_BEFORE,
    )
    ids = list(soon.order_by("pk").values_list("pk", flat=True))
    told = 0
    for start in range(0, len(ids), AT_ONCE):
        some = Alert.objects.filter(pk__in=ids[start : start + AT_ONCE])
        told += _tell(
            "runs_out_soon", some.select_related("instrument").prefetch_related(*CLAUSES).order_by("pk")
        )
    return told


def _tell(event: str, rows: Iterable[Alert]) -> int:
    tellings = [Telling(row.owner_id, about(row), _key(event, row)) for row in rows]
    return notify_each(kind=Notification.Kind.ALERT, event=event, tellings=tellings) if tellings else 0


def _key(event: str, alert: Alert) -> str:
    return f"{event}:{alert.uuid}:{json_value(alert.expires_at)}"


def about(alert: Alert) -> dict[str, Any]:
    """Tell what an alert waits for as notifications keep it: the level for one unit, in `currency`.

    Of a rule what its clauses say, prices in quote units.
    """
    said: dict[str, Any] = {
        "alert": str(alert.uuid),
        "note": alert.note,
        "expires_at": json_value(alert.expires_at),
    }
    if alert.instrument is None or alert.level is None:
        return said | {
            "joined": alert.joined,
            "clauses": [{"kind": one.kind, **asked(one)} for one in alert.clauses.all()],
        }
    level = plain(alert.level * alert.instrument.quote_unit)
    listing = {"symbol": alert.instrument.symbol, "currency": alert.instrument.currency}
    return said | listing | {"condition": alert.condition, "level": level}
