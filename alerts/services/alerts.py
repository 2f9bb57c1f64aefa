"""Make, change, pause and delete alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.conditions import Condition
from alerts.errors import AlertIsDone, TooManyAlerts
from alerts.models import Alert, Level
from alerts.selectors.alerts import get
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER
from core import audit, clock
from core.actor import Actor
from core.errors import ValidationFailed
from core.models import LIVE_WORLD
from core.money import round_amount
from market.domain.bars import PLACES
from market.models import Instrument
from market.selectors import instruments
from market.services.quotes.log import hold_cursor

MOST_ALERTS: Final = 500
# in quote units; no price is outside, and a split leaves a number that a column takes
LOWEST, HIGHEST = Decimal("0.000000001"), Decimal(10) ** 12
LONGEST_NOTE: Final = 200
LONGEST_WAIT: Final = timedelta(days=3653)
LONGEST_REST_MINUTES: Final = 60 * 24 * 30
DONE: Final = frozenset({Alert.State.FIRED, Alert.State.EXPIRED})


@dataclass(frozen=True, slots=True)
class AlertData:
    """What an alert waits for; `level` in the instrument's currency, `expires_at` None: no end."""

    condition: Condition
    level: Decimal
    note: str = ""
    repeats: bool = False
    cooldown_minutes: int = 15
    expires_at: datetime | None = None
    rearm: str = Alert.Rearm.RETURN


@transaction.atomic
def create_alert(*, actor: Actor, user: Any, instrument: UUID, data: AlertData) -> Alert:
    """Arm an alert of the user's: from the next move on, that of a price that is there already included.

    Raises:
        NotFound: the user sees no such instrument.
        ValidationFailed: a value does not fit; it names the field.
        TooManyAlerts: the user has 500 that are not done.
    """
    found = instruments.get(user, instrument)
    level = level_of(data.level, found)
    refuse_faults(note=data.note, cooldown_minutes=data.cooldown_minutes, expires_at=data.expires_at)
    lock_maker(user)
    refuse_too_many(user)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    alert = Alert.objects.create(
        owner=user,
        world_id=LIVE_WORLD,
        instrument=found,
        condition=data.condition.value,
        level=level,
        note=data.note.strip(),
        repeats=data.repeats,
        cooldown_minutes=data.cooldown_minutes,
        rearm=data.rearm,
        expires_at=data.expires_at,
    )
    arm(alert=alert, after=after, anew=True)
    record(actor, "alert.created", alert)
    return alert


@transaction.atomic
def pause_alert(*, actor: Actor, user: Any, uuid: UUID) -> Alert:
    """Let an alert wait for nothing until it is resumed.

    Raises:
        NotFound: there is none of the user's.
        AlertIsDone: it fired its last time, or ran out.
    """
    hold_cursor(CONSUMER, LIVE_WORLD)
    alert = get(user, uuid, for_update=True)
    if alert.state in DONE:
        raise AlertIsDone(_("This alert fired its last time, or it ran out."))
    if alert.state != Alert.State.PAUSED:
        Level.objects.filter(alert=alert).delete()
        _set(alert, Alert.State.PAUSED)
        record(actor, "alert.paused", alert)
    return alert


@transaction.atomic
def resume_alert(*, actor: Actor, user: Any, uuid: UUID) -> Alert:
    """Arm an alert again that is paused or rests; what happened meanwhile does not fire it.

    Raises:
        NotFound: there is none of the user's.
        AlertIsDone: it fired its last time, or ran out.
    """
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    alert = get(user, uuid, for_update=True)
    if alert.state in DONE:
        raise AlertIsDone(_("This alert fired its last time, or it ran out."))
    if alert.state != Alert.State.ARMED:
        _set(alert, Alert.State.ARMED)
        arm(alert=alert, after=after)
        record(actor, "alert.resumed", alert)
    return alert


@transaction.atomic
def delete_alert(*, actor: Actor, user: Any, uuid: UUID) -> None:
    """Delete an alert with what it told.

    Raises:
        NotFound: there is none of the user's.
    """
    hold_cursor(CONSUMER, LIVE_WORLD)
    alert = get(user, uuid, for_update=True)
    record(actor, "alert.deleted", alert)
    alert.delete()


def _set(alert: Alert, state: Alert.State) -> None:
    alert.state, alert.rearm_at = state, None
    alert.save(update_fields=["state", "rearm_at", "updated_at"])


def lock_maker(user: Any) -> None:
    """Let a person make one alert after the other; before `hold_cursor`."""
    get_user_model().objects.select_for_update(no_key=True).filter(pk=user.pk).first()


def refuse_too_many(user: Any, more: int = 1) -> None:
    """Refuse further alerts of somebody, who is locked, with 500 that are not done.

    Raises:
        TooManyAlerts: with `more` of them it would be more than 500.
    """
    if Alert.objects.filter(owner=user).exclude(state__in=DONE).count() + more > MOST_ALERTS:
        raise TooManyAlerts(_("You have 500 alerts that are not done. Delete some first."))


def level_of(level: Decimal, instrument: Instrument) -> Decimal:
    """Answer a level for one unit in quote units.

    Raises:
        ValidationFailed: no price is there.
    """
    if not level.is_finite() or level <= 0:
        raise ValidationFailed.of("level", _("The level is a price above zero."), "invalid")
    quoted = level / instrument.quote_unit
    if not LOWEST <= quoted <= HIGHEST:
        raise ValidationFailed.of("level", _("No price is so small or so large."), "invalid")
    return round_amount(quoted, PLACES)


def refuse_faults(*, note: str, cooldown_minutes: int, expires_at: datetime | None) -> None:
    """Refuse what no alert may have.

    Raises:
        ValidationFailed: a value does not fit; it names the field.
    """
    if len(note) > LONGEST_NOTE:
        raise ValidationFailed.of("note", _("A note has at most 200 characters."), "max_length")
    if not 1 <= cooldown_minutes <= LONGEST_REST_MINUTES:
        raise ValidationFailed.of("cooldown_minutes", _("Rest from one minute to 30 days."), "invalid")
    if expires_at is not None and expires_at <= clock.now():
        raise ValidationFailed.of("expires_at", _("The end is in the past."), "past")
    if expires_at is not None and expires_at > clock.now() + LONGEST_WAIT:
        raise _too_far()


def end_of(day: date, zone: tzinfo) -> datetime:
    """Tell when an alert ends that waits until the end of a day, in a time zone.

    Raises:
        ValidationFailed: the day is more than ten years away; it names ``expires_at``.
    """
    if day > clock.today("UTC") + LONGEST_WAIT:
        raise _too_far()
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _too_far() -> ValidationFailed:
    return ValidationFailed.of("expires_at", _("An alert waits for ten years at most."), "too_far")


def record(actor: Actor, verb: str, alert: Alert) -> None:
    """Write down who did what to an alert."""
    audit.record(
        actor=actor,
        verb=verb,
        object_type="alert",
        object_id=alert.uuid,
        after={"condition": alert.condition, "level": str(alert.level), "state": alert.state},
    )
