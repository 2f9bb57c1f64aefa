"""Erasing a person."""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import InvalidCredentials
from accounts.events import UserErased
from accounts.models import StoredMail, User
from accounts.services import guard, passwords, sessions
from core import audit
from core.actor import Actor
from core.bus import bus
from core.errors import NotFound, ValidationFailed
from core.models import AuditOrigin, IdempotencyKey


def erase_user(*, actor: Actor, user_id: UUID, password: str) -> None:
    """Delete an account and everything that is its person's alone; the audit log keeps opaque ids.

    Raises:
        NotFound: the actor is not the user.
        ValidationFailed: the password is not right; names the field.
        RateLimited: too many wrong guesses.
    """
    if actor.user_id != user_id:
        raise NotFound
    _confirm(user_id, password)
    _erase(actor, user_id)


def _confirm(user_id: UUID, password: str) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise InvalidCredentials
    attempt = guard.admit(user.email)
    if not passwords.is_right(user, password):
        raise ValidationFailed.of("password", _("The password is not right."), "wrong_password")
    attempt.succeeded()


@transaction.atomic
def _erase(actor: Actor, user_id: UUID) -> None:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    bus.publish(UserErased(user_id))
    audit.record(actor=actor, verb="user.erased", object_type="user", object_id=user_id)
    AuditOrigin.objects.filter(event__actor_id=user_id).delete()
    IdempotencyKey.objects.filter(user_id=user_id).delete()
    _delete_mail(user)
    sessions.forget_sessions(user_id=user_id)
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user_id)
    ).delete()
    user.delete()


def _delete_mail(user: User) -> None:
    """Delete the mail kept for any of the person's addresses: the present one and those yet to be proven."""
    others = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    for address in {user.email, *others}:
        StoredMail.objects.filter(recipients__contains=[address]).delete()
