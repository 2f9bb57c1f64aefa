"""The users part of the published contract."""

from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.authentication import OptionalBearerAuthentication
from accounts.api.serializers import (
    ErasureSerializer,
    ProfileChangeSerializer,
    ProfileSerializer,
    RefreshSerializer,
    SignInSerializer,
    SignOutSerializer,
    SignUpSerializer,
    TokenSerializer,
)
from accounts.api.throttles import RefreshThrottle, SignInThrottle, SignUpThrottle
from accounts.errors import TokenInvalid
from accounts.models import TokenFamily, User
from accounts.services import NewUser, TokenPair
from core.api.base import OPEN, ApiView

TAGS = ["Users"]
# requirement objects, as drf-spectacular takes them; its annotation knows only names
BEARER_OR_NOTHING = cast("list[str]", [{"bearer": []}, {}])


class OpenView(ApiView):
    """A view for people who are not signed in: a stale token or cookie on the request does not matter."""

    area = OPEN
    authentication_classes: list[type[BaseAuthentication]] = []
    permission_classes = [AllowAny]


class SignUpView(OpenView):
    throttle_classes = [SignUpThrottle]

    @extend_schema(
        tags=TAGS, operation_id="users_signup", request=SignUpSerializer, responses={201: TokenSerializer}
    )
    def post(self, _request: Request) -> Response:
        """Make an account and sign in."""
        data = self.parsed(SignUpSerializer)
        email, password = data.pop("email"), data.pop("password")
        pair = services.sign_up(email=email, password=password, profile=NewUser(**data))
        return _tokens(pair, status.HTTP_201_CREATED)


class SignInView(OpenView):
    throttle_classes = [SignInThrottle]

    @extend_schema(
        tags=TAGS, operation_id="users_login", request=SignInSerializer, responses={200: TokenSerializer}
    )
    def post(self, _request: Request) -> Response:
        """Sign in. A user with a second factor gets 401 ``mfa-required`` until the call carries `code`."""
        return _tokens(services.sign_in(**self.parsed(SignInSerializer)))


class RefreshView(OpenView):
    throttle_classes = [RefreshThrottle]

    @extend_schema(
        tags=TAGS, operation_id="users_refresh", request=RefreshSerializer, responses={200: TokenSerializer}
    )
    def post(self, _request: Request) -> Response:
        """Exchange a refresh token for a new pair. Each token works once; its reuse ends the sign-in."""
        return _tokens(services.rotate_refresh(**self.parsed(RefreshSerializer)))


class SignOutView(OpenView):
    authentication_classes = [OptionalBearerAuthentication]

    @extend_schema(
        tags=TAGS,
        operation_id="users_logout",
        auth=BEARER_OR_NOTHING,
        request=SignOutSerializer,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """End the sign-in that the refresh token, or else the access token, belongs to."""
        refresh_token = self.parsed(SignOutSerializer).get("refresh_token")
        if refresh_token is not None:
            services.sign_out(refresh_token=refresh_token)
        elif isinstance(request.auth, TokenFamily):
            services.revoke_family(family_id=request.auth.pk, reason="signed-out")
        else:
            raise TokenInvalid
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(ApiView):
    area = "profile"
    signed_in_only = frozenset({"DELETE"})
    open_to_leaving = frozenset({"DELETE"})

    @property
    def me(self) -> User:
        """The user who calls."""
        return cast("User", self.request.user)

    @extend_schema(tags=TAGS, operation_id="users_me", responses={200: ProfileSerializer})
    def get(self, _request: Request) -> Response:
        """Tell who the token belongs to."""
        return Response(ProfileSerializer(self.me).data)

    @extend_schema(
        tags=TAGS,
        operation_id="users_me_change",
        request=ProfileChangeSerializer,
        responses={200: ProfileSerializer},
    )
    def patch(self, _request: Request) -> Response:
        """Change preferences; what the body leaves out stays."""
        changes = self.parsed(ProfileChangeSerializer)
        user = services.change_profile(actor=self.actor, user_id=self.me.pk, changes=changes)
        return Response(ProfileSerializer(user).data)

    @extend_schema(tags=TAGS, operation_id="users_me_erase", request=ErasureSerializer, responses={204: None})
    def delete(self, _request: Request) -> Response:
        """Erase the account and all that is its person's alone. The password confirms it."""
        services.erase_user(actor=self.actor, user_id=self.me.pk, **self.parsed(ErasureSerializer))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WhoAmIView(MeView):
    """The same read at the address that sibling services call to check a token."""

    http_method_names = ["get", "head", "options"]

    @extend_schema(tags=TAGS, operation_id="user_me", responses={200: ProfileSerializer})
    def get(self, request: Request) -> Response:
        """Tell who the token belongs to."""
        return super().get(request)


def _tokens(pair: TokenPair, status_code: int = status.HTTP_200_OK) -> Response:
    # RFC 6749, section 5.1: no cache keeps tokens
    return Response(TokenSerializer(pair).data, status=status_code, headers={"Cache-Control": "no-store"})
