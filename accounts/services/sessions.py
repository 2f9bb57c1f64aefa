"""Sessions of the pages: the sign-in flow is allauth's, the record of it ours."""

from __future__ import annotations

from accounts.models import User
from core import audit
from core.actor import Actor


def session_started(*, user: User) -> None:
    """Record that a user signed in on the pages."""
    audit.record(actor=Actor.user(user), verb="user.signed_in", object_type="user", object_id=user.pk)


def session_ended(*, user: User) -> None:
    """Record that a user signed out on the pages."""
    audit.record(actor=Actor.user(user), verb="user.signed_out", object_type="user", object_id=user.pk)
