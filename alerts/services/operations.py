"""What staff do about deliveries and channels: send again, drop, stop, let go on. All of it is audited.

Each changes a row only from the state in which it makes sense, so that whoever comes second changes nothing.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.reasons import Reason, coded
from alerts.events import DeliveriesQueued
from alerts.models import Channel, Delivery, Notification, Outbox
from alerts.services.notifications import notify
from alerts.services.outbox import queue_again, release
from alerts.services.stopping import forget_refused, refuse_stopped
from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import Conflict, Forbidden, NotFound

DELIVERIES: Final = "alerts.change_delivery"
CHANNELS: Final = "alerts.change_channel"
OUTBOX: Final = "alerts.change_outbox"
# what a person reads of it; the reason itself is of the audit log
STOPPED: Final = coded(Reason.STOPPED_BY_STAFF)
DROPPED: Final = coded(Reason.DROPPED_BY_STAFF)
LONGEST_REASON: Final = 200
_S = Delivery.State


@transaction.atomic
def send_again(*, actor: Actor, delivery_id: int, reason: str) -> None:
    """Make a delivery that failed or was dropped due now, alone, under its own id as key, with all its tries.

    Raises:
        Forbidden: the actor may not do this.
        NotFound: there is no such delivery.
        Conflict: it waits, was delivered, carries a code that is not sent twice, or its channel is stopped.
    """
    row = _delivery(actor, delivery_id)
    if row.purpose == Delivery.Purpose.PROOF:
        raise Conflict(_("It carried a code; its person asks for another one."))
    refuse_stopped(row.channel)
    if row.channel.state != Channel.State.ACTIVE and row.purpose != Delivery.Purpose.TEST:
        raise Conflict(_("Its channel is not active."))
    if not queue_again(Delivery.objects.filter(pk=row.pk)):
        raise _out_of_place(row)
    _note(actor, "delivery.sent_again", "delivery", row.uuid, before=row.state, after=_S.PENDING, why=reason)


@transaction.atomic
def drop_delivery(*, actor: Actor, delivery_id: int, reason: str) -> None:
    """Send a delivery no more; who has it in hand at the moment may still send it this once.

    Raises:
        Forbidden: the actor may not do this.
        NotFound: there is no such delivery.
        Conflict: it does not wait.
    """
    row = _delivery(actor, delivery_id)
    _turn(row, {_S.PENDING}, state=_S.DROPPED, lease=None, error=DROPPED, content=None, done_at=clock.now())
    _note(actor, "delivery.dropped", "delivery", row.uuid, before=row.state, after=_S.DROPPED, why=reason)


@transaction.atomic
def disable_channel(*, actor: Actor, channel_id: int, reason: str) -> None:
    """Stop a channel, and tell its person elsewhere; the reason itself stays with staff.

    Raises:
        Forbidden: the actor may not do this.
        NotFound: there is no such channel.
        Conflict: staff stopped it already.
    """
    row = _channel(actor, channel_id)
    if row.stopped_by_staff_at is not None:
        raise Conflict(_("It is stopped already."))
    _move(row, Channel.State.DISABLED, reason=STOPPED, stopped_by_staff_at=clock.now())
    _note(actor, "channel.disabled", "channel", row.uuid, before=row.state, after="disabled", why=reason)
    notify(
        users=[row.owner_id],
        kind=Notification.Kind.CHANNEL,
        event="stopped_by_staff",
        data={"channel": row.name, "channel_id": str(row.uuid)},
    )


@transaction.atomic
def enable_channel(*, actor: Actor, channel_id: int, reason: str) -> None:
    """Let a stopped channel go on, its failures and its reader's refusal forgotten.

    What was never verified still has to be.

    Raises:
        Forbidden: the actor may not do this.
        NotFound: there is no such channel.
        Conflict: it is not stopped.
    """
    row = _channel(actor, channel_id)
    if row.state != Channel.State.DISABLED:
        raise Conflict(_("It is not stopped."))
    is_known = row.is_account or row.verified_at is not None
    state = Channel.State.ACTIVE if is_known else Channel.State.UNVERIFIED
    forget_refused(row)
    _move(row, state, reason="", stopped_by_staff_at=None, failures=0, failing_since=None, rests_until=None)
    if state == Channel.State.ACTIVE:
        release(row)
    _note(actor, "channel.enabled", "channel", row.uuid, before=row.state, after=state, why=reason)


@transaction.atomic
def pause_outbox(*, actor: Actor, reason: str) -> None:
    """Let nothing leave until it goes on; what is written meanwhile waits.

    Raises:
        Forbidden: the actor may not do this.
        Conflict: it is paused already.
    """
    _require(actor, OUTBOX)
    Outbox.objects.get_or_create(pk=1)
    open_now = Outbox.objects.filter(pk=1, paused_at=None)
    if not open_now.update(paused_at=clock.now(), reason=reason[:LONGEST_REASON]):
        raise Conflict(_("All deliveries are paused already."))
    _note(actor, "outbox.paused", "outbox", 1, before="open", after="paused", why=reason)


@transaction.atomic
def resume_outbox(*, actor: Actor, reason: str) -> None:
    """Let deliveries leave again, those that waited first.

    Raises:
        Forbidden: the actor may not do this.
        Conflict: it is not paused.
    """
    _require(actor, OUTBOX)
    if not Outbox.objects.filter(pk=1, paused_at__isnull=False).update(paused_at=None, reason=""):
        raise Conflict(_("Deliveries are not paused."))
    _note(actor, "outbox.resumed", "outbox", 1, before="paused", after="open", why=reason)
    waiting = Delivery.objects.filter(state=_S.PENDING, due_at__lte=clock.now()).count()
    if waiting:
        bus.publish(DeliveriesQueued(waiting))


def _require(actor: Actor, power: str) -> None:
    if not actor.may(power):
        raise Forbidden


def _delivery(actor: Actor, delivery_id: int) -> Delivery:
    _require(actor, DELIVERIES)
    row = Delivery.objects.select_related("channel").filter(pk=delivery_id).first()
    if row is None:
        raise NotFound
    return row


def _turn(row: Delivery, states: set[Delivery.State], **values: Any) -> None:
    """Change a delivery, if it is still in one of the states: a worker may finish it at any time."""
    if not Delivery.objects.filter(pk=row.pk, state__in=states).update(**values):
        raise _out_of_place(row)


def _out_of_place(row: Delivery) -> Conflict:
    return Conflict(_("It is not in a state for this: %(state)s.") % {"state": row.get_state_display()})


def _channel(actor: Actor, channel_id: int) -> Channel:
    _require(actor, CHANNELS)
    row = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if row is None:
        raise NotFound
    return row


def _move(row: Channel, state: Channel.State, **values: Any) -> None:
    Channel.objects.filter(pk=row.pk).update(state=state, updated_at=clock.now(), **values)


def _note(actor: Actor, verb: str, kind: str, key: object, *, before: str, after: str, why: str) -> None:
    """Write it down; never where a channel leads or what was told."""
    audit.record(
        actor=actor, verb=verb, object_type=kind, object_id=key, before={"state": before},
        after={"state": after}, reason=why,
    )  # fmt: skip
