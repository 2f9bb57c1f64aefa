"""What staff may do to an account that is not theirs."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from core.actor import Actor
from core.errors import Forbidden, NotFound, ValidationFailed

REASON_LENGTH = 400
GRANTING = "accounts.grant_role"


def required(reason: str) -> str:
    """Ask for a reason.

    Raises:
        ValidationFailed: there is none, or a very long one; names the field.
    """
    text = " ".join(reason.split())
    if not text:
        raise ValidationFailed.of("reason", _("Give a reason; it goes into the audit log."), "required")
    if len(text) > REASON_LENGTH:
        raise ValidationFailed.of("reason", _("Keep it to 400 characters."), "max_length")
    return text


def locked_account(*, actor: Actor, user_id: UUID, power: str) -> User:
    """Lock somebody's account on which a member of staff acts.

    Raises:
        NotFound: there is no such account.
        Forbidden: the actor lacks the power, or it is their own account, or a superuser's, or one of
            staff and the actor does not grant roles.
    """
    if not actor.may(power):
        raise Forbidden(_("Your role does not allow this."))
    if actor.user_id == user_id:
        raise Forbidden(_("Staff do not do this to their own account."))
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise NotFound
    if user.is_superuser and not actor.is_super:
        raise Forbidden(_("Only a superuser changes the account of a superuser."))
    if user.is_staff and not actor.may(GRANTING):
        raise Forbidden(_("Only who grants roles changes the accounts of staff."))
    return user
