"""Who calls the API: by personal access token, by access token, or by the session cookie of our pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jwt
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.state import token_backend
from rest_framework_simplejwt.tokens import AccessToken

from accounts import selectors, services
from accounts.errors import CsrfFailed
from accounts.models import PersonalAccessToken, TokenFamily, User
from accounts.services import external, personal_tokens
from accounts.services.tokens import FAMILY_CLAIM
from core.api.problems import CHALLENGE

SCHEME = "bearer"
OWN_PREFIX = "florin_"


class PersonalTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer florin_pat_…``; `request.auth` becomes the token, with its scopes."""

    def authenticate(self, request: Request) -> tuple[User, PersonalAccessToken] | None:
        """Tell the user of the token; None when the request carries none of this kind.

        Raises:
            AuthenticationFailed: the token is unknown, expired or revoked, or its user's account closed.
        """
        words = request.headers.get("Authorization", "").split()
        if len(words) != 2 or words[0].lower() != SCHEME or not words[1].startswith(personal_tokens.PREFIX):  # noqa: PLR2004
            return None
        token = personal_tokens.authenticate_token(secret=words[1])
        if token is None:
            raise exceptions.AuthenticationFailed(_("The personal access token is not valid, or no longer."))
        personal_tokens.mark_used(token=token)
        token.user.powers_withheld = selectors.lacks_staff_factor(token.user)
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """Ask for a bearer token: what makes a refusal a 401."""
        return CHALLENGE


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>``; `request.auth` becomes the token's family."""

    def authenticate(self, request: Request) -> tuple[User, TokenFamily] | None:
        """Tell the user of the token; None when the request carries none.

        Raises:
            AuthenticationFailed: the token is malformed, forged, expired or revoked.
        """
        words = request.headers.get("Authorization", "").split()
        if not words or words[0].lower() != SCHEME:
            return None
        family = family_of(words[1]) if len(words) == 2 else None  # noqa: PLR2004
        if family is None:
            raise exceptions.AuthenticationFailed(_("The access token is not valid, or no longer."))
        services.family_used(family=family)
        # a sign-in over the API asks for the second factor of who has one
        family.user.powers_withheld = selectors.lacks_staff_factor(family.user)
        return family.user, family

    def authenticate_header(self, _request: Request) -> str:
        """Ask for a bearer token: what makes a refusal a 401."""
        return CHALLENGE


class OptionalBearerAuthentication(BearerAuthentication):
    """The same, but a token that does not count is no reason to refuse."""

    def authenticate(self, request: Request) -> tuple[User, TokenFamily] | None:
        """Tell the user of the token; None when there is none that counts."""
        try:
            return super().authenticate(request)
        except exceptions.AuthenticationFailed:
            return None


class ServiceBearerAuthentication(BearerAuthentication):
    """The same, and tokens that the service of ``USER_SERVICE_URL`` confirms; ours never leave the house."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        """Tell the user of the token; None when the request carries none.

        Raises:
            AuthenticationFailed: neither we nor the service know the token.
            DependencyUnavailable: it is not ours, and the service does not answer.
        """
        try:
            return super().authenticate(request)
        except exceptions.AuthenticationFailed:
            token = request.headers["Authorization"].split(maxsplit=1)[-1]
            user = None if is_of_ours(token) else external.user_of_token(token)
            if user is None:
                raise
            return user, None


class CookieAuthentication(SessionAuthentication):
    """The session of our pages, with the CSRF token in a header."""

    def enforce_csrf(self, request: Any) -> None:
        """Refuse a request that another site could have made the browser send.

        Raises:
            CsrfFailed: there is no CSRF token, or not the right one.
        """
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise CsrfFailed(str(error.detail)) from error

    def authenticate_header(self, _request: Request) -> str:
        """Ask for a bearer token: what makes a refusal a 401."""
        return CHALLENGE


def is_of_ours(raw: str) -> bool:
    """Tell whether we made a token, even one that counts no longer: it is no other service's business."""
    try:
        jwt.decode(
            raw,
            token_backend.get_verifying_key(raw),  # type: ignore[arg-type]  # the stub knows no encoded token
            algorithms=[token_backend.algorithm],
            options={"verify_exp": False, "verify_aud": False},
        )
    except (jwt.InvalidTokenError, TokenBackendError):
        return raw.startswith(OWN_PREFIX)
    return True


def family_of(raw: str) -> TokenFamily | None:
    """Tell the API sign-in that an access token belongs to; None when the token does not count."""
    try:
        token = AccessToken(raw)  # type: ignore[arg-type]  # the stub knows no encoded token
        family_id = UUID(str(token.get(FAMILY_CLAIM)))
    except (TokenError, ValueError):
        return None
    return selectors.open_family(family_id)
