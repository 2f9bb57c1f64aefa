"""Sign-in over the API."""

from __future__ import annotations

from uuid import UUID

import structlog
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.errors import InvalidCredentials, MfaCodeInvalid, MfaRequired
from accounts.models import User
from accounts.services import guard, origins, passwords
from accounts.services.tokens import TokenPair, issue_tokens
from core import audit
from core.actor import Actor

log = structlog.get_logger(__name__)


def sign_in(*, email: str, password: str, code: str = "") -> TokenPair:
    """Check the password, and the code where the user has a second factor, and issue tokens.

    Raises:
        InvalidCredentials: unknown address, wrong password or closed account; alike, in like time.
        MfaRequired: a code from the authenticator, or a recovery code, is missing. A passkey needs a
            browser: with no other second factor only a recovery code signs in here.
        MfaCodeInvalid: the code is wrong or was used before.
        RateLimited: too many wrong guesses.
        Overloaded: too many sign in at this moment; it counts as no guess.
    """
    user = authenticate(email=email, password=password, code=code)
    return _start(user.pk)


def authenticate(*, email: str, password: str, code: str = "") -> User:
    """Tell who signs in; counts wrong guesses. Raises as `sign_in` does."""
    attempt = guard.admit(email)
    user = selectors.user_by_email(email)
    with attempt.unless_overloaded():
        right = passwords.is_right(user, password)
    if not right or user is None:
        attempt.failed()
        log.info("sign_in.refused", account=attempt.account)
        raise InvalidCredentials
    if selectors.has_second_factor(user):
        _require_code(user, code, attempt)
    attempt.succeeded()
    return user


def _require_code(user: User, code: str, attempt: guard.Attempt) -> None:
    if not code:
        attempt.withdrawn()
        raise MfaRequired(_what_to_send(user))
    for factor in selectors.second_factors(user):
        if factor.wrap().validate_code(code):
            factor.record_usage()
            return
    attempt.failed()
    raise MfaCodeInvalid


def _what_to_send(user: User) -> str:
    if Authenticator.Type.TOTP in selectors.factor_kinds(user):
        return _("Repeat the call with the code of your authenticator in “code”.")
    return _(
        "Your second factor is a passkey, which only a browser can use. Repeat the call with a recovery "
        "code in “code”, or use a personal access token that you make on the pages."
    )


@transaction.atomic
def _start(user_id: UUID) -> TokenPair:
    # the lock keeps an erasure that runs at this moment from leaving tokens of nobody
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise InvalidCredentials
    pair = issue_tokens(user=user)
    update_last_login(User, user)
    audit.record(actor=Actor.user(user), verb="user.signed_in", object_type="user", object_id=user.pk)
    origins.note_sign_in(user=user)
    return pair
