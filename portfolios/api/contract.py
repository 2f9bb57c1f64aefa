"""Endpoints of the published contract: orders, positions and crypto holdings of the default portfolio.

Their clients parse JSON numbers, so these answer numbers, digit by digit from the database.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import (
    CookieAuthentication,
    PersonalTokenAuthentication,
    ServiceBearerAuthentication,
)
from core.api.base import READING, ApiView, idempotent
from core.api.fields import NumberSerializerField
from core.api.pagination import window
from core.api.parameters import LISTING
from core.errors import ValidationFailed
from portfolios.domain.exact import ONE, exact, share
from portfolios.models import Transaction
from portfolios.selectors import holdings
from portfolios.services import purchases as services

TAG = ["published contract"]
MAX_ORDERS = 10_000


class OrderRequestSerializer(serializers.Serializer[Any]):
    """One purchase to record."""

    tick_id = serializers.UUIDField(help_text="The instrument's UUID.")
    purchase_price = NumberSerializerField(positive=True)
    purchase_qty = NumberSerializerField(positive=True)


class OrderSerializer(serializers.Serializer[Any]):
    """One recorded purchase."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    tick_id = serializers.UUIDField()
    purchase_price = NumberSerializerField()
    purchase_qty = NumberSerializerField()
    timestamp = serializers.DateTimeField()


class OrderPageSerializer(serializers.Serializer[Any]):
    """A window of the recorded purchases."""

    orders = OrderSerializer(many=True)
    total = serializers.IntegerField()
    skip = serializers.IntegerField()
    limit = serializers.IntegerField()


class PositionSerializer(serializers.Serializer[Any]):
    """One open position; `pnl` in `currency`; null where price or cost is not known."""

    symbol = serializers.CharField()
    quantity = NumberSerializerField()
    average_price = NumberSerializerField(allow_null=True)
    current_price = NumberSerializerField(allow_null=True)
    pnl = NumberSerializerField(allow_null=True)
    currency = serializers.CharField()
    timestamp = serializers.DateTimeField()


class PositionsSerializer(serializers.Serializer[Any]):
    """The open positions and their sum, in `currency`, without those in `unpriced`."""

    user_id = serializers.UUIDField()
    positions = PositionSerializer(many=True)
    total_pnl = NumberSerializerField()
    currency = serializers.CharField()
    unpriced = serializers.ListField(child=serializers.CharField())


class CoinTotalSerializer(serializers.Serializer[Any]):
    """What the coins are worth in `currency`, without those in `unpriced`."""

    status = serializers.CharField(default="success")
    user_id = serializers.UUIDField()
    total_net_holding = NumberSerializerField()
    currency = serializers.CharField()
    unpriced = serializers.ListField(child=serializers.CharField())


class CoinSerializer(serializers.Serializer[Any]):
    """A coin by its CoinGecko id."""

    coin_id = serializers.CharField(max_length=80)


class CoinAmountSerializer(CoinSerializer):
    """A coin and how many."""

    amount = NumberSerializerField(positive=True)


class HoldingSerializer(serializers.Serializer[Any]):
    """The coin and the amount held now."""

    status = serializers.CharField()
    holding = CoinAmountSerializer()


class MessageSerializer(serializers.Serializer[Any]):
    """That it was done."""

    status = serializers.CharField()
    message = serializers.CharField()


