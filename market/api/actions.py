"""Endpoints of corporate actions."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import lists, paged
from market.api.serializers import CorporateActionSerializer
from market.selectors import actions, instruments
from market.services import actions as action_services
from market.services.actions import ActionData

SPLIT = OpenApiExample(
    "Four for one",
    value={"kind": "split", "ex_date": "2026-08-31", "numerator": "4", "denominator": "1"},
    request_only=True,
)
DIVIDEND = OpenApiExample(
    "A dividend",
    value={"kind": "dividend", "ex_date": "2026-05-08", "amount": "0.26", "currency": "USD"},
    request_only=True,
)


SPIN_OFF = OpenApiExample(
    "A spin-off",
    value={
        "kind": "spin_off",
        "ex_date": "2026-10-01",
        "target": "0199a2c4-5b1e-7000-8000-000000000001",
        "numerator": "1",
        "denominator": "4",
        "cost_share": "0.2",
        "cash_in_lieu": "12.50",
        "currency": "USD",
    },
    request_only=True,
)
MERGER = OpenApiExample(
    "A merger for shares and cash",
    value={
        "kind": "merger",
        "ex_date": "2026-10-01",
        "target": "0199a2c4-5b1e-7000-8000-000000000001",
        "numerator": "1",
        "denominator": "2",
        "amount": "15",
        "currency": "USD",
        "cost_share": "0.625",
    },
    request_only=True,
)
DELISTING = OpenApiExample(
    "Delisted and worthless",
    value={"kind": "delisting", "ex_date": "2026-10-01", "amount": "0", "pays_out": True},
    request_only=True,
)


class CorporateActionListView(ApiView):
    """The corporate actions of an instrument."""

    area = "market"

    @lists("corporate_actions_list", "CorporateActionPage", CorporateActionSerializer, ["prices"])
    def get(self, request: Request, uuid: UUID) -> Response:
        """List corporate actions, newest first."""
        rows = actions.for_instrument(instruments.get(request.user, uuid))
        return paged(self, rows, lambda page: CorporateActionSerializer(page, many=True).data)

    @extend_schema(
        operation_id="corporate_actions_create",
        tags=["prices"],
        request=CorporateActionSerializer,
        responses={201: CorporateActionSerializer},
        examples=[SPLIT, DIVIDEND, SPIN_OFF, MERGER, DELISTING],
    )
    @idempotent
    def post(self, request: Request, uuid: UUID) -> Response:
        """Record a corporate action of the caller's own instrument."""
        instruments.get(request.user, uuid)
        values = self.parsed(CorporateActionSerializer)
        action = action_services.record_corporate_action(
            actor=self.actor, instrument_uuid=uuid, data=ActionData(**values)
        )
        return Response(CorporateActionSerializer(action).data, status=201)


class CorporateActionView(ApiView):
    """One corporate action."""

    area = "market"

    @extend_schema(
        operation_id="corporate_actions_retrieve", tags=["prices"], responses=CorporateActionSerializer
    )
    def get(self, request: Request, uuid: UUID) -> Response:
        """Answer a corporate action."""
        return Response(CorporateActionSerializer(actions.get(request.user, uuid)).data)

    @extend_schema(
        operation_id="corporate_actions_update",
        tags=["prices"],
        request=CorporateActionSerializer(partial=True),
        responses=CorporateActionSerializer,
    )
    def patch(self, request: Request, uuid: UUID) -> Response:
        """Change what a corporate action of the caller's own instrument says, but not its kind."""
        actions.get(request.user, uuid)
        changes = self.parsed(CorporateActionSerializer, partial=True)
        action = action_services.update_corporate_action(actor=self.actor, uuid=uuid, changes=changes)
        return Response(CorporateActionSerializer(action).data)

    @extend_schema(operation_id="corporate_actions_delete", tags=["prices"], responses={204: None})
    def delete(self, _request: Request, uuid: UUID) -> Response:
        """Delete a corporate action of the caller's own instrument."""
        action_services.delete_corporate_action(actor=self.actor, uuid=uuid)
        return Response(status=204)
