"""Endpoints of what the caller was told."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.serializers import NotificationSerializer, ReadSerializer
from alerts.models import Notification
from alerts.selectors import notifications as selectors
from alerts.services.notifications import mark_read
from core.api.base import ApiView
from core.api.pagination import page_of, paged
from core.api.parameters import LISTING, choice_parameter, flag_parameter, number_parameter

TAGS = ["notifications"]
LARGEST = 2**63 - 1
UNREAD = inline_serializer("Unread", {"unread": serializers.IntegerField(min_value=0)})
FILTERS = [
    OpenApiParameter("unread", bool, description="Only those that are unread (true), or read (false)."),
    OpenApiParameter("kind", str, enum=list(Notification.Kind.values), description="Only those of a kind."),
    OpenApiParameter("after", int, description="Only those with a larger id: what came since."),
]


class NotificationListView(ApiView):
    """What the caller was told."""

    area = "alerts"

    @extend_schema(
        operation_id="notifications_list",
        parameters=[*LISTING, *FILTERS],
        responses=page_of("NotificationPage", NotificationSerializer),
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List what the caller was told, newest first."""
        rows = selectors.filtered(request.user, **_filters(request.query_params))
        return paged(self, rows, lambda page: NotificationSerializer(page, many=True).data)


class UnreadView(ApiView):
    """How much the caller has not read."""

    area = "alerts"

    @extend_schema(operation_id="notifications_unread", tags=TAGS, responses=UNREAD)
    def get(self, request: Request) -> Response:
        """Count what the caller has not read."""
        return Response({"unread": selectors.unread_count(request.user)})


class NotificationReadView(ApiView):
    """Marking as read."""

    area = "alerts"

    @extend_schema(operation_id="notifications_read", tags=TAGS, request=ReadSerializer, responses=UNREAD)
    def post(self, _request: Request) -> Response:
        """Mark everything up to an id, or these ids, as read; answer how much is left unread."""
        mark_read(user=self.caller, **self.parsed(ReadSerializer))
        return Response({"unread": selectors.unread_count(self.caller)})


def _filters(params: Any) -> dict[str, Any]:
    return {
        "unread": flag_parameter(params, "unread"),
        "kind": choice_parameter(params, "kind", Notification.Kind.values),
        "after": number_parameter(params, "after", LARGEST),
    }
