"""What the endpoints of the market share: pages and query parameters."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from core.api.base import ApiView
from core.api.pagination import SkipLimitPagination
from core.errors import ValidationFailed

LISTING = [
    OpenApiParameter("skip", int, description="How many rows to pass over (default 0)."),
    OpenApiParameter("limit", int, description="How many rows to answer (default 100, at most 1000)."),
]
START = OpenApiParameter("start", date, description="First day, included (YYYY-MM-DD or DD-MM-YYYY).")
END = OpenApiParameter("end", date, description="Last day, included (YYYY-MM-DD or DD-MM-YYYY).")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_EUROPEAN = re.compile(r"(\d{2})-(\d{2})-(\d{4})")


def page_of(name: str, row: Any) -> Any:
    """Describe a page of rows for the OpenAPI document."""
    return inline_serializer(
        name,
        {
            "items": row(many=True),
            "total": serializers.IntegerField(min_value=0),
            "skip": serializers.IntegerField(min_value=0),
            "limit": serializers.IntegerField(min_value=0),
        },
    )


def paged(view: ApiView, rows: Any, shape: Any) -> Response:
    """Answer the asked window of `rows`; `shape` turns a list of them into JSON."""
    paginator = SkipLimitPagination()
    page = paginator.paginate_queryset(rows, view.request, view)
    return paginator.get_paginated_response(shape(page))


def day(params: Any, name: str) -> date | None:
    """Read a date as YYYY-MM-DD or DD-MM-YYYY; None when it is not given.

    Raises:
        ValidationFailed: it is neither; names the parameter.
    """
    text = params.get(name, "")
    if not text:
        return None
    iso, european = _ISO.fullmatch(text), _EUROPEAN.fullmatch(text)
    parts = iso.groups() if iso else european.groups()[::-1] if european else None
    try:
        if parts:
            return date(*map(int, parts))
    except ValueError:
        parts = None
    raise ValidationFailed.of(name, _("%(name)s must be a date such as 2026-11-22.") % {"name": name}, "date")


def currency(params: Any, name: str) -> str:
    """Read a currency code in any case; empty when it is not given."""
    return str(params.get(name, "")).strip().upper()
