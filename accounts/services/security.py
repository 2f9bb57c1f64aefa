"""Changes of how a person signs in: the flows are allauth's, the record of them ours."""

from __future__ import annotations

from accounts.models import User
from core import audit
from core.actor import Actor


def security_changed(*, user: User, verb: str, kind: str = "") -> None:
    """Record that a user changed how they sign in; `kind` says which factor it was."""
    audit.record(
        actor=Actor.user(user),
        verb=verb,
        object_type="user",
        object_id=user.pk,
        after={"kind": kind} if kind else None,
    )
