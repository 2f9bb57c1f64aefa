"""Access and refresh tokens.

The access token is a signed JWT that names its family; the refresh token is random, kept as
a SHA-256, and replaced at each use. A refresh token that comes back a second time was copied:
the whole family ends and its person is told (RFC 9700, section 4.14.2). There is no grace for a
program that repeats a call whose answer it lost: a thief's call looks just the same.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from accounts import selectors, transports
from accounts.errors import TokenInvalid
from accounts.events import RefreshTokenReused
from accounts.models import RefreshToken, TokenFamily, User
from core import audit, clock, context
from core.actor import Actor
from core.bus import bus

FAMILY_CLAIM = "fam"
PREFIX = "florin_rt_"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token, valid for `expires_in` seconds, and the refresh token that renews it once."""

    access: str
    refresh: str
    expires_in: int


def issue_tokens(*, user: User) -> TokenPair:
    """Begin a family for a user who has just proven themselves."""
    origin = context.current()
    family = TokenFamily.objects.create(
        user=user,
        password_stamp=user.get_session_auth_hash(),
        address=origin.address or None,
        agent=origin.agent[:300],
    )
    return _pair(family)


def rotate_refresh(*, refresh_token: str) -> TokenPair:
    """Exchange a refresh token for a new pair; of two exchanges at once one wins.

    Raises:
        TokenInvalid: unknown, expired, revoked, or used before; the last ends its family.
    """
    pair = _rotated(_digest(refresh_token))
    if pair is None:
        raise TokenInvalid
    return pair


@transaction.atomic
def sign_out(*, refresh_token: str) -> None:
    """End the family of a refresh token. One that nobody knows is no error: nothing is left to end."""
    token = RefreshToken.objects.filter(token_hash=_digest(refresh_token)).first()
    if token is not None:
        revoke_family(family_id=token.family_id, reason="signed-out")


@transaction.atomic
def revoke_family(*, family_id: UUID, reason: str) -> TokenFamily | None:
    """Refuse all tokens of a family from now on; answers the family unless it had ended before."""
    revoked = TokenFamily.objects.filter(pk=family_id, revoked_at__isnull=True).update(
        revoked_at=clock.now(), revoked_reason=reason
    )
    if not revoked:
        return None
    family = TokenFamily.objects.select_related("user").get(pk=family_id)
    audit.record(
        actor=Actor.user(family.user),
        verb="user.signed_out",
        object_type="token_family",
        object_id=family_id,
        reason=reason,
    )
    return family


def _end_copied(family_id: UUID) -> None:
    """End the family of a token that came back, and tell its person where their address is proven."""
    family = revoke_family(family_id=family_id, reason="reuse")
    if family is None:
        return
    user = family.user
    bus.publish(RefreshTokenReused(user_id=user.pk, family_id=family.pk))
    if user.is_active and selectors.is_email_verified(user):
        notice = transports.ReuseNotice(
            user, signed_in_at=family.created_at, noticed_at=clock.now(), origin=context.current()
        )
        transaction.on_commit(notice.send, robust=True)


@transaction.atomic
def _rotated(digest: str) -> TokenPair | None:
    now = clock.now()
    token = RefreshToken.objects.filter(token_hash=digest).first()
    if token is None:
        return None
    # the condition stands on the row alone, so that the loser of a race sees the winner's mark
    won = RefreshToken.objects.filter(pk=token.pk, used_at__isnull=True, expires_at__gt=now)
    if not won.update(used_at=now):
        if RefreshToken.objects.filter(pk=token.pk, used_at__isnull=False).exists():
            _end_copied(token.family_id)
        return None
    family = selectors.open_family(token.family_id)
    return None if family is None else _pair(family)


def _pair(family: TokenFamily) -> TokenPair:
    refresh = PREFIX + secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        family=family,
        token_hash=_digest(refresh),
        expires_at=clock.now() + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    access = AccessToken()
    access[api_settings.USER_ID_CLAIM] = str(family.user_id)
    access[FAMILY_CLAIM] = str(family.pk)
    return TokenPair(str(access), refresh, int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
