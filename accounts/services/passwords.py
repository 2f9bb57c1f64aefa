"""Passwords: checked in like time, refused when weak, changed with a record."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import InvalidCredentials
from accounts.events import SecurityChanged
from accounts.models import User
from accounts.services import guard
from accounts.services.personal_tokens import revoke_personal_tokens_of
from core import audit
from core.actor import Actor
from core.bus import bus
from core.errors import FieldError, ValidationFailed


def require_strong(password: str, user: User, *, field: str = "password") -> None:
    """Refuse a weak password.

    Raises:
        ValidationFailed: says each reason at `field`.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationFailed(
            errors=tuple(FieldError(field, one.messages[0], one.code or "weak") for one in error.error_list)
        ) from error


def is_right(user: User | None, password: str) -> bool:
    """Tell whether the password opens the account, in like time whether or not there is one."""
    if user is None:
        make_password(password)
        return False
    return user.check_password(password) and user.is_active


def confirm(*, user_id: UUID, password: str) -> None:
    """Make sure that a signed-in user knows the password of the account; counts wrong guesses.

    Raises:
        ValidationFailed: the password is not right; names the field.
        RateLimited: too many wrong guesses.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise InvalidCredentials
    attempt = guard.admit(user.email)
    if not is_right(user, password):
        raise ValidationFailed.of("password", _("The password is not right."), "wrong_password")
    attempt.succeeded()


@transaction.atomic
def set_password(*, actor: Actor, user: User, password: str, revoke_tokens: bool = False) -> None:
    """Give the user a new password. Every session and API sign-in made with the old one ends.

    Personal access tokens stay, for programs know no password, unless `revoke_tokens` ends them too.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    event = audit.record(actor=actor, verb="user.password_changed", object_type="user", object_id=user.pk)
    bus.publish(SecurityChanged(user_id=user.pk, verb=event.verb, kind="", audit_id=event.pk))
    if revoke_tokens:
        revoke_personal_tokens_of(actor=actor, user_id=user.pk, reason="new password")
    transaction.on_commit(lambda: guard.clear(user.email))
