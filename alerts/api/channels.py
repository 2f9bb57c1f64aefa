"""Endpoints of one's own channels: where notifications go, and what went there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.channel_serializers import (
    ChannelChangeSerializer,
    ChannelSerializer,
    CodeSerializer,
    DeliverySerializer,
    MadeChannelSerializer,
    NewChannelSerializer,
    NotificationSettingsSerializer,
    SecretSerializer,
)
from alerts.selectors import channels as selectors
from alerts.services import channels as services
from alerts.services.proof import send_proof, verify_channel
from alerts.services.settings import change_settings
from alerts.services.signing import rotate_secret
from alerts.services.trials import resend_delivery, send_test
from core.api.base import ApiView, idempotent
from core.api.pagination import lists, paged

TAGS = ["notification channels"]
EXAMPLES = [
    OpenApiExample(
        "A program of yours",
        {"kind": "webhook", "name": "Bookkeeping", "settings": {"url": "https://hooks.example.org/florin"}},
        request_only=True,
    ),
    OpenApiExample(
        "Telegram",
        {"kind": "telegram", "settings": {"token": "123456789:AA…", "chat": "123456"}, "topics": ["alert"]},
        request_only=True,
    ),
]
NOT_KEPT = {"Cache-Control": "no-store"}


class ChannelListView(ApiView):
    """The caller's channels."""

    area = "alerts"

    @lists("notification_channels_list", "ChannelPage", ChannelSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List the caller's channels, the address of the account first."""
        rows = selectors.channels_of(request.user)
        return paged(self, rows, lambda page: ChannelSerializer(page, many=True).data)

    @extend_schema(
        operation_id="notification_channels_create",
        tags=TAGS,
        request=NewChannelSerializer,
        responses={201: MadeChannelSerializer},
        examples=EXAMPLES,
    )
    def post(self, _request: Request) -> Response:
        """Make a channel and send its proof there; a webhook's `secret` is told only here.

        The code that arrives there goes to `verify`; a webhook is also proven by an answer that is the code.
        """
        values = self.parsed(NewChannelSerializer)
        data = services.ChannelData(values=values.pop("settings"), **values)
        made = services.create_channel(actor=self.actor, user=self.caller, data=data)
        told: dict[str, Any] = {**ChannelSerializer(made.channel).data, "secret": made.secret or None}
        return Response(told, status=201, headers=NOT_KEPT)


class ChannelView(ApiView):
    """One of the caller's channels."""

    area = "alerts"

    @extend_schema(operation_id="notification_channels_retrieve", tags=TAGS, responses=ChannelSerializer)
    def get(self, request: Request, channel_id: UUID) -> Response:
        """Answer a channel; not what opens it."""
        return Response(ChannelSerializer(selectors.get(request.user, channel_id)).data)

    @extend_schema(
        operation_id="notification_channels_update",
        tags=TAGS,
        request=ChannelChangeSerializer,
        responses=ChannelSerializer,
    )
    def patch(self, _request: Request, channel_id: UUID) -> Response:
        """Change its name, which kinds go there, or how they are gathered."""
        changes = self.parsed(ChannelChangeSerializer, partial=True)
        found = services.change_channel(actor=self.actor, user=self.caller, uuid=channel_id, changes=changes)
        return Response(ChannelSerializer(found).data)

    @extend_schema(operation_id="notification_channels_delete", tags=TAGS, responses={204: None})
    def delete(self, _request: Request, channel_id: UUID) -> Response:
        """Delete a channel with what waits for it; 409 for the address of the account."""
        services.delete_channel(actor=self.actor, user=self.caller, uuid=channel_id)
        return Response(status=204)


class ChannelVerifyView(ApiView):
    """Proving one of the caller's channels."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_verify",
        tags=TAGS,
        request=CodeSerializer,
        responses=ChannelSerializer,
    )
    def post(self, _request: Request, channel_id: UUID) -> Response:
        """Take the code that arrived there; 409 after five wrong ones, or 15 minutes."""
        code = self.parsed(CodeSerializer)["code"]
        found = verify_channel(actor=self.actor, user=self.caller, uuid=channel_id, code=code)
        return Response(ChannelSerializer(found).data)


class ChannelProofView(ApiView):
    """Sending a proof once more."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_proof", tags=TAGS, request=None, responses=ChannelSerializer
    )
    @idempotent
    def post(self, _request: Request, channel_id: UUID) -> Response:
        """Send a new proof to a channel that waits for one; the former code is void."""
        found = send_proof(actor=self.actor, user=self.caller, uuid=channel_id)
        return Response(ChannelSerializer(found).data)


