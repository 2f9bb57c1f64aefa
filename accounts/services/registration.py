"""How an account comes to be."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import selectors, transports
from accounts.errors import EmailTaken
from accounts.events import UserRegistered
from accounts.models import User
from accounts.services import origins
from accounts.services.passwords import require_strong
from accounts.services.profile import clean_profile
from accounts.services.tokens import TokenPair, issue_tokens
from core import audit
from core.actor import Actor
from core.bus import bus
from core.errors import ValidationFailed


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a new account says of its person; what is left out takes the platform's defaults."""

    name: str = ""
    base_currency: str = "EUR"
    time_zone: str = "UTC"
    locale: str = "en"


DEFAULT = NewUser()
MAX_EMAIL = 254


@transaction.atomic
def create_user(
    *, email: str, password: str | None, profile: NewUser = DEFAULT, is_staff: bool = False
) -> User:
    """Make an account, without a record of its address yet: the sign-up page's flow makes that itself.

    With None for a password no password opens it: its person signs in by an account elsewhere.

    Raises:
        ValidationFailed: the address is none, the password is weak, or a field of the profile is wrong.
        EmailTaken: the address has an account.
    """
    email = email.strip().lower()
    _require_email(email)
    user = User(email=email, is_staff=is_staff, is_superuser=is_staff, **clean_profile(asdict(profile)))
    if password is not None:
        require_strong(password, user)
    user.set_password(password)  # first, so that asking for a taken address costs as much as an account
    if selectors.is_email_taken(email):
        raise EmailTaken
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:  # somebody was faster with the same address
        raise EmailTaken from error
    audit.record(actor=Actor.user(user), verb="user.signed_up", object_type="user", object_id=user.pk)
    bus.publish(UserRegistered(user_id=user.pk))
    return user


@transaction.atomic
def register_user(
    *,
    email: str,
    password: str,
    profile: NewUser = DEFAULT,
    is_staff: bool = False,
    email_verified: bool = False,
) -> User:
    """Make an account with its address, and send the link that proves the address unless it is proven.

    Raises:
        ValidationFailed: the address is none, the password is weak, or a field of the profile is wrong.
        EmailTaken: the address has an account.
    """
    user = create_user(email=email, password=password, profile=profile, is_staff=is_staff)
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=email_verified)
    if not email_verified:
        transaction.on_commit(lambda: transports.send_confirmation(address), robust=True)
    return user


@transaction.atomic
def release_address(*, email: str) -> None:
    """Take an address from accounts that only wait to prove it: somebody else has just proven it."""
    waiting = EmailAddress.objects.filter(email=email.strip().lower(), verified=False, primary=False)
    waiting.delete()


@transaction.atomic
def sign_up(*, email: str, password: str, profile: NewUser = DEFAULT) -> TokenPair:
    """Make an account over the API and sign it in.

    Raises:
        ValidationFailed: the address is none, the password is weak, or a field of the profile is wrong.
        EmailTaken: the address has an account.
    """
    user = register_user(email=email, password=password, profile=profile)
    origins.note_sign_in(user=user)
    return issue_tokens(user=user)


def _require_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationFailed.of("email", _("Enter an e-mail address.")) from error
    if len(email) > MAX_EMAIL:
        raise ValidationFailed.of("email", _("The e-mail address is too long."), "max_length")
