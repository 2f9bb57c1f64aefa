"""Where a user is signed in."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts.api.serializers import SignInRowSerializer
from accounts.models import TokenFamily
from core.api.base import ApiView

TAGS = ["Users"]
METHODS = frozenset({"GET", "HEAD", "DELETE"})  # no token of a program ends its owner's sign-ins


class SessionsView(ApiView):
    """Where one is signed in."""

    area = "profile"
    signed_in_only = METHODS

    @extend_schema(
        tags=TAGS, operation_id="users_me_sessions", responses={200: SignInRowSerializer(many=True)}
    )
    def get(self, request: Request) -> Response:
        """List where the user is signed in: browsers, and programs with tokens; this call's own first."""
        rows = selectors.sign_ins(self.caller, current=_current(request))
        return Response([SignInRowSerializer(row).data for row in rows])


class SessionView(ApiView):
    """One of one's sign-ins."""

    area = "profile"
    signed_in_only = METHODS

    @extend_schema(tags=TAGS, operation_id="users_me_session_end", responses={204: None})
    def delete(self, _request: Request, session_id: UUID) -> Response:
        """End one of them, this call's own too: its next request is refused."""
        services.end_session(actor=self.actor, user_id=self.caller.pk, session_id=session_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _current(request: Request) -> UUID | None:
    if isinstance(request.auth, TokenFamily):
        return request.auth.pk
    mark = request.session.get(selectors.SESSION_MARK)
    return UUID(mark) if mark else None
