"""Endpoints of the published contract: tickers, their ticks, and bars.

Their clients parse JSON numbers, so these answer numbers, digit by digit from the database. Public
instruments are told to anybody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.base import ApiView
from core.api.fields import NumberSerializerField
from core.api.pagination import window
from core.api.parameters import LISTING, choice_parameter, day_parameter, number_parameter, required
from core.errors import NotFound, ValidationFailed
from market.domain.ticks import Interval
from market.payloads.tickers import bar_json, tick_json, ticker_page
from market.selectors import instruments, ohlc, tickers
from market.selectors.tickers import Days

TAG: Final = ["published contract"]
MOST_BARS: Final = 20_000
MOST_MINUTES: Final = 10 * 366 * 24 * 60
_START = OpenApiParameter("start_date", str, description="First day, included (DD-MM-YYYY or YYYY-MM-DD).")
_END = OpenApiParameter("end_date", str, description="Last day, included (DD-MM-YYYY or YYYY-MM-DD).")


class TickerSerializer(serializers.Serializer[Any]):
    """A ticker with its newest tick; null where nobody told."""

    id = serializers.UUIDField()
    ticker = serializers.CharField()
    dates = serializers.ListField(child=serializers.CharField(help_text="DD-MM-YYYY"))
    sellqty = NumberSerializerField(allow_null=True)
    sellprice = NumberSerializerField(allow_null=True)
    ltp = NumberSerializerField()
    ltq = NumberSerializerField(allow_null=True)
    latest_timestamp = serializers.DateTimeField()


class TickerPageSerializer(serializers.Serializer[Any]):
    """A window of the tickers."""

    tickers_with_dates = TickerSerializer(many=True)
    total = serializers.IntegerField()
    skip = serializers.IntegerField()
    limit = serializers.IntegerField()


class TickSerializer(serializers.Serializer[Any]):
    """One tick; `tick_id` is the instrument's UUID, `date` and `time` are UTC."""

    id = serializers.UUIDField()
    ltp = NumberSerializerField()
    sellprice = NumberSerializerField(allow_null=True)
    sellqty = NumberSerializerField(allow_null=True)
    ltq = NumberSerializerField(allow_null=True)
    openinterest = NumberSerializerField(allow_null=True)
    tick_id = serializers.UUIDField()
    buyprice = NumberSerializerField(allow_null=True)
    buyqty = NumberSerializerField(allow_null=True)
    timestamp = serializers.DateTimeField()
    date = serializers.CharField(help_text="DD/MM/YYYY")
    time = serializers.CharField(help_text="HH:MM:SS")


class TickPageSerializer(serializers.Serializer[Any]):
    """A window of a ticker's ticks, newest first."""

    ticker = serializers.CharField()
    orders = TickSerializer(many=True)
    total = serializers.IntegerField()
    skip = serializers.IntegerField()
    limit = serializers.IntegerField()
    interval = serializers.IntegerField(allow_null=True)


class OhlcSerializer(serializers.Serializer[Any]):
    """One bar; `timestamp` is its first instant where it spans less than a day."""

    ticker = serializers.CharField()
    date = serializers.DateField()
    timestamp = serializers.DateTimeField(allow_null=True)
    open = NumberSerializerField()
    high = NumberSerializerField()
    low = NumberSerializerField()
    close = NumberSerializerField()
    volume = NumberSerializerField(allow_null=True)


class PublicMarketView(ApiView):
    """A view that tells public instruments to anybody, and to who is signed in their own too."""

    area = "market"
    permission_classes = [AllowAny]


class TickersView(PublicMarketView):
    """The tickers."""

    @extend_schema(
        operation_id="tickers",
        tags=TAG,
        parameters=[
            *LISTING,
            OpenApiParameter("search", str, description="Part of symbol or name, or an ISIN."),
            _START,
            _END,
        ],
        responses=TickerPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List tickers with their newest tick and the days of their ticks; with days, those traded then."""
        params = request.query_params
        days = _days(params)
        part = window(params)
        rows = tickers.tickers(request.user, params.get("search", ""), days)
        return Response(ticker_page(tickers.newest(part.of(rows), days), rows.count(), part.skip, part.limit))


class TicksView(PublicMarketView):
    """The ticks of a ticker."""

    @extend_schema(
        operation_id="ticker_orders",
        tags=TAG,
        parameters=[*LISTING, OpenApiParameter("interval", int, description="Minutes back from now.")],
        responses=TickPageSerializer,
    )
    def get(self, request: Request, tick_id: UUID) -> Response:
        """List the ticks of an instrument, newest first."""
        instrument = instruments.get(request.user, tick_id)
        interval = number_parameter(request.query_params, "interval", MOST_MINUTES)
        since = clock.now() - timedelta(minutes=interval) if interval else None
        part = window(request.query_params)
        page = tickers.ticks(instrument, skip=part.skip, limit=part.limit, since=since)
        return Response(
            {
                "ticker": instrument.symbol,
                "orders": [tick_json(instrument, one) for one in page.ticks],
                "total": page.total,
                "skip": part.skip,
                "limit": part.limit,
                "interval": interval,
            }
        )


class OhlcView(PublicMarketView):
    """Bars."""

    @extend_schema(
        operation_id="ohlc",
        tags=TAG,
        parameters=[
            OpenApiParameter("ticker", str, required=True, description="A symbol, SYMBOL@VENUE or an ISIN."),
            _START,
            _END,
            OpenApiParameter("interval", str, enum=[one.value for one in Interval], default="1d"),
        ],
        responses=OhlcSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List an instrument's bars, oldest first."""
        params = request.query_params
        symbol = required(params, "ticker", lambda given, name: str(given.get(name, "")).strip())
        choice = choice_parameter(params, "interval", [one.value for one in Interval])
        days = _days(params)
        instrument = instruments.by_symbol(request.user, symbol)
        if instrument is None:
            raise NotFound(_("There is no such instrument."))
        found = ohlc.bars(
            instrument, Interval(choice or "1d"), start=days.start, end=days.end, most=MOST_BARS + 1
        )
        if len(found) > MOST_BARS:
            message = _("These are more than %(most)s bars: name fewer days, or a longer interval.")
            raise ValidationFailed.of("interval", message % {"most": MOST_BARS}, "too-many")
        return Response([bar_json(instrument, one) for one in found])


def _days(params: Any) -> Days:
    start, end = day_parameter(params, "start_date"), day_parameter(params, "end_date")
    if start and end and start > end:
        raise ValidationFailed.of("end_date", _("end_date is before start_date."), "order")
    return Days(start, end)
