"""Send a test to a channel, and send again what failed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.errors import ChannelUnproven
from alerts.models import Channel, Delivery
from alerts.selectors.channels import delivery_of, get
from alerts.services.budgets import spend
from alerts.services.outbox import enqueue_one, queue_again
from alerts.services.stopping import refuse_stopped
from core import audit
from core.actor import Actor
from core.errors import Conflict


@transaction.atomic
def send_test(*, actor: Actor, user: Any, uuid: UUID) -> Delivery:
    """Queue a test for a channel that is proven, also one that is paused.

    Raises:
        NotFound: there is none of the user's.
        ChannelUnproven: it waits for its proof, which is a test as well.
        ChannelStopped: staff stopped it.
        RateLimited: the user sent too many.
    """
    channel = get(user, uuid, for_update=True)
    refuse_stopped(channel)
    if channel.state == Channel.State.UNVERIFIED:
        raise ChannelUnproven(_("This channel is not proven yet: have its proof sent again instead."))
    spend("channel-tests", str(user.pk))
    made = enqueue_one(channel, Delivery.Purpose.TEST)
    audit.record(actor=actor, verb="channel.tested", object_type="channel", object_id=channel.uuid)
    return made


@transaction.atomic
def resend_delivery(*, actor: Actor, user: Any, uuid: UUID, delivery_id: UUID) -> Delivery:
    """Queue once more what failed or was not sent, alone, and tried as often as a new one.

    Its key is its own id. What had left in one message with others, under a key of that message, leaves under
    its own now, and under the same one however often it is sent again.

    Raises:
        NotFound: there is no such channel of the user's, or no such delivery of it.
        ChannelUnproven: the channel is not proven.
        ChannelStopped: staff stopped the channel.
        Conflict: it is on its way, was delivered, or was a proof.
        RateLimited: the user sent too many.
    """
    channel = get(user, uuid, for_update=True)
    refuse_stopped(channel)
    delivery = delivery_of(channel, delivery_id)
    if channel.state == Channel.State.UNVERIFIED:
        raise ChannelUnproven(_("This channel is not proven yet."))
    spend("channel-tests", str(user.pk))
    if not queue_again(Delivery.objects.filter(pk=delivery.pk)):
        raise Conflict(_("Only what failed or was not sent is sent again."))
    audit.record(actor=actor, verb="channel.resent", object_type="channel", object_id=channel.uuid)
    return delivery_of(channel, delivery_id)
