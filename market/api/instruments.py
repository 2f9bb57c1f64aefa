"""Endpoints of instruments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import page_of, paged
from core.api.parameters import LISTING, choice_parameter, flag_parameter
from core.models import LIVE_WORLD
from market.api.serializers import InstrumentChangeSerializer, InstrumentSerializer
from market.models import Instrument
from market.selectors import instruments as selectors
from market.selectors import prices
from market.services import instruments as services
from market.services.instruments import InstrumentData

EXAMPLE = OpenApiExample(
    "A London share quoted in pence",
    value={
        "symbol": "VOD",
        "name": "Vodafone Group plc",
        "kind": "stock",
        "currency": "GBP",
        "quote_unit": "0.01",
        "isin": "GB00BH4HKS39",
        "exchange": "XLON",
    },
    request_only=True,
)


class InstrumentListView(ApiView):
    """Public instruments and the caller's own."""

    area = "market"

    @extend_schema(
        operation_id="instruments_list",
        tags=["instruments"],
        parameters=[
            *LISTING,
            OpenApiParameter("search", str, description="Part of symbol or name, or an ISIN."),
            OpenApiParameter("symbol", str, description="Exactly this symbol."),
            OpenApiParameter("kind", str, enum=Instrument.Kind.values, description="Only of this kind."),
            OpenApiParameter("own", bool, description="Only the caller's own (true) or public ones (false)."),
        ],
        responses=page_of("InstrumentPage", InstrumentSerializer),
    )
    def get(self, request: Request) -> Response:
        """List instruments, with their last prices; the best match of a search comes first."""
        params = request.query_params
        rows = selectors.matching(selectors.visible_to(request.user), params.get("search", ""))
        if kind := choice_parameter(params, "kind", Instrument.Kind.values):
            rows = rows.filter(kind=kind)
        if symbol := params.get("symbol"):
            rows = rows.filter(symbol=symbol.strip().upper())
        own = flag_parameter(params, "own")
        if own is not None:
            rows = rows.filter(owner__isnull=not own)
        return paged(self, rows, _shown)

    @extend_schema(
        operation_id="instruments_create",
        tags=["instruments"],
        request=InstrumentSerializer,
        responses={201: InstrumentSerializer},
        examples=[EXAMPLE],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create an instrument of the caller's own; nobody else sees it or its prices."""
        values = _renamed(self.parsed(InstrumentSerializer))
        instrument = services.create_instrument(actor=self.actor, data=InstrumentData(**values))
        return Response(_shown([instrument])[0], status=201)


class InstrumentView(ApiView):
    """One instrument."""

    area = "market"

    @extend_schema(operation_id="instruments_retrieve", tags=["instruments"], responses=InstrumentSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Answer an instrument with its last price."""
        return Response(_shown([selectors.get(request.user, uuid)])[0])

    @extend_schema(
        operation_id="instruments_change",
        tags=["instruments"],
        request=InstrumentChangeSerializer,
        responses=InstrumentSerializer,
    )
    def patch(self, request: Request, uuid: UUID) -> Response:
        """Change an instrument of the caller's own."""
        selectors.get(request.user, uuid)
        changes = _renamed(self.parsed(InstrumentChangeSerializer, partial=True))
        since = changes.pop("symbol_since", None)
        instrument = services.update_instrument(
            actor=self.actor, uuid=uuid, changes=changes, symbol_since=since
        )
        return Response(_shown([instrument])[0])

    @extend_schema(operation_id="instruments_delete", tags=["instruments"], responses={204: None})
    def delete(self, _request: Request, uuid: UUID) -> Response:
        """Delete an instrument of the caller's own with its prices; 409 when it is in use."""
        services.delete_instrument(actor=self.actor, uuid=uuid)
        return Response(status=204)


def _shown(rows: Any) -> list[Any]:
    last = prices.latest(LIVE_WORLD, [row.pk for row in rows])
    data: list[Any] = list(InstrumentSerializer(rows, many=True, context={"prices": last}).data)
    return data


def _renamed(values: dict[str, Any]) -> dict[str, Any]:
    """Name the exchange as the service does."""
    if "exchange_id" in values:
        values["exchange"] = values.pop("exchange_id") or ""
    return values