class ChannelTestView(ApiView):
    """Trying one of the caller's channels."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_test",
        tags=TAGS,
        request=None,
        responses={202: DeliverySerializer},
    )
    @idempotent
    def post(self, _request: Request, channel_id: UUID) -> Response:
        """Queue a test; what came of it is among the deliveries."""
        made = send_test(actor=self.actor, user=self.caller, uuid=channel_id)
        return Response(DeliverySerializer(made).data, status=202)


class ChannelPauseView(ApiView):
    """Pausing one of the caller's channels."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_pause", tags=TAGS, request=None, responses=ChannelSerializer
    )
    @idempotent
    def post(self, _request: Request, channel_id: UUID) -> Response:
        """Let nothing new go there until it is resumed."""
        found = services.pause_channel(actor=self.actor, user=self.caller, uuid=channel_id)
        return Response(ChannelSerializer(found).data)


class ChannelResumeView(ApiView):
    """Resuming one of the caller's channels."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_resume", tags=TAGS, request=None, responses=ChannelSerializer
    )
    @idempotent
    def post(self, _request: Request, channel_id: UUID) -> Response:
        """Let it be told again; one that was stopped by failures is sent a proof first."""
        found = services.resume_channel(actor=self.actor, user=self.caller, uuid=channel_id)
        return Response(ChannelSerializer(found).data)


class ChannelSecretView(ApiView):
    """The secret that a webhook of the caller's is signed with."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_rotate",
        tags=TAGS,
        request=None,
        responses=SecretSerializer,
    )
    def post(self, _request: Request, channel_id: UUID) -> Response:
        """Make a new secret, told only here; the former one signs too for 24 hours."""
        secret = rotate_secret(actor=self.actor, user=self.caller, uuid=channel_id)
        return Response({"secret": secret}, headers=NOT_KEPT)


class DeliveryListView(ApiView):
    """What was to go to one of the caller's channels."""

    area = "alerts"

    @lists("notification_channels_deliveries", "DeliveryPage", DeliverySerializer, TAGS)
    def get(self, request: Request, channel_id: UUID) -> Response:
        """List what was to go there, newest first, with every try and what came of it."""
        rows = selectors.deliveries_of(selectors.get(request.user, channel_id))
        return paged(self, rows, lambda page: DeliverySerializer(page, many=True).data)


class DeliveryResendView(ApiView):
    """Sending again what failed."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_channels_resend",
        tags=TAGS,
        request=None,
        responses={202: DeliverySerializer},
    )
    @idempotent
    def post(self, _request: Request, channel_id: UUID, delivery_id: UUID) -> Response:
        """Queue once more what failed or was not sent, alone; its `id` is its key each time."""
        found = resend_delivery(actor=self.actor, user=self.caller, uuid=channel_id, delivery_id=delivery_id)
        return Response(DeliverySerializer(found).data, status=202)


class NotificationSettingsView(ApiView):
    """How the caller wants to be told."""

    area = "alerts"

    @extend_schema(
        operation_id="notification_settings_retrieve", tags=TAGS, responses=NotificationSettingsSerializer
    )
    def get(self, request: Request) -> Response:
        """Answer the quiet hours, in the caller's time zone, and the cap of an hour."""
        return Response(NotificationSettingsSerializer(selectors.settings_of(request.user)).data)

    @extend_schema(
        operation_id="notification_settings_update",
        tags=TAGS,
        request=NotificationSettingsSerializer,
        responses=NotificationSettingsSerializer,
    )
    def patch(self, _request: Request) -> Response:
        """Change them."""
        changes = self.parsed(NotificationSettingsSerializer, partial=True)
        found = change_settings(actor=self.actor, user=self.caller, changes=changes)
        return Response(NotificationSettingsSerializer(found).data)
