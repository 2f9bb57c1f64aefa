"""What every REST view of the platform stands on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, ParamSpec, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from core.actor import Actor
from core.api.idempotency import run_once
from core.api.scopes import OPEN, READING, require_scope

__all__ = ["OPEN", "READING", "ApiView", "idempotent"]
P = ParamSpec("P")


class ApiView(APIView):
    """A view with typed helpers: parse with a serializer, act as the caller.

    Each says its `area`, the part before the colon of the scopes that a personal access token needs,
    or OPEN where none is needed. `reading` are the methods that only read, `signed_in_only` those
    that no token may call.
    """

    area: ClassVar[str] = ""
    reading: ClassVar[frozenset[str]] = READING
    signed_in_only: ClassVar[frozenset[str]] = frozenset()

    def check_permissions(self, request: Request) -> None:
        """Ask the permissions, and the scopes of a token: no view can forget to.

        Raises:
            SignInRequired, InsufficientScope: the token is not enough.
        """
        super().check_permissions(request)
        require_scope(request, self)

    def parsed(self, serializer: type[BaseSerializer[Any]], data: Any = None, **kwargs: Any) -> Any:
        """Validate the body (or `data`) and answer the clean values.

        Raises:
            rest_framework.exceptions.ValidationError: names each wrong field.
        """
        bound = serializer(data=self.request.data if data is None else data, **kwargs)
        bound.is_valid(raise_exception=True)
        return bound.validated_data

    @property
    def caller(self) -> Any:
        """The user who calls; signed in, as every view of ours asks unless it says otherwise."""
        return self.request.user

    @property
    def actor(self) -> Actor:
        """Act as the user who calls."""
        return Actor.user(self.caller)


def idempotent(method: Callable[P, Response]) -> Callable[P, Response]:
    """Let a POST handler honour ``Idempotency-Key``; the OpenAPI document says so."""

    @wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Response:
        request = cast("Request", args[1])
        return run_once(request, lambda: method(*args, **kwargs))

    wrapped.idempotent = True  # type: ignore[attr-defined]  # read by core.api.schema
    return wrapped
