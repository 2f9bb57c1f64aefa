"""Erasing a person."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.services import passwords
from core import audit
from core.actor import Actor
from core.errors import NotFound
from core.ports import personal_erasers


def erase_user(*, actor: Actor, user_id: UUID, password: str) -> None:
    """Delete an account and everything that is its person's alone; the audit log keeps opaque ids.

    Raises:
        NotFound: the actor is not the user.
        ValidationFailed: the password is not right; names the field.
        RateLimited: too many wrong guesses.
    """
    if actor.user_id != user_id:
        raise NotFound
    passwords.confirm(user_id=user_id, password=password)
    _erase(actor, user_id)


@transaction.atomic
def _erase(actor: Actor, user_id: UUID) -> None:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    audit.record(actor=actor, verb="user.erased", object_type="user", object_id=user_id)
    personal_erasers.collect(user_id)
    user.delete()
