"""Let an alert fire: the one place where a rule does, whoever found that it is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When

from alerts.domain.rules import PARAMETERS
from alerts.metrics import alerts_fired
from alerts.models import Alert, Clause, Level, Notification, Trigger
from alerts.services.notifications import announce
from core import clock
from core.money import plain
from market.domain.quotes import Move
from market.models import Quote

Facts = Sequence[Mapping[str, Any]]


@transaction.atomic
def fire(
    *,
    alert: Alert,
    at: datetime,
    seq: int | None,
    facts: Facts,
    move: Move | None = None,
) -> bool:
    """Fire an alert if it is armed: its state, the trigger, the notification and its deliveries together.

    `at` is when it came true, in the time of its world, by the batch `seq` (None: by no batch). `facts` say
    of each clause what it saw, with numbers as texts. `move` is what the instrument did whose clause came
    last, if it was one about a price. Whoever else fires it meanwhile waits, and is answered False.
    """
    if not _claim(alert, at):
        return False
    Level.objects.filter(alert=alert).delete()
    trigger = Trigger.objects.create(
        alert=alert,
        number=alert.fired,
        seq=seq,
        at=at,
        source="" if move is None else _source(alert, move),
        facts=_facts(alert, facts),
        recorded_at=clock.now(),
        **_prices(move),
    )
    told = Notification.objects.create(
        user_id=alert.owner_id,
        kind=Notification.Kind.ALERT,
        event="fired",
        trigger=trigger,
        created_at=trigger.recorded_at,
    )
    announce([(told.pk, alert.owner_id)])
    transaction.on_commit(alerts_fired.inc)
    return True


def _facts(alert: Alert, facts: Facts) -> list[dict[str, Any]]:
    """Put what each clause asked to what it saw: the alert may be another by the time that somebody reads it.

    `unit` is what one unit of the price is in the currency.
    """
    clauses = {
        one.number: one
        for one in Clause.objects.select_related("instrument", "portfolio").filter(alert=alert)
    }
    return [asked(clauses[one["number"]]) | dict(one) for one in facts]


def asked(clause: Clause) -> dict[str, Any]:
    """Tell what a clause says, as what is kept of it says it: numbers as texts."""
    said: dict[str, Any] = {}
    if clause.portfolio is not None:
        said |= {"portfolio": str(clause.portfolio.pk), "currency": clause.portfolio.currency}
    if clause.instrument is not None:
        said |= {
            "instrument": str(clause.instrument.uuid),
            "symbol": clause.instrument.symbol,
            "unit": plain(clause.instrument.quote_unit),
            "currency": clause.instrument.currency,
        }
    if clause.direction:
        said["direction"] = clause.direction
    asked = {name: getattr(clause, name) for name in PARAMETERS}
    return said | {
        name: plain(value) if isinstance(value, Decimal) else value
        for name, value in asked.items()
        if value is not None
    }


def _claim(alert: Alert, at: datetime) -> bool:
    """Take an alert from armed to what comes after it fired; answer whether it was armed."""
    rests = at + timedelta(minutes=alert.cooldown_minutes)
    changed = Alert.objects.filter(pk=alert.pk, state=Alert.State.ARMED).update(
        state=Case(When(repeats=True, then=Value(Alert.State.RESTING)), default=Value(Alert.State.FIRED)),
        rearm_at=Case(When(repeats=True, then=Value(rests)), default=None),
        fired=F("fired") + 1,
        fired_at=at,
        updated_at=clock.now(),
    )
    if changed:
        alert.refresh_from_db(fields=["state", "rearm_at", "fired", "fired_at", "updated_at"])
    return bool(changed)


def _source(alert: Alert, move: Move) -> str:
    found = Quote.objects.filter(world=alert.world_id, instrument=move.instrument)
    return found.values_list("source", flat=True).first() or ""


def _prices(move: Move | None) -> dict[str, Any]:
    if move is None:
        return {}
    return {"previous": move.previous, "price": move.price, "low": move.low, "high": move.high}
