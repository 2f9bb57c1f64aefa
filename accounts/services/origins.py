"""Where an account signs in from, and the mail that tells of a device or network not seen before."""

from __future__ import annotations

from django.db import transaction

from accounts import transports
from accounts.domain import device_of
from accounts.events import NewOriginSeen
from accounts.models import KnownOrigin, User
from core import clock, context
from core.bus import bus
from core.throttling import network_of


@transaction.atomic
def note_sign_in(*, user: User) -> None:
    """Remember where a sign-in came from; tell the user of a device or network that is new to them.

    The first sign-in of an account has nothing to be compared with, and no mail follows.
    """
    origin = context.current()
    device, network = str(device_of(origin.agent))[:80], network_of(origin.address)
    known = list(KnownOrigin.objects.filter(user=user).values_list("device", "network"))
    [row] = KnownOrigin.objects.bulk_create(
        [KnownOrigin(user=user, device=device, network=network, last_seen_at=clock.now())],
        update_conflicts=True,
        unique_fields=["user", "device", "network"],
        update_fields=["last_seen_at"],
    )
    is_new = device not in {pair[0] for pair in known} or network not in {pair[1] for pair in known}
    if known and is_new:
        bus.publish(NewOriginSeen(user_id=user.pk, origin_id=row.pk, device=device))
        transaction.on_commit(lambda: transports.send_notice(user, "account/email/new_sign_in"), robust=True)
