"""Personal access tokens: a person makes one for a program, with the scopes that it needs.

The token is random, shown once and kept as a SHA-256. It is no sign-in: a new password leaves it,
unless that came by the mailed link, for then somebody else may have been in the account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.errors import TooManyTokens
from accounts.events import PersonalTokenCreated
from accounts.models import PersonalAccessToken, Scope, User
from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import FieldError, Forbidden, NotFound, ValidationFailed

PREFIX = "florin_pat_"
RANDOM_BYTES = 32
SHOWN_CHARACTERS = len(PREFIX) + 4
MAX_TOKENS = 50
MAX_NAME = 100
DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=366)
USE_NOTED_EVERY = timedelta(minutes=1)
OBJECT_TYPE = "personal_access_token"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token; `secret` is what the program sends, told now and never again."""

    token: PersonalAccessToken
    secret: str = field(repr=False)


@transaction.atomic
def create_personal_token(
    *, actor: Actor, user_id: UUID, name: str, scopes: Iterable[str], expires_at: datetime | None
) -> IssuedToken:
    """Make a token for a program of the user's; without `expires_at` it counts until it is revoked.

    Raises:
        NotFound: the actor is not the user.
        ValidationFailed: names the name, the scopes or the end.
        TooManyTokens: the user has 50 that count.
    """
    # the lock keeps two requests at once from passing the limit together
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None or actor.user_id != user_id:
        raise NotFound
    values = _clean(name, scopes, expires_at)
    if _alive(user_id).count() >= MAX_TOKENS:
        raise TooManyTokens
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = PersonalAccessToken.objects.create(
        user=user, beginning=secret[:SHOWN_CHARACTERS], token_hash=_digest(secret), **values
    )
    # the name is the person's own words, and so not for the log
    told = {"scopes": token.scopes, "expires_at": expires_at.isoformat() if expires_at else None}
    audit.record(actor=actor, verb="token.created", object_type=OBJECT_TYPE, object_id=token.pk, after=told)
    bus.publish(PersonalTokenCreated(user_id=user_id, token_id=token.pk))
    return IssuedToken(token, secret)


@transaction.atomic
def revoke_personal_token(*, actor: Actor, user_id: UUID, token_id: UUID) -> None:
    """Refuse one of the user's own tokens from now on.

    Raises:
        NotFound: the user has no such token, or it is revoked already.
    """
    if actor.user_id != user_id:
        raise NotFound
    if not _revoke(PersonalAccessToken.objects.filter(user_id=user_id, pk=token_id), actor):
        raise NotFound


@transaction.atomic
def revoke_token_as_staff(*, actor: Actor, token_id: UUID, reason: str) -> None:
    """Refuse anybody's token from now on; one that is revoked stays as it is.

    Raises:
        Forbidden: the actor may not as staff.
        ValidationFailed: there is no reason.
    """
    if not actor.may("accounts.change_personalaccesstoken"):
        raise Forbidden
    if not reason.strip():
        raise ValidationFailed.of("reason", _("Say why: it goes into the audit log."), "required")
    _revoke(PersonalAccessToken.objects.filter(pk=token_id), actor, reason.strip())


@transaction.atomic
def revoke_personal_tokens_of(*, actor: Actor, user_id: UUID, reason: str) -> int:
    """Refuse all tokens of a user from now on; answers how many there were."""
    return _revoke(PersonalAccessToken.objects.filter(user_id=user_id), actor, reason)


def authenticate_token(*, secret: str) -> PersonalAccessToken | None:
    """Tell which token a program sends; None when it does not count."""
    return selectors.open_personal_token(_digest(secret))


def mark_used(*, token: PersonalAccessToken) -> None:
    """Note that a token is in use, at most once a minute: most requests write nothing."""
    now = clock.now()
    limit = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at <= limit:
        # the condition stands on the row, so that of requests at once one writes
        due = Q(last_used_at__isnull=True) | Q(last_used_at__lte=limit)
        PersonalAccessToken.objects.filter(due, pk=token.pk).update(last_used_at=now)


def default_end() -> datetime:
    """Tell when a token ends for which nobody chose: in 90 days."""
    return clock.now() + DEFAULT_LIFETIME


def _alive(user_id: UUID) -> QuerySet[PersonalAccessToken]:
    ahead = Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now())
    return selectors.personal_tokens(user_id).filter(ahead)


def _revoke(tokens: QuerySet[PersonalAccessToken], actor: Actor, reason: str = "") -> int:
    keys = list(tokens.filter(revoked_at__isnull=True).select_for_update().values_list("pk", flat=True))
    PersonalAccessToken.objects.filter(pk__in=keys).update(revoked_at=clock.now())
    for key in keys:
        audit.record(actor=actor, verb="token.revoked", object_type=OBJECT_TYPE, object_id=key, reason=reason)
    return len(keys)


def _clean(name: str, scopes: Iterable[str], expires_at: datetime | None) -> dict[str, object]:
    name, wanted = name.strip(), set(scopes)
    now = clock.now()
    errors: list[FieldError] = []
    if not name or len(name) > MAX_NAME:
        errors.append(FieldError("name", _("Give it a name of at most 100 characters."), "name_length"))
    if not wanted:
        errors.append(FieldError("scopes", _("Choose at least one scope."), "required"))
    if wanted - set(Scope.values):
        errors.append(FieldError("scopes", _("There is no such scope."), "unknown_scope"))
    if expires_at is not None and expires_at <= now:
        errors.append(FieldError("expires_at", _("The end lies in the past."), "past"))
    if expires_at is not None and expires_at > now + LONGEST_LIFETIME:
        errors.append(FieldError("expires_at", _("A token lasts a year at most."), "too_long"))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return {"name": name, "scopes": [one for one in Scope.values if one in wanted], "expires_at": expires_at}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
