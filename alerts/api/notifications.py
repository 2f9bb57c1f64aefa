"""Endpoints of what the caller was told."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.serializers import NotificationSerializer, ReadSerializer
from alerts.selectors import notifications as selectors
from alerts.services.notifications import mark_read
from core.api.base import ApiView
from core.api.pagination import lists, paged

TAGS = ["notifications"]


class NotificationListView(ApiView):
    """What the caller was told."""

    area = "alerts"

    @lists("notifications_list", "NotificationPage", NotificationSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List what the caller was told, newest first."""
        rows = selectors.notifications_of(request.user)
        return paged(self, rows, lambda page: NotificationSerializer(page, many=True).data)


class NotificationReadView(ApiView):
    """Marking as read."""

    area = "alerts"

    @extend_schema(
        operation_id="notifications_read",
        tags=TAGS,
        request=ReadSerializer,
        responses=inline_serializer("Unread", {"unread": serializers.IntegerField()}),
    )
    def post(self, _request: Request) -> Response:
        """Mark everything up to an id as read; answer how much is left unread."""
        mark_read(user=self.caller, up_to=self.parsed(ReadSerializer)["up_to"])
        return Response({"unread": selectors.unread_count(self.caller)})
