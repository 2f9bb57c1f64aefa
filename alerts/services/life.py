"""The life of an alert between its making and its end: changed, told to wait, made again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.conditions import Condition
from alerts.errors import AlertIsDone
from alerts.models import Alert, Level
from alerts.selectors.alerts import get
from alerts.services.alerts import DONE, level_of, lock_maker, record, refuse_faults, refuse_too_many
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER
from core import clock
from core.actor import Actor
from core.errors import ValidationFailed
from core.ids import uuid7
from core.models import LIVE_WORLD
from market.selectors import instruments
from market.services.quotes.log import hold_cursor

LONGEST_SNOOZE: Final = timedelta(days=366)


@transaction.atomic
def snooze_alert(*, actor: Actor, user: Any, uuid: UUID, until: datetime) -> Alert:
    """Let an alert wait for nothing until an instant; what happens meanwhile does not fire it.

    It is armed by the first batch then. One that rests already rests at least as long.

    Raises:
        NotFound: there is none of the user's.
        AlertIsDone: it fired its last time, or ran out.
        ValidationFailed: the instant is past, or more than a year away.
    """
    if not clock.now() < until <= clock.now() + LONGEST_SNOOZE:
        raise ValidationFailed.of("until", _("A time to come, at most a year away."), "invalid")
    hold_cursor(CONSUMER, LIVE_WORLD)
    alert = get(user, uuid, for_update=True)
    if alert.state in DONE:
        raise AlertIsDone(_("This alert fired its last time, or it ran out."))
    Level.objects.filter(alert=alert).delete()
    alert.state, alert.rearm_at = Alert.State.RESTING, max(until, alert.rearm_at or until)
    alert.save(update_fields=["state", "rearm_at", "updated_at"])
    record(actor, "alert.snoozed", alert)
    return alert


@transaction.atomic
def duplicate_alert(*, actor: Actor, user: Any, uuid: UUID) -> Alert:
    """Arm another alert that waits for the same, and answer it; where the first ran out, for as long again.

    Raises:
        NotFound: there is none of the user's, or its instrument is no longer theirs to see.
        TooManyAlerts: the user has 500 that are not done.
    """
    lock_maker(user)
    refuse_too_many(user)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    first = get(user, uuid)
    instruments.get(user, first.watched.uuid)
    ends = first.expires_at
    if ends is not None and ends <= clock.now():
        ends += clock.now() - first.created_at
    made = Alert(
        uuid=uuid7(),
        expires_at=ends,
        **{name: getattr(first, name) for name in _KEPT},
    )
    made.save()
    arm(alert=made, after=after, anew=True)
    record(actor, "alert.duplicated", made)
    return made


_KEPT: Final = (
    "owner", "world", "joined", "instrument", "condition", "level", "note", "repeats", "cooldown_minutes",
    "rearm",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What is to be another; None: as it was. `level` for one unit; `ends` tells that `expires_at` counts."""

    instrument: UUID | None = None
    condition: Condition | None = None
    level: Decimal | None = None
    note: str | None = None
    repeats: bool | None = None
    cooldown_minutes: int | None = None
    rearm: str | None = None
    expires_at: datetime | None = None
    ends: bool = False


@transaction.atomic
def change_alert(*, actor: Actor, user: Any, uuid: UUID, changes: AlertChanges) -> Alert:
    """Change an alert. One that waits for something else now, or was done, begins anew.

    It is armed from the next move on then, unless it is paused. Anything else goes on as it was.

    Raises:
        NotFound: there is none of the user's, or the user sees no such instrument.
        ValidationFailed: a value does not fit, or it fired and is to be about another instrument.
        TooManyAlerts: it was done, and the user has 500 others that are not.
    """
    lock_maker(user)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    alert = get(user, uuid, for_update=True)
    waited_for = (alert.instrument_id, alert.condition, alert.level)
    _take(user, alert, changes)
    refuse_faults(note=alert.note, cooldown_minutes=alert.cooldown_minutes, expires_at=alert.expires_at)
    done = alert.state in DONE
    if done:
        refuse_too_many(user)
    if done or waited_for != (alert.instrument_id, alert.condition, alert.level):
        _begin_anew(alert, after)
    alert.save()
    record(actor, "alert.changed", alert)
    return alert


def _take(user: Any, alert: Alert, changes: AlertChanges) -> None:
    """Set what is to be another, nothing of it checked but what it is about."""
    if changes.instrument is not None and changes.instrument != alert.watched.uuid:
        if alert.fired:
            message = _("It fired. Make another one for this instrument.")
            raise ValidationFailed.of("instrument", message, "fired")
        alert.instrument = instruments.get(user, changes.instrument)
        if changes.level is None:
            raise ValidationFailed.of("level", _("Give the level for this instrument too."), "required")
    if changes.level is not None:
        alert.level = level_of(changes.level, alert.watched)
    for name in ("condition", "note", "repeats", "cooldown_minutes", "rearm"):
        value = getattr(changes, name)
        if value is not None:
            setattr(alert, name, value)
    alert.note = alert.note.strip()
    if changes.ends:
        alert.expires_at = changes.expires_at


def _begin_anew(alert: Alert, after: int) -> None:
    if alert.state == Alert.State.PAUSED:
        return
    Level.objects.filter(alert=alert).delete()
    alert.state, alert.rearm_at = Alert.State.ARMED, None
    arm(alert=alert, after=after, anew=True)