class PlaceOrderView(ApiView):
    """Record purchases."""

    area = "portfolios"

    @extend_schema(
        operation_id="place_order",
        tags=TAG,
        request=OrderRequestSerializer(many=True),
        responses={201: OrderSerializer(many=True)},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Record purchases in the default portfolio: all, or none and the wrong row is named."""
        values = self.parsed(OrderRequestSerializer, many=True, allow_empty=False, max_length=MAX_ORDERS)
        rows = services.place_purchases(
            actor=self.actor,
            user=request.user,
            purchases=[
                services.Purchase(one["tick_id"], one["purchase_price"], one["purchase_qty"])
                for one in values
            ],
        )
        return Response([_order(row, request.user.pk) for row in rows], status=201)


class PurchasedOrdersView(ApiView):
    """The recorded purchases."""

    area = "portfolios"

    @extend_schema(
        operation_id="orders_purchased", tags=TAG, parameters=LISTING, responses=OrderPageSerializer
    )
    def get(self, request: Request) -> Response:
        """List the purchases of the default portfolio, oldest first."""
        asked = window(request.query_params)
        rows = holdings.purchases(request.user)
        return Response(
            {
                "orders": [_order(row, request.user.pk) for row in asked.of(rows)],
                "total": rows.count(),
                "skip": asked.skip,
                "limit": asked.limit,
            }
        )


class PortfolioPositionView(ApiView):
    """The open positions of the default portfolio."""

    area = "portfolios"
    reading = READING | {"POST"}  # the contract reads by it

    @extend_schema(operation_id="portfolio_position", tags=TAG, responses=PositionsSerializer)
    def get(self, request: Request) -> Response:
        """Answer the open positions at the last known prices."""
        found = holdings.positions(request.user)
        body = {
            "user_id": request.user.pk,
            "positions": found.positions,
            "total_pnl": found.total_pnl,
            "currency": found.currency,
            "unpriced": found.unpriced,
        }
        return Response(PositionsSerializer(body).data)

    @extend_schema(
        operation_id="portfolio_position_post", tags=TAG, request=None, responses=PositionsSerializer
    )
    def post(self, request: Request) -> Response:
        """Answer the same; older clients ask by POST."""
        return self.get(request)


class CoinView(ApiView):
    """What takes, besides our tokens, those that the service of ``USER_SERVICE_URL`` confirms."""

    authentication_classes = [PersonalTokenAuthentication, ServiceBearerAuthentication, CookieAuthentication]


class CoinTotalView(CoinView):
    """The worth of all coins."""

    area = "portfolios"

    @extend_schema(operation_id="crypto_total", tags=TAG, responses=CoinTotalSerializer)
    def get(self, request: Request) -> Response:
        """Answer what the coins are worth in the user's base currency."""
        found = holdings.coin_total(request.user)
        body = {
            "status": "success",
            "user_id": request.user.pk,
            "total_net_holding": found.total,
            "currency": found.currency,
            "unpriced": found.unpriced,
        }
        return Response(CoinTotalSerializer(body).data)


class CoinAddView(CoinView):
    """Add coins."""

    area = "portfolios"

    @extend_schema(
        operation_id="crypto_add", tags=TAG, request=CoinAmountSerializer, responses=HoldingSerializer
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Add coins; the answer carries the amount held now."""
        values = self.parsed(CoinAmountSerializer)
        amount = services.add_coins(
            actor=self.actor, user=request.user, coin_id=values["coin_id"], amount=values["amount"]
        )
        holding = {"coin_id": values["coin_id"], "amount": amount}
        return Response({"status": "success", "holding": holding})


class CoinRemoveView(CoinView):
    """Remove a coin."""

    area = "portfolios"

    @extend_schema(
        operation_id="crypto_remove", tags=TAG, request=CoinSerializer, responses=MessageSerializer
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Take all of a coin out."""
        values = self.parsed(CoinSerializer)
        services.remove_coins(actor=self.actor, user=request.user, coin_id=values["coin_id"])
        return Response({"status": "success", "message": "holding removed"})


def _order(row: Transaction, user_id: Any) -> dict[str, Any]:
    instrument = row.instrument
    if instrument is None or row.price is None:
        raise ValidationFailed(_("A purchase has an instrument and a price."))
    with exact():
        price = row.price if instrument.quote_unit == 1 else share(row.price, ONE, instrument.quote_unit)
    return {
        "id": row.pk,
        "user_id": user_id,
        "tick_id": instrument.uuid,
        "purchase_price": price,
        "purchase_qty": row.quantity,
        "timestamp": row.time.isoformat(),
    }
