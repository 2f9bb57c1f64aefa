"""Prove that a channel is its person's: by a code that is sent there, typed in or answered by its program."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from alerts.domain.channels import CODE_DIGITS, CODE_LASTS, MOST_TRIES
from alerts.errors import ProofClosed
from alerts.models import Channel, Delivery, Notification
from alerts.selectors.channels import config_of, get
from alerts.services.budgets import host_budget, spend_proof
from alerts.services.notifications import notify
from alerts.services.outbox import enqueue_one, release
from alerts.services.stopping import place_of, refuse_refused, refuse_stopped
from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, ValidationFailed

SALT = "alerts.channel.proof"


@transaction.atomic
def send_proof(*, actor: Actor, user: Any, uuid: UUID) -> Channel:
    """Send a new code to a channel, or the message that its program is to answer; the last one is void.

    Raises:
        NotFound: there is none of the user's.
        ChannelStopped: staff stopped it, or its reader wants no more.
        Conflict: it is proven already.
        RateLimited: too much was sent by the user, or to there.
    """
    channel = get(user, uuid, for_update=True)
    refuse_stopped(channel)
    if channel.state != Channel.State.UNVERIFIED:
        raise Conflict(_("This channel does not wait for a proof."))
    begin_proof(channel)
    audit.record(actor=actor, verb="channel.proof_sent", object_type="channel", object_id=channel.uuid)
    return channel


def begin_proof(channel: Channel) -> None:
    """Queue the proof of a channel that is locked, or that nobody else knows yet.

    Raises:
        ChannelStopped: whoever reads there wants no more.
        RateLimited: too much was sent by its owner, to there, or to its host.
    """
    config = config_of(channel)
    place = place_of(channel.kind, config)
    refuse_refused(place)
    spend_proof(channel.owner_id, place, host_budget(channel, config))
    void_proofs(channel)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    channel.proof = _digest(channel, code)
    channel.proof_until = clock.now() + CODE_LASTS
    channel.proof_tries = 0
    channel.save(update_fields=["proof", "proof_until", "proof_tries", "updated_at"])
    enqueue_one(channel, Delivery.Purpose.PROOF, code)


def verify_channel(*, actor: Actor, user: Any, uuid: UUID, code: str) -> Channel:
    """Take the code that was sent to a channel; each try counts, also one that is refused.

    Raises:
        NotFound: there is none of the user's.
        ValidationFailed: it is not the code; names the field.
        ProofClosed: the code is too old, was tried five times, or none was sent.
    """
    # the count of a wrong try is kept, so that the refusal comes after the transaction
    channel = _tried(actor, user, uuid, code)
    if channel.state == Channel.State.UNVERIFIED:
        raise ValidationFailed.of("code", _("This is not the code that was sent."), "wrong")
    return channel


@transaction.atomic
def _tried(actor: Actor, user: Any, uuid: UUID, code: str) -> Channel:
    channel = get(user, uuid, for_update=True)
    if channel.state != Channel.State.UNVERIFIED:
        return channel
    is_open = channel.proof_until is not None and channel.proof_until > clock.now()
    if not channel.proof or not is_open or channel.proof_tries >= MOST_TRIES:
        raise ProofClosed(_("This code does not count any more. Have a new one sent."))
    typed = "".join(code.split())
    if hmac.compare_digest(channel.proof, _digest(channel, typed)):
        _prove(channel)
        audit.record(actor=actor, verb="channel.verified", object_type="channel", object_id=channel.uuid)
    else:
        channel.proof_tries += 1
        channel.save(update_fields=["proof_tries", "updated_at"])
    return channel


@transaction.atomic
def prove_by_answer(*, channel_id: int) -> bool:
    """Note that a program answered its proof with the code in it; tell whether that was news."""
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None or channel.kind != Channel.Kind.WEBHOOK or channel.state != Channel.State.UNVERIFIED:
        return False
    _prove(channel)
    actor = Actor.system("deliver")
    audit.record(actor=actor, verb="channel.verified", object_type="channel", object_id=channel.uuid)
    return True


def _prove(channel: Channel) -> None:
    now = clock.now()
    # while nothing goes there yet: who did not do this reads of it elsewhere
    notify(
        users=[channel.owner_id],
        kind=Notification.Kind.CHANNEL,
        event="channel_verified",
        data={"channel": channel.name, "channel_id": str(channel.uuid), "channel_kind": channel.kind},
        key=f"channel_verified:{channel.uuid}:{now.isoformat()}",
    )
    channel.state, channel.verified_at = Channel.State.ACTIVE, now
    channel.proof, channel.proof_until, channel.proof_tries = "", None, 0
    channel.failures, channel.failing_since, channel.rests_until, channel.reason = 0, None, None, ""
    channel.save()
    release(channel)
    void_proofs(channel)


def void_proofs(channel: Channel) -> None:
    """Send no proof that waits, and keep no code that was sent."""
    proofs = Delivery.objects.filter(channel=channel, purpose=Delivery.Purpose.PROOF)
    waiting = proofs.filter(state=Delivery.State.PENDING)
    waiting.update(state=Delivery.State.DROPPED, lease=None, done_at=clock.now())
    proofs.filter(content__isnull=False).update(content=None)


def _digest(channel: Channel, code: str) -> str:
    return salted_hmac(SALT, f"{channel.uuid}:{code}", algorithm="sha256").hexdigest()
