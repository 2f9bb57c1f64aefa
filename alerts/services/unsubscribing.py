"""Stop mails for whoever holds one of them, signed in or not."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from alerts.domain.reasons import Reason, coded
from alerts.models import Channel
from alerts.selectors.unsubscribing import channel_of_token
from alerts.services.proof import void_proofs
from alerts.services.stopping import keep_refused
from core import audit
from core.actor import Actor

UNWANTED: Final = coded(Reason.UNWANTED)


@transaction.atomic
def unsubscribe(*, actor: Actor, token: str) -> Channel:
    """Stop the mails of the channel that a link is of.

    One that is proven is paused, and its person resumes it in the settings. One that is not was made by
    somebody else for all that is known: it is stopped, and nobody may have another proof sent there.

    Raises:
        NotFound: the link was not made by us, or the channel is gone.
    """
    found = channel_of_token(token)
    channel = Channel.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
    state = channel.state
    is_known = channel.is_account or channel.verified_at is not None
    if not is_known and state in {Channel.State.UNVERIFIED, Channel.State.DISABLED}:
        keep_refused(channel)
        void_proofs(channel)
        channel.state, channel.reason = Channel.State.DISABLED, UNWANTED
        channel.proof, channel.proof_until = "", None
    elif state == Channel.State.ACTIVE:
        channel.state = Channel.State.PAUSED
    if channel.state != state:
        channel.save()
        audit.record(
            actor=actor,
            verb="channel.unsubscribed",
            object_type="channel",
            object_id=channel.uuid,
            after={"state": channel.state},
        )
    return channel
