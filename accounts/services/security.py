"""Changes of how a person signs in: the flows are allauth's, the record of them ours."""

from __future__ import annotations

from django.db import transaction

from accounts.events import SecurityChanged
from accounts.models import User
from core import audit
from core.actor import Actor
from core.bus import bus


@transaction.atomic
def security_changed(*, user: User, verb: str, kind: str = "") -> None:
    """Record that a user changed how they sign in, and say so; `kind` says which factor it was."""
    event = audit.record(
        actor=Actor.user(user),
        verb=verb,
        object_type="user",
        object_id=user.pk,
        after={"kind": kind} if kind else None,
    )
    bus.publish(SecurityChanged(user_id=user.pk, verb=verb, kind=kind, audit_id=event.pk))
