"""Endpoints of targets, lot sizes and the plan that leads back to the targets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView
from core.api.fields import NumericSerializerField
from core.api.serializers import StrictSerializer
from portfolios.api.rebalancing_shapes import RebalancingSerializer, written
from portfolios.api.serializers import InstrumentField
from portfolios.domain.rebalancing import CASH, Funding
from portfolios.models import AllocationTarget
from portfolios.selectors import rebalancing as selectors
from portfolios.selectors.portfolios import get
from portfolios.services import targets as services

ONE, ZERO = Decimal(1), Decimal(0)
BY = OpenApiParameter(
    "by", str, enum=selectors.GROUPINGS, description="Whose targets to plan for (default class)."
)
MIX = OpenApiExample(
    "60/30/10",
    {
        "by": "class",
        "targets": [
            {"key": "etf", "weight": "0.6"},
            {"key": "fund", "weight": "0.3"},
            {"key": CASH, "weight": "0.1"},
        ],
    },
    request_only=True,
)


class TargetSerializer(StrictSerializer[AllocationTarget]):
    """What share one group is to have, and what to buy for it (null: more of what is held of it)."""

    key = serializers.CharField(
        max_length=AllocationTarget.KEY_LENGTH,
        help_text=_(
            "A class, sector, country, currency or instrument; “(cash)”, “(none)”; "
            "or all tags of a group, with commas."
        ),
    )
    weight = NumericSerializerField(minimum=ZERO, help_text=_("A fraction; all of them add up to 1."))
    instrument = InstrumentField(required=False, allow_null=True, default=None)


class TargetsSerializer(StrictSerializer[Any]):
    """The targets of one grouping; they replace those that were there."""

    by = serializers.ChoiceField(selectors.GROUPINGS)
    targets = TargetSerializer(many=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Find what to buy: the key of a single instrument says it already."""
        if attrs["by"] == "instrument":
            for at, one in enumerate(attrs["targets"]):
                if one["instrument"] is None and one["key"] != CASH:
                    one["instrument"] = self._named(at, one["key"])
        return attrs

    def _named(self, at: int, key: str) -> Any:
        field = InstrumentField()
        field.bind("instrument", self)
        try:
            return field.run_validation(key)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"targets": [{}] * at + [{"key": error.detail}]}) from error


class AllTargetsSerializer(serializers.Serializer[Any]):
    """The targets of every grouping that has some."""

    items = TargetsSerializer(many=True)


class LotSizeSerializer(StrictSerializer[Any]):
    """In which step an instrument trades; null: the usual one of its class."""

    instrument = InstrumentField()
    size = NumericSerializerField(positive=True, allow_null=True)


class LotSizesSerializer(serializers.Serializer[Any]):
    """The lot sizes that a portfolio has of its own."""

    items = LotSizeSerializer(many=True)


class AskedSerializer(serializers.Serializer[Any]):
    """What a plan is asked to do."""

    by = serializers.ChoiceField(selectors.GROUPINGS, default="class")
    funding = serializers.ChoiceField([one.value for one in Funding], default=Funding.TRADES.value)
    new_money = NumericSerializerField(minimum=ZERO, default=ZERO)
    tax_rate = NumericSerializerField(minimum=ZERO, default=None)


class TargetsView(ApiView):
    """What a portfolio is to consist of."""

    area = "portfolios"

    @extend_schema(operation_id="portfolio_targets", responses=AllTargetsSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the targets of a portfolio by grouping."""
        found = selectors.targets_of(get(request.user, portfolio_id), request.user)
        items = [
            {"by": by, "targets": [one for one in found if one.grouping == by]}
            for by in selectors.GROUPINGS
            if any(one.grouping == by for one in found)
        ]
        return Response(AllTargetsSerializer({"items": items}).data)

    @extend_schema(
        operation_id="portfolio_targets_set",
        request=TargetsSerializer,
        responses=TargetsSerializer,
        examples=[MIX],
    )
    def put(self, request: Request, portfolio_id: UUID) -> Response:
        """Replace the targets of one grouping; they add up to 1, and an empty list takes them away."""
        context = {"request": request, "portfolio": get(request.user, portfolio_id)}
        body = self.parsed(TargetsSerializer, context=context)
        rows = services.set_targets(
            actor=self.actor,
            portfolio_id=portfolio_id,
            grouping=body["by"],
            targets=[services.TargetInput(**one) for one in body["targets"]],
        )
        return Response(TargetsSerializer({"by": body["by"], "targets": rows}).data)


class LotSizesView(ApiView):
    """In which steps a portfolio trades."""

    area = "portfolios"

    @extend_schema(operation_id="portfolio_lot_sizes", responses=LotSizesSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the lot sizes that are not the usual ones."""
        rows = selectors.lot_sizes(get(request.user, portfolio_id))
        return Response(LotSizesSerializer({"items": rows}).data)

    @extend_schema(
        operation_id="portfolio_lot_size_set", request=LotSizeSerializer, responses=LotSizeSerializer
    )
    def put(self, request: Request, portfolio_id: UUID) -> Response:
        """Set the lot size of one instrument."""
        context = {"request": request, "portfolio": get(request.user, portfolio_id)}
        body = self.parsed(LotSizeSerializer, context=context)
        services.set_lot_size(actor=self.actor, portfolio_id=portfolio_id, **body)
        return Response(LotSizeSerializer(body).data)


class RebalancingView(ApiView):
    """How far a portfolio is from its targets, and the trades that lead back."""

    area = "portfolios"

    @extend_schema(
        operation_id="portfolio_rebalancing",
        parameters=[
            BY,
            OpenApiParameter(
                "funding",
                str,
                enum=[one.value for one in Funding],
                description="What pays: new money only, cash above its target too, or sales too (default).",
            ),
            OpenApiParameter("new_money", str, description="Comes on top, in the portfolio's currency."),
            OpenApiParameter("tax_rate", str, description="The fraction of a gain that is due: 0.25."),
        ],
        responses=RebalancingSerializer,
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Answer drift and plan at today's prices; nothing is written and nothing is ordered."""
        params = {name: str(value) for name, value in request.query_params.items()}
        asked = self.parsed(AskedSerializer, params)
        asked["funding"] = Funding(asked["funding"])
        return Response(written(selectors.rebalance(request.user, portfolio_id, selectors.Asked(**asked))))
