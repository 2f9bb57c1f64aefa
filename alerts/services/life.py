"""The life of an alert between its making and its end: told to wait, and made again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.errors import AlertIsDone
from alerts.models import Alert, Level
from alerts.selectors.alerts import get, portfolios_of
from alerts.services.alerts import DONE, lock_maker, record, refuse_too_many
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER
from alerts.services.rules import copies_of, keep_portfolios, put_clauses, refuse_unseen
from core import clock
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
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
        NotFound: there is none of the user's, or what it is about is no longer theirs to see.
        ValidationFailed: a clause of it lost its portfolio.
        TooManyAlerts: the user has 500 that are not done.
    """
    keep_portfolios(portfolios_of(user, uuid))
    lock_maker(user)
    refuse_too_many(user)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    first = get(user, uuid)
    if first.instrument is not None:
        instruments.get(user, first.instrument.uuid)
    rows = list(first.clauses.all())
    refuse_unseen(user, rows)
    if first.joined != Alert.Joined.ONE and not rows:
        raise NotFound(_("What this alert was about is gone."))
    ends = first.expires_at
    if ends is not None and ends <= clock.now():
        ends += clock.now() - first.created_at
    made = Alert(
        uuid=uuid7(),
        expires_at=ends,
        **{name: getattr(first, name) for name in _KEPT},
    )
    made.save()
    put_clauses(made, copies_of(rows))
    arm(alert=made, after=after, anew=True)
    record(actor, "alert.duplicated", made)
    return get(user, made.uuid)


_KEPT: Final = (
    "owner", "world", "joined", "instrument", "condition", "level", "note", "repeats", "cooldown_minutes",
    "rearm",
)  # fmt: skip
