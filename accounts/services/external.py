"""Users of another service, whose tokens ``USER_SERVICE_URL`` confirms.

Such a user is a local one of their own, known by (service, its id) alone. An e-mail address that
the service tells is never matched with an account: whoever can write an address there would own
the account here.
"""

from __future__ import annotations

import hashlib
import re

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import ExternalIdentity, User
from accounts.providers import user_service
from accounts.services.guard import Limit
from core import audit, context
from core.actor import Actor
from core.errors import DependencyUnavailable, RateLimited
from core.ids import uuid7
from core.throttling import network_of

CONFIRMED_SECONDS = 60
REFUSED_SECONDS = 10
FAILED_SECONDS = 5
OPEN_SECONDS = 10
FAILURES_TO_OPEN = 5
REFUSALS = Limit("external", count=30, seconds=60)
TOKEN = re.compile(r"[\x21-\x7e]{8,4096}")
REFUSED, FAILED = "-", "!"


def user_of_token(token: str) -> User | None:
    """Find whose a token is that is not ours; None where no service confirms it.

    Raises:
        DependencyUnavailable: the service does not answer; carries the seconds until the next try.
        RateLimited: too many refused tokens from this network.
    """
    url: str = settings.USER_SERVICE_URL
    if not url or TOKEN.fullmatch(token) is None:
        return None
    known = _key("token", url, token)
    answer = cache.get(known)
    if answer is None:
        answer = _asked(url, token, known)
    if answer == FAILED:
        raise _unavailable(FAILED_SECONDS)
    if answer == REFUSED:
        return None
    user = local_user(issuer=url, subject=answer[1:])
    return user if user.is_active else None


def local_user(*, issuer: str, subject: str) -> User:
    """Find the local user of a service's user; the first time, make one that cannot sign in here."""
    found = _identity(issuer, subject)
    if found is None:
        try:
            found = _made(issuer, subject)
        except IntegrityError:  # another call was faster
            found = ExternalIdentity.objects.select_related("user").get(issuer=issuer, subject=subject)
    return found.user


def _identity(issuer: str, subject: str) -> ExternalIdentity | None:
    return ExternalIdentity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()


@transaction.atomic
def _made(issuer: str, subject: str) -> ExternalIdentity:
    # an address in .invalid (RFC 2606) is nobody's and gets no mail
    user = User(email=f"external-{uuid7()}@users.invalid")
    user.set_unusable_password()
    user.save(force_insert=True)
    audit.record(actor=Actor.user(user), verb="user.external", object_type="user", object_id=user.pk)
    return ExternalIdentity.objects.create(issuer=issuer, subject=subject, user=user)


def _asked(url: str, token: str, known: str) -> str:
    """Ask the service, unless it is resting; remember what it said."""
    if cache.get(_key("open", url)):
        raise _unavailable(OPEN_SECONDS)
    refusals = REFUSALS.key(network_of(context.current().address))
    if cache.get(refusals, 0) >= REFUSALS.count:
        raise RateLimited(_("Too many tokens that do not count."), retry_after=REFUSALS.remaining())
    try:
        subject = user_service.subject_of(url, token)
    except user_service.NotReached:
        _count_failure(url)
        raise _unavailable(FAILED_SECONDS) from None
    except DependencyUnavailable:
        cache.set(known, FAILED, FAILED_SECONDS)
        return FAILED
    cache.delete(_key("failures", url))
    if subject is None:
        _increase(refusals, REFUSALS.seconds)
        cache.set(known, REFUSED, REFUSED_SECONDS)
        return REFUSED
    cache.set(known, f"+{subject}", CONFIRMED_SECONDS)
    return f"+{subject}"


def _count_failure(url: str) -> None:
    """Let the service rest after several calls that it did not answer."""
    if _increase(_key("failures", url), OPEN_SECONDS) >= FAILURES_TO_OPEN:
        cache.set(_key("open", url), 1, OPEN_SECONDS)
        cache.delete(_key("failures", url))


def _increase(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key)
    except ValueError:  # the cache dropped the counter between the two calls
        cache.set(key, 1, seconds)
        return 1


def _key(kind: str, *parts: str) -> str:
    """Name a place in the cache, which sees a token by its SHA-256 only."""
    return f"external:{kind}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"


def _unavailable(seconds: int) -> DependencyUnavailable:
    return DependencyUnavailable(
        _("The service that knows this token does not answer. Try again later."), retry_after=seconds
    )
