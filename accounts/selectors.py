"""Reads about people."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet

from accounts.models import StoredMail, TokenFamily, User
from core import clock


def user_by_email(email: str) -> User | None:
    """Find the account of an address, in any case; None when there is none."""
    return User.objects.filter(email__iexact=email.strip()).first()


def is_email_taken(email: str, *, besides: UUID | None = None) -> bool:
    """Tell whether another account than `besides` uses the address, or has proven that it is theirs."""
    users = User.objects.filter(email__iexact=email.strip())
    proven = EmailAddress.objects.filter(email=email.strip().lower(), verified=True)
    if besides is not None:
        users, proven = users.exclude(pk=besides), proven.exclude(user_id=besides)
    return users.exists() or proven.exists()


def is_email_verified(user: User) -> bool:
    """Tell whether the user has proven that the address is theirs."""
    proven = EmailAddress.objects.filter(user_id=user.pk, email=user.email.lower(), verified=True)
    return bool(proven.exists())


def second_factors(user: User) -> list[Authenticator]:
    """List what the user can prove a sign-in with besides the password: authenticator app, recovery codes."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    return list(Authenticator.objects.filter(user_id=user.pk, type__in=kinds).order_by("-type"))


def has_second_factor(user: User) -> bool:
    """Tell whether sign-in asks for a code; recovery codes alone do not count."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists())


def open_family(family_id: UUID) -> TokenFamily | None:
    """Find an API sign-in whose tokens still count, with its user: one indexed read."""
    family = TokenFamily.objects.select_related("user").filter(pk=family_id).first()
    return family if family is not None and family.is_open else None


def stored_mails(search: str = "") -> QuerySet[StoredMail]:
    """List kept mail, newest first; `search` looks at subject and recipients."""
    mails = StoredMail.objects.order_by("-sent_at", "-id")
    if search:
        mails = mails.filter(Q(subject__icontains=search) | Q(recipients__icontains=search))
    return mails


def sign_ups_within(period: timedelta) -> int:
    """Count the accounts made in the last `period`."""
    return User.objects.filter(date_joined__gte=clock.now() - period).count()
