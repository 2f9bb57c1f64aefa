"""Links in mails by which whoever has the mail stops them, without signing in."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core import signing

from alerts.models import Channel
from core.errors import NotFound

# of a salt of its own, so that it is taken nowhere else, and nothing else is taken here
SALT: Final = "alerts.unsubscribe"


def unsubscribe_token(channel: Channel) -> str:
    """Sign a channel; it does not end, for mails are kept, and counts as long as there is the channel."""
    return signing.Signer(salt=SALT).sign(channel.uuid.hex).replace(":", ".")


def channel_of_token(token: str) -> Channel:
    """Find the channel that a link is of.

    Raises:
        NotFound: it was not made by us, or the channel is gone.
    """
    try:
        uuid = UUID(hex=signing.Signer(salt=SALT).unsign(token.replace(".", ":", 1)))
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    found = Channel.objects.select_related("owner").filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found
