"""Stop mails for whoever holds one of them, signed in or not."""

from __future__ import annotations

from django.db import transaction

from alerts.models import Channel
from alerts.selectors.unsubscribing import channel_of_token
from core import audit
from core.actor import Actor


@transaction.atomic
def unsubscribe(*, actor: Actor, token: str) -> Channel:
    """Pause the channel that a link of a mail is of; its person resumes it in the settings.

    Raises:
        NotFound: the link was not made by us, or the channel is gone.
    """
    found = channel_of_token(token)
    channel = Channel.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if channel.state == Channel.State.ACTIVE:
        channel.state = Channel.State.PAUSED
        channel.save(update_fields=["state", "updated_at"])
        audit.record(
            actor=actor,
            verb="channel.unsubscribed",
            object_type="channel",
            object_id=channel.uuid,
            after={"state": channel.state},
        )
    return channel
