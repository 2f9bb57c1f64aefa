"""What shows that it is an account's own person who asks for what cannot be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import InvalidCredentials
from accounts.models import User
from accounts.services import passwords
from core.errors import ValidationFailed


@dataclass(frozen=True, slots=True)
class Proof:
    """The password; or that the caller saw its person sign in, or use a factor, minutes ago.

    The second counts only for an account that no password opens.
    """

    password: str = ""
    is_fresh: bool = False


def require(*, user_id: UUID, proof: Proof) -> User:
    """Answer the user once it is proven that they ask.

    Raises:
        InvalidCredentials: there is no such user any more.
        ValidationFailed: the password is wrong, or there is none and nothing else was proven.
        RateLimited: too many wrong guesses.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise InvalidCredentials
    if user.has_usable_password():
        passwords.confirm(user_id=user_id, password=proof.password)
    elif not (proof.is_fresh and user.is_active):
        raise ValidationFailed.of(
            "password",
            _("This account has no password. Sign in on the pages and do it there, under Settings."),
            "no_password",
        )
    return user
