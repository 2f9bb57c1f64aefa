"""Pages of a list by ``skip`` and ``limit``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.parameters import LISTING
from core.errors import ValidationFailed

Method = TypeVar("Method", bound=Callable[..., Any])
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_SKIP = 2**31
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a list are asked for."""

    skip: int
    limit: int

    def of(self, rows: Sequence[Any] | QuerySet[Any, Any]) -> Any:
        """Cut the window out of `rows`."""
        return rows[self.skip : self.skip + self.limit]


def window(params: Any) -> Window:
    """Read ``skip`` (default 0) and ``limit`` (default 100, a larger one counts as 1000).

    Raises:
        ValidationFailed: one of them is negative or not a whole number; names it.
    """
    return Window(
        skip=min(_whole(params, "skip", 0), MAX_SKIP),
        limit=min(_whole(params, "limit", DEFAULT_LIMIT), MAX_LIMIT),
    )


def _whole(params: Any, name: str, default: int) -> int:
    text = params.get(name, "")
    if text == "":
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS:
        raise ValidationFailed.of(name, _("%(name)s must be a whole number, 0 or more.") % {"name": name})
    return int(text)


class SkipLimitPagination(BasePagination):
    """Pages as ``{items, total, skip, limit}``; a view may name the list with `items_key`."""

    items_key = "items"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Count the rows and cut the window out of them."""
        self.window = window(request.query_params)
        self.total = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        self.items_key = getattr(view, "items_key", "items")
        return list(self.window.of(queryset))

    def get_paginated_response(self, data: Any) -> Response:
        """Answer a page."""
        return Response(
            {self.items_key: data, "total": self.total, "skip": self.window.skip, "limit": self.window.limit}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page for the OpenAPI document."""
        whole = {"type": "integer", "minimum": 0}
        return {
            "type": "object",
            "required": ["items", "total", "skip", "limit"],
            "properties": {"items": schema, "total": whole, "skip": whole, "limit": whole},
        }

    def get_schema_operation_parameters(self, _view: Any) -> list[dict[str, Any]]:
        """Describe the two parameters."""
        return [
            _parameter("skip", 0, "How many rows to pass over."),
            _parameter("limit", DEFAULT_LIMIT, "How many rows to answer; a larger number counts as 1000."),
        ]


def paged(view: APIView, rows: Any, shape: Callable[[Any], Any]) -> Response:
    """Answer the asked window of `rows`; `shape` turns a list of them into JSON."""
    paginator = SkipLimitPagination()
    return paginator.get_paginated_response(shape(paginator.paginate_queryset(rows, view.request, view)))


def page_of(name: str, row: Any) -> Any:
    """Describe a page of rows for the OpenAPI document; `row` is their serializer's class."""
    whole = {key: serializers.IntegerField(min_value=0) for key in ("total", "skip", "limit")}
    return inline_serializer(name, {"items": row(many=True), **whole})


def lists(
    operation_id: str, page: str, row: Any, tags: Sequence[str] | None = None
) -> Callable[[Method], Method]:
    """Describe a method that answers pages of rows for the OpenAPI document; see `page_of`."""
    return extend_schema(
        operation_id=operation_id, parameters=LISTING, responses=page_of(page, row), tags=tags
    )


def _parameter(name: str, default: int, description: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0, "default": default}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
