"""A person's own tokens for programs. No token gets here: who makes tokens has signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts.api.serializers import PasswordField
from accounts.models import PersonalAccessToken, Scope
from accounts.services import IssuedToken, passwords, personal_tokens
from core.api.base import ApiView
from core.api.pagination import lists, paged
from core.api.serializers import StrictSerializer

TAGS = ["Users"]
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "DELETE"})


class NewTokenSerializer(StrictSerializer[Any]):
    """What a new token is for; the password shows that its owner asks."""

    name = serializers.CharField(max_length=personal_tokens.MAX_NAME, help_text="What it is for.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.values), min_length=1, max_length=len(Scope.values)
    )
    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="At most a year away; left out, in 90 days; null, never.",
    )
    password = PasswordField()


class PersonalTokenSerializer(serializers.ModelSerializer[PersonalAccessToken]):
    """A token without its secret."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.values))

    class Meta:
        model = PersonalAccessToken
        fields = ["id", "name", "beginning", "scopes", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields


class IssuedTokenSerializer(PersonalTokenSerializer):
    """A new token with its secret, which no other answer tells."""

    token = serializers.CharField(help_text="What the program sends as its bearer token; told only here.")

    class Meta(PersonalTokenSerializer.Meta):
        fields = [*PersonalTokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class TokenListView(ApiView):
    """The caller's tokens."""

    area = "profile"
    signed_in_only = METHODS

    @lists("users_tokens_list", "PersonalTokenPage", PersonalTokenSerializer, TAGS)
    def get(self, _request: Request) -> Response:
        """List the caller's tokens that are not revoked, newest first."""
        rows = selectors.personal_tokens(self.caller.pk)
        return paged(self, rows, lambda page: PersonalTokenSerializer(page, many=True).data)

    @extend_schema(
        tags=TAGS,
        operation_id="users_tokens_create",
        request=NewTokenSerializer,
        responses={201: IssuedTokenSerializer},
    )
    def post(self, _request: Request) -> Response:
        """Make a token for a program. The answer carries the token itself, which is told only once."""
        data = self.parsed(NewTokenSerializer)
        passwords.confirm(user_id=self.caller.pk, password=data.pop("password"))
        data.setdefault("expires_at", personal_tokens.default_end())
        issued = services.create_personal_token(actor=self.actor, user_id=self.caller.pk, **data)
        return Response(_told(issued), status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class TokenView(ApiView):
    """One of the caller's tokens."""

    area = "profile"
    signed_in_only = METHODS

    @extend_schema(tags=TAGS, operation_id="users_token", responses={200: PersonalTokenSerializer})
    def get(self, _request: Request, token_id: UUID) -> Response:
        """Tell what a token may do and when it was last used."""
        return Response(PersonalTokenSerializer(selectors.personal_token(self.caller.pk, token_id)).data)

    @extend_schema(tags=TAGS, operation_id="users_token_revoke", responses={204: None})
    def delete(self, _request: Request, token_id: UUID) -> Response:
        """Revoke a token: it is refused from now on."""
        services.revoke_personal_token(actor=self.actor, user_id=self.caller.pk, token_id=token_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _told(issued: IssuedToken) -> dict[str, Any]:
    return {**PersonalTokenSerializer(issued.token).data, "token": issued.secret}
