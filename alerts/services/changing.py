"""Change what an alert waits for, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.conditions import Condition
from alerts.models import Alert, Clause, Level, Trigger
from alerts.selectors.alerts import get, portfolios_of
from alerts.services.alerts import (
    DONE,
    AlertData,
    create_alert,
    level_of,
    lock_maker,
    record,
    refuse_faults,
    refuse_too_many,
)
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER
from alerts.services.rules import (
    SAYS,
    ClauseData,
    RuleData,
    clauses_of,
    copies_of,
    keep_portfolios,
    make_rule,
    put_clauses,
    refuse_unseen,
)
from core.actor import Actor
from core.errors import ValidationFailed
from core.models import LIVE_WORLD
from market.selectors import instruments
from market.services.quotes.log import hold_cursor

_PLAIN: Final = frozenset(one.value for one in Condition)


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What is to be another; None: as it was. `level` for one unit; `ends` tells that `expires_at` counts.

    `clauses` are instead of whatever it waited for, joined as before (at first: all of them).
    """

    instrument: UUID | None = None
    condition: Condition | None = None
    level: Decimal | None = None
    joined: str | None = None
    clauses: Sequence[ClauseData] | None = None
    note: str | None = None
    repeats: bool | None = None
    cooldown_minutes: int | None = None
    rearm: str | None = None
    expires_at: datetime | None = None
    ends: bool = False


def plain_of(clauses: Sequence[ClauseData]) -> ClauseData | None:
    """Answer the clause of what is no more than an alert of one price; None where it is a rule."""
    if len(clauses) != 1 or clauses[0].kind.value not in _PLAIN:
        return None
    only = clauses[0]
    extras = (only.portfolio, only.upper, only.percent, only.minutes, only.days, only.slow_days)
    needed = only.instrument is not None and only.level is not None
    return only if needed and not only.direction and not any(one is not None for one in extras) else None


def make_alert(*, actor: Actor, user: Any, data: RuleData) -> Alert:
    """Arm an alert of clauses; of one price, it is a plain one.

    Raises:
        NotFound: the user sees no such instrument or portfolio.
        ValidationFailed: a value does not fit; it names the field.
        TooManyAlerts: the user has 500 that are not done.
    """
    only = plain_of(data.clauses)
    if only is None or only.instrument is None or only.level is None:
        return make_rule(actor=actor, user=user, data=data)
    plain = AlertData(
        Condition(only.kind.value), only.level, data.note, data.repeats, data.cooldown_minutes,
        data.expires_at, data.rearm,
    )  # fmt: skip
    return create_alert(actor=actor, user=user, instrument=only.instrument, data=plain)


@transaction.atomic
def change_alert(*, actor: Actor, user: Any, uuid: UUID, changes: AlertChanges) -> Alert:
    """Change an alert. One that waits for something else now, or was done, begins anew.

    It is armed from the next move on then, unless it is paused. Anything else goes on as it was.

    Raises:
        NotFound: there is none of the user's, or the user sees no such instrument or portfolio.
        ValidationFailed: a value does not fit, it fired and is to be about another instrument, or begins
            anew with a clause that lost its portfolio.
        TooManyAlerts: it was done, and the user has 500 others that are not.
    """
    keep_portfolios([*portfolios_of(user, uuid), *(one.portfolio for one in changes.clauses or ())])
    lock_maker(user)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    alert = get(user, uuid, for_update=True)
    waited_for = _waits_for(alert, list(alert.clauses.all()))
    wanted = _take(user, alert, changes)
    refuse_faults(note=alert.note, cooldown_minutes=alert.cooldown_minutes, expires_at=alert.expires_at)
    done = alert.state in DONE
    if done:
        refuse_too_many(user)
    if done or waited_for != _waits_for(alert, wanted):
        refuse_unseen(user, wanted)
        if alert.joined != Alert.Joined.ONE and not wanted:
            raise ValidationFailed.of("clauses", _("A rule has one to eight clauses."), "invalid")
        _begin_anew(alert, wanted, after)
    alert.save()
    record(actor, "alert.changed", alert)
    return get(user, uuid)


def _waits_for(alert: Alert, clauses: Sequence[Clause]) -> tuple[Any, ...]:
    said = [tuple(getattr(one, name) for name in SAYS) for one in clauses]
    return alert.joined, alert.instrument_id, alert.condition, alert.level, said


def _take(user: Any, alert: Alert, changes: AlertChanges) -> list[Clause]:
    """Set what is to be another, and answer the clauses that it is to have."""
    for name in ("note", "repeats", "cooldown_minutes", "rearm"):
        value = getattr(changes, name)
        if value is not None:
            setattr(alert, name, value)
    alert.note = alert.note.strip()
    if changes.ends:
        alert.expires_at = changes.expires_at
    only = None if changes.clauses is None else plain_of(changes.clauses)
    if only is not None:
        _take_plain(user, alert, only.instrument, only.level, Condition(only.kind.value))
        return []
    if changes.clauses is not None:
        return _take_rule(user, alert, changes.joined, changes.clauses)
    if alert.joined == Alert.Joined.ONE:
        _take_plain(user, alert, changes.instrument, changes.level, changes.condition)
    elif any((changes.instrument, changes.level, changes.condition)):
        raise ValidationFailed.of("clauses", _("This alert is a rule. Change its clauses."), "rule")
    else:
        alert.joined = changes.joined or alert.joined
    return list(alert.clauses.all())


def _take_plain(
    user: Any, alert: Alert, instrument: UUID | None, level: Decimal | None, condition: Condition | None
) -> None:
    """Let an alert wait for one price."""
    if instrument is not None and (alert.instrument is None or instrument != alert.instrument.uuid):
        _refuse_fired(alert, "instrument")
        alert.instrument = instruments.get(user, instrument)
        if level is None:
            raise ValidationFailed.of("level", _("Give the level for this instrument too."), "required")
    if level is not None:
        alert.level = level_of(level, alert.watched)
    if condition is not None and condition.value != alert.condition:
        # what it fired for stays told as it was
        Trigger.objects.filter(alert=alert, facts=[]).update(facts=[{"kind": alert.condition}])
        alert.condition = condition.value
    alert.joined = Alert.Joined.ONE


def _take_rule(user: Any, alert: Alert, joined: str | None, clauses: Sequence[ClauseData]) -> list[Clause]:
    """Let an alert wait for clauses."""
    if alert.joined == Alert.Joined.ONE:
        _refuse_fired(alert, "clauses")
        alert.instrument, alert.level, alert.condition = None, None, ""
        alert.joined = Alert.Joined.ALL
    alert.joined = joined or alert.joined
    return clauses_of(user, RuleData(alert.joined, clauses))


def _refuse_fired(alert: Alert, field: str) -> None:
    if alert.fired:
        raise ValidationFailed.of(field, _("It fired. Make another one for something else."), "fired")


def _begin_anew(alert: Alert, clauses: Sequence[Clause], after: int) -> None:
    Level.objects.filter(alert=alert).delete()
    alert.fired_before = alert.fired
    alert.save()
    put_clauses(alert, copies_of(clauses))
    if alert.state != Alert.State.PAUSED:
        alert.state, alert.rearm_at = Alert.State.ARMED, None
        arm(alert=alert, after=after, anew=True)
