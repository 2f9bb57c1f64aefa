"""Endpoints of one's own alerts."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.serializers import AlertSerializer, SnoozeSerializer, TriggerSerializer, changes_of, data_of
from alerts.selectors import alerts as selectors
from alerts.services import alerts as services
from alerts.services import life
from alerts.services.changing import change_alert
from core.api.base import ApiView, idempotent
from core.api.pagination import lists, paged

TAGS = ["alerts"]
EXAMPLE = OpenApiExample(
    "A price",
    {"instrument": "0197a2d4-…", "condition": "crosses_up", "level": "150"},
    request_only=True,
)


class AlertListView(ApiView):
    """The caller's alerts."""

    area = "alerts"

    @lists("alerts_list", "AlertPage", AlertSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List the caller's alerts, newest first."""
        rows = selectors.alerts_of(request.user)
        return paged(self, rows, lambda page: AlertSerializer(page, many=True).data)

    @extend_schema(
        operation_id="alerts_create",
        tags=TAGS,
        request=AlertSerializer,
        responses={201: AlertSerializer},
        examples=[EXAMPLE],
    )
    @idempotent
    def post(self, _request: Request) -> Response:
        """Arm an alert; 409 where the caller has 500 that are not done."""
        values = self.parsed(AlertSerializer)
        instrument = values["instrument"]["uuid"]
        made = services.create_alert(
            actor=self.actor, user=self.caller, instrument=instrument, data=data_of(values)
        )
        return Response(AlertSerializer(made).data, status=201)


class AlertView(ApiView):
    """One of the caller's alerts."""

    area = "alerts"

    @extend_schema(operation_id="alerts_retrieve", tags=TAGS, responses=AlertSerializer)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """Answer an alert."""
        return Response(AlertSerializer(selectors.get(request.user, alert_id)).data)

    @extend_schema(
        operation_id="alerts_change", tags=TAGS, request=AlertSerializer, responses=AlertSerializer
    )
    def patch(self, request: Request, alert_id: UUID) -> Response:
        """Change an alert; one that waits for something else then, or was done, begins anew."""
        selectors.get(request.user, alert_id)
        changes = changes_of(self.parsed(AlertSerializer, partial=True))
        found = change_alert(actor=self.actor, user=self.caller, uuid=alert_id, changes=changes)
        return Response(AlertSerializer(found).data)

    @extend_schema(operation_id="alerts_delete", tags=TAGS, responses={204: None})
    def delete(self, _request: Request, alert_id: UUID) -> Response:
        """Delete an alert with what it told."""
        services.delete_alert(actor=self.actor, user=self.caller, uuid=alert_id)
        return Response(status=204)


class AlertPauseView(ApiView):
    """Pausing one of the caller's alerts."""

    area = "alerts"

    @extend_schema(operation_id="alerts_pause", tags=TAGS, request=None, responses=AlertSerializer)
    def post(self, _request: Request, alert_id: UUID) -> Response:
        """Let an alert wait for nothing; 409 where it is done."""
        found = services.pause_alert(actor=self.actor, user=self.caller, uuid=alert_id)
        return Response(AlertSerializer(found).data)


class AlertResumeView(ApiView):
    """Arming one of the caller's alerts again."""

    area = "alerts"

    @extend_schema(operation_id="alerts_resume", tags=TAGS, request=None, responses=AlertSerializer)
    def post(self, _request: Request, alert_id: UUID) -> Response:
        """Arm an alert that is paused or rests; what happened meanwhile does not fire it."""
        found = services.resume_alert(actor=self.actor, user=self.caller, uuid=alert_id)
        return Response(AlertSerializer(found).data)


class AlertSnoozeView(ApiView):
    """Letting one of the caller's alerts wait."""

    area = "alerts"

    @extend_schema(
        operation_id="alerts_snooze", tags=TAGS, request=SnoozeSerializer, responses=AlertSerializer
    )
    def post(self, request: Request, alert_id: UUID) -> Response:
        """Let an alert wait for nothing until an instant; 409 where it is done."""
        selectors.get(request.user, alert_id)
        until = self.parsed(SnoozeSerializer)["until"]
        found = life.snooze_alert(actor=self.actor, user=self.caller, uuid=alert_id, until=until)
        return Response(AlertSerializer(found).data)


class AlertDuplicateView(ApiView):
    """Arming an alert like one of the caller's."""

    area = "alerts"

    @extend_schema(operation_id="alerts_duplicate", tags=TAGS, request=None, responses={201: AlertSerializer})
    @idempotent
    def post(self, _request: Request, alert_id: UUID) -> Response:
        """Arm another alert that waits for the same; 409 where the caller has 500 that are not done."""
        made = life.duplicate_alert(actor=self.actor, user=self.caller, uuid=alert_id)
        return Response(AlertSerializer(made).data, status=201)


class TriggerListView(ApiView):
    """The times that one of the caller's alerts fired."""

    area = "alerts"

    @lists("alerts_triggers", "TriggerPage", TriggerSerializer, TAGS)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """List when and at which prices an alert fired, newest first."""
        rows = selectors.triggers_of(selectors.get(request.user, alert_id))
        return paged(self, rows, lambda page: TriggerSerializer(page, many=True).data)
