"""What every REST view of the platform stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.decorators import method_decorator
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from core.actor import Actor
from core.api.idempotency import run_once

__all__ = ["ApiView", "idempotent"]


class ApiView(APIView):
    """A view with typed helpers: parse with a serializer, act as the caller."""

    def parsed(self, serializer: type[BaseSerializer[Any]], data: Any = None, **kwargs: Any) -> Any:
        """Validate the body (or `data`) and answer the clean values.

        Raises:
            rest_framework.exceptions.ValidationError: names each wrong field.
        """
        bound = serializer(data=self.request.data if data is None else data, **kwargs)
        bound.is_valid(raise_exception=True)
        return bound.validated_data

    @property
    def actor(self) -> Actor:
        """Act as the user who calls."""
        return Actor.user(self.request.user)


def _idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    def wrapped(request: Request, *args: Any, **kwargs: Any) -> Response:
        return run_once(request, lambda: method(request, *args, **kwargs))

    return wrapped


idempotent = method_decorator(_idempotent)
