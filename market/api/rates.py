"""Endpoints of exchange rates and reference data."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import lists, page_of, paged
from core.api.parameters import END, LISTING, START, currency_parameter, day_parameter, required
from market.api.serializers import (
    MAX_ROWS,
    CoinSerializer,
    DeletedSerializer,
    ExchangeSerializer,
    RateSerializer,
    StoredSerializer,
)
from market.selectors import instruments
from market.selectors import rates as selectors
from market.services import rates as services
from market.services.rates import RateRow

RATES = OpenApiExample(
    "What one euro was worth",
    value=[{"base": "EUR", "quote": "USD", "date": "2026-11-20", "rate": "1.0845"}],
    request_only=True,
)
BASE = OpenApiParameter("base", str, description="The currency of which one unit is meant.")
QUOTE = OpenApiParameter("quote", str, description="The currency that it is told in.")
REQUIRED_BASE = OpenApiParameter("base", str, required=True, description="The pair's first currency.")
REQUIRED_QUOTE = OpenApiParameter("quote", str, required=True, description="The pair's second currency.")


class RateListView(ApiView):
    """Public exchange rates and the caller's own."""

    area = "market"

    @extend_schema(
        operation_id="rates_list",
        tags=["rates"],
        parameters=[*LISTING, BASE, QUOTE, START, END],
        responses=page_of("RatePage", RateSerializer),
    )
    def get(self, request: Request) -> Response:
        """List rates, newest first."""
        params = request.query_params
        rows = selectors.listed(
            request.user,
            base=currency_parameter(params, "base"),
            quote=currency_parameter(params, "quote"),
            start=day_parameter(params, "start"),
            end=day_parameter(params, "end"),
        )
        return paged(self, rows, lambda page: RateSerializer(page, many=True).data)

    @extend_schema(
        operation_id="rates_store",
        tags=["rates"],
        request=RateSerializer(many=True),
        responses={201: StoredSerializer},
        examples=[RATES],
    )
    @idempotent
    def post(self, _request: Request) -> Response:
        """Store rates of the caller's own, all or none; they win over public ones of the same day."""
        values: list[dict[str, Any]] = self.parsed(RateSerializer, many=True, max_length=MAX_ROWS)
        rows = [RateRow(day=one.pop("date"), **one) for one in values]
        stored = services.set_rates(actor=self.actor, rows=rows)
        return Response({"stored": stored, "unchanged": len(rows) - stored}, status=201)

    @extend_schema(
        operation_id="rates_delete",
        tags=["rates"],
        parameters=[REQUIRED_BASE, REQUIRED_QUOTE, START, END],
        responses={200: DeletedSerializer},
    )
    def delete(self, request: Request) -> Response:
        """Delete the caller's own rates of a pair between two days; without them all."""
        params = request.query_params
        count = services.delete_rates(
            actor=self.actor,
            base=required(params, "base", currency_parameter),
            quote=required(params, "quote", currency_parameter),
            start=day_parameter(params, "start"),
            end=day_parameter(params, "end"),
        )
        return Response({"deleted": count})


class CoinListView(ApiView):
    """The coins that the crypto endpoints take."""

    area = "market"

    @extend_schema(
        operation_id="coins_list",
        tags=["instruments"],
        parameters=[*LISTING, OpenApiParameter("search", str, description="Part of id, symbol or name.")],
        responses=page_of("CoinPage", CoinSerializer),
    )
    def get(self, request: Request) -> Response:
        """List coins by CoinGecko's id."""
        rows = instruments.coins(request.query_params.get("search", ""))
        return paged(self, rows, lambda page: CoinSerializer(page, many=True).data)


class ExchangeListView(ApiView):
    """Trading venues."""

    area = "market"

    @lists("exchanges_list", "ExchangePage", ExchangeSerializer, ["instruments"])
    def get(self, _request: Request) -> Response:
        """List exchanges by MIC."""
        return paged(self, instruments.exchanges(), lambda page: ExchangeSerializer(page, many=True).data)
