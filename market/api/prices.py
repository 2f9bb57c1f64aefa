"""Endpoints of daily bars."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import page_of, paged
from core.api.parameters import END, LISTING, START, choice_parameter, day_parameter
from core.errors import ValidationFailed
from core.models import LIVE_WORLD
from market.api.serializers import (
    MAX_ROWS,
    BarSerializer,
    DeletedSerializer,
    StoredSerializer,
)
from market.domain.bars import BarRow
from market.domain.basis import Adjustment, AdjustmentBasis, basis_of
from market.selectors import instruments, prices
from market.services import bars as bar_services

BARS = OpenApiExample(
    "Two days",
    value=[
        {
            "date": "2026-11-19",
            "open": "10.10",
            "high": "10.40",
            "low": "10.05",
            "close": "10.32",
            "volume": "12000",
        },
        {"date": "2026-11-20", "close": "10.28"},
    ],
    request_only=True,
)

ADJUSTED = OpenApiParameter(
    "adjusted",
    enum=[one.value for one in Adjustment],
    description="What the prices and volumes sent are adjusted for: nothing (default), or splits.",
)
AS_OF = OpenApiParameter(
    "as_of", date, description="With adjusted=split: the day up to whose splits they are adjusted, included."
)


class BarListView(ApiView):
    """The daily bars of an instrument, raw, in quote units."""

    area = "market"

    @extend_schema(
        operation_id="bars_list",
        tags=["prices"],
        parameters=[*LISTING, START, END],
        responses=page_of("BarPage", BarSerializer),
    )
    def get(self, request: Request, uuid: UUID) -> Response:
        """List bars, oldest first."""
        params = request.query_params
        instrument = instruments.get(request.user, uuid)
        rows = prices.bars(
            LIVE_WORLD, instrument, day_parameter(params, "start"), day_parameter(params, "end")
        )
        return paged(self, rows, lambda page: BarSerializer(page, many=True).data)

    @extend_schema(
        operation_id="bars_store",
        tags=["prices"],
        parameters=[ADJUSTED, AS_OF],
        request=BarSerializer(many=True),
        responses=StoredSerializer,
        examples=[BARS],
    )
    def put(self, _request: Request, uuid: UUID) -> Response:
        """Store bars of the caller's own instrument, all or none; a day that is there is replaced."""
        return Response(self._store(uuid))

    @extend_schema(
        operation_id="bars_add",
        tags=["prices"],
        parameters=[ADJUSTED, AS_OF],
        request=BarSerializer(many=True),
        responses={201: StoredSerializer},
        examples=[BARS],
    )
    @idempotent
    def post(self, _request: Request, uuid: UUID) -> Response:
        """Do the same as PUT, once per Idempotency-Key."""
        return Response(self._store(uuid), status=201)

    @extend_schema(
        operation_id="bars_delete",
        tags=["prices"],
        parameters=[START, END],
        responses={200: DeletedSerializer},
    )
    def delete(self, request: Request, uuid: UUID) -> Response:
        """Delete the bars of the caller's own instrument between two days; without them all."""
        params = request.query_params
        count = bar_services.delete_bars(
            actor=self.actor,
            uuid=uuid,
            start=day_parameter(params, "start"),
            end=day_parameter(params, "end"),
        )
        return Response({"deleted": count})

    def _store(self, uuid: UUID) -> Any:
        instruments.get(self.caller, uuid)
        values = self.parsed(BarSerializer, many=True, max_length=MAX_ROWS)
        rows = [BarRow(day=one.pop("date"), **one) for one in values]
        stored = bar_services.set_bars(
            actor=self.actor,
            uuid=uuid,
            rows=rows,
            basis=_basis(self.request.query_params),
            is_stated="adjusted" in self.request.query_params,
        )
        return StoredSerializer(stored).data


def _basis(params: Any) -> AdjustmentBasis:
    name = choice_parameter(params, "adjusted", [one.value for one in Adjustment])
    basis = basis_of(name, day_parameter(params, "as_of"))
    if basis is None:
        raise ValidationFailed.of("as_of", _("adjusted=split and as_of go together."))
    return basis
