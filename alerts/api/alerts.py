"""Endpoints of one's own alerts."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.serializers import (
    AlertPreviewSerializer,
    AlertSerializer,
    SnoozeSerializer,
    TriggerSerializer,
    changes_of,
    data_of,
    shown_alert,
    shown_alerts,
)
from alerts.models import Alert
from alerts.selectors import alerts as selectors
from alerts.selectors.preview import preview
from alerts.services import alerts as services
from alerts.services import life
from alerts.services.budgets import spend
from alerts.services.changing import change_alert, make_alert
from alerts.services.rules import clauses_of
from core.api.base import READING, ApiView, idempotent
from core.api.pagination import lists, page_of, paged
from core.api.parameters import LISTING, choice_parameter, uuid_parameter
from core.models import LIVE_WORLD

TAGS = ["alerts"]
EXAMPLE = OpenApiExample(
    "A price",
    {"instrument": "0197a2d4-…", "condition": "crosses_up", "level": "150"},
    request_only=True,
)
RULE = OpenApiExample(
    "A rule",
    {
        "joined": "all",
        "clauses": [
            {"kind": "change_percent_close", "instrument": "0197a2d4-…", "direction": "down", "percent": "5"},
            {"kind": "cash_below", "portfolio": "0197a2d5-…", "level": "1000"},
        ],
    },
    request_only=True,
)


STATE = OpenApiParameter("state", enum=[*Alert.State.values], description="Only those in this state.")
INSTRUMENT = OpenApiParameter("instrument", UUID, description="Only those about this instrument.")
PORTFOLIO = OpenApiParameter("portfolio", UUID, description="Only those about this portfolio.")


class AlertListView(ApiView):
    """The caller's alerts."""

    area = "alerts"

    @extend_schema(
        operation_id="alerts_list",
        tags=TAGS,
        parameters=[STATE, INSTRUMENT, PORTFOLIO, *LISTING],
        responses=page_of("AlertPage", AlertSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the caller's alerts, newest first."""
        asked = request.query_params
        rows = selectors.narrowed(
            selectors.alerts_of(request.user),
            state=choice_parameter(asked, "state", Alert.State.values),
            instrument=uuid_parameter(asked, "instrument"),
            portfolio=uuid_parameter(asked, "portfolio"),
        )
        return paged(self, rows, shown_alerts)

    @extend_schema(
        operation_id="alerts_create",
        tags=TAGS,
        request=AlertSerializer,
        responses={201: AlertSerializer},
        examples=[EXAMPLE, RULE],
    )
    @idempotent
    def post(self, _request: Request) -> Response:
        """Arm an alert; 409 where the caller has 500 that are not done."""
        data = data_of(self.parsed(AlertSerializer))
        made = make_alert(actor=self.actor, user=self.caller, data=data)
        return Response(shown_alert(selectors.get(self.caller, made.uuid)), status=201)


class AlertPreviewView(ApiView):
    """What an alert would have done."""

    area = "alerts"
    reading = READING | {"POST"}

    @extend_schema(
        operation_id="alerts_preview",
        tags=TAGS,
        request=AlertSerializer,
        responses=AlertPreviewSerializer,
        examples=[EXAMPLE, RULE],
    )
    def post(self, _request: Request) -> Response:
        """Tell on which days of the last year an alert would have fired, by daily prices; nothing is made."""
        data = data_of(self.parsed(AlertSerializer))
        spend("alert-previews", str(self.caller.pk))
        found = preview(LIVE_WORLD, data.joined, clauses_of(self.caller, data))
        return Response(AlertPreviewSerializer(found).data)


class AlertView(ApiView):
    """One of the caller's alerts."""

    area = "alerts"

    @extend_schema(operation_id="alerts_retrieve", tags=TAGS, responses=AlertSerializer)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """Answer an alert."""
        return Response(shown_alert(selectors.get(request.user, alert_id)))

    @extend_schema(
        operation_id="alerts_change", tags=TAGS, request=AlertSerializer, responses=AlertSerializer
    )
    def patch(self, request: Request, alert_id: UUID) -> Response:
        """Change an alert; one that waits for something else then, or was done, begins anew."""
        selectors.get(request.user, alert_id)
        changes = changes_of(self.parsed(AlertSerializer, partial=True))
        found = change_alert(actor=self.actor, user=self.caller, uuid=alert_id, changes=changes)
        return Response(shown_alert(found))

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
        return Response(shown_alert(found))


class AlertResumeView(ApiView):
    """Arming one of the caller's alerts again."""

    area = "alerts"

    @extend_schema(operation_id="alerts_resume", tags=TAGS, request=None, responses=AlertSerializer)
    def post(self, _request: Request, alert_id: UUID) -> Response:
        """Arm an alert that is paused or rests; what happened meanwhile does not fire it."""
        found = services.resume_alert(actor=self.actor, user=self.caller, uuid=alert_id)
        return Response(shown_alert(found))


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
        return Response(shown_alert(found))


class AlertDuplicateView(ApiView):
    """Arming an alert like one of the caller's."""

    area = "alerts"

    @extend_schema(operation_id="alerts_duplicate", tags=TAGS, request=None, responses={201: AlertSerializer})
    @idempotent
    def post(self, _request: Request, alert_id: UUID) -> Response:
        """Arm another alert that waits for the same; 409 where the caller has 500 that are not done."""
        made = life.duplicate_alert(actor=self.actor, user=self.caller, uuid=alert_id)
        return Response(shown_alert(made), status=201)


class TriggerListView(ApiView):
    """The times that one of the caller's alerts fired."""

    area = "alerts"

    @lists("alerts_triggers", "TriggerPage", TriggerSerializer, TAGS)
    def get(self, request: Request, alert_id: UUID) -> Response:
        """List when and at which prices an alert fired, newest first."""
        rows = selectors.triggers_of(selectors.get(request.user, alert_id))
        return paged(self, rows, lambda page: TriggerSerializer(page, many=True).data)
