"""Moving units in kind between two portfolios of one owner."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.fields import NumericSerializerField
from core.api.serializers import StrictSerializer
from core.errors import NotFound, ValidationFailed
from portfolios.api.serializers import InstrumentField, TransactionSerializer, named_as_sent
from portfolios.models import Portfolio
from portfolios.selectors import portfolios as selectors
from portfolios.services import transfers as services


class TransferSerializer(StrictSerializer[Any]):
    """What is moved to which portfolio, and when: `time` with an offset, or a `date`."""

    to = serializers.UUIDField(help_text=_("The portfolio that receives it."))
    instrument = InstrumentField()
    quantity = NumericSerializerField()
    time = serializers.DateTimeField(required=False, help_text=_("ISO 8601 with offset."))
    date = serializers.DateField(required=False, help_text=_("In the time zone of each portfolio."))
    note = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two ways to say when."""
        if ("time" in attrs) == ("date" in attrs):
            raise serializers.ValidationError({"time": [_("Give a time or a date.")]})
        return attrs


class TransferredSerializer(serializers.Serializer[Any]):
    """Both entries of a move."""

    out = TransactionSerializer()
    into = TransactionSerializer()


class TransfersView(ApiView):
    """Units that go to another portfolio."""

    area = "portfolios"

    @extend_schema(
        operation_id="transfers_create", request=TransferSerializer, responses={201: TransferredSerializer}
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Move units with their lots, days and costs; deleting one of the two entries takes both back."""
        portfolio = selectors.get_writable(request.user, portfolio_id)
        context = {"request": request, "portfolio": portfolio}
        values = self.parsed(TransferSerializer, context=context)
        other = self._receiving(request, values["to"])
        with named_as_sent(request.data):
            out, into = services.move_in_kind(
                actor=self.actor,
                portfolio_id=portfolio_id,
                to_id=other.pk,
                instrument=values["instrument"],
                quantity=values["quantity"],
                times=instants(portfolio, other, values.get("date"), values.get("time")),
                note=values["note"],
            )
        shown = {"out": TransactionSerializer(out).data, "into": TransactionSerializer(into).data}
        return Response(shown, status=201)

    def _receiving(self, request: Request, key: UUID) -> Portfolio:
        try:
            return selectors.get_writable(request.user, key)
        except NotFound as error:
            raise ValidationFailed.of("to", gettext("There is no such portfolio."), "unknown") from error


def instants(
    portfolio: Portfolio, other: Portfolio, day: date | None, instant: datetime | None
) -> tuple[datetime, datetime]:
    """Tell when the units leave and arrive: at one instant, or as the day begins in each time zone."""
    if day is None:
        assert instant is not None  # the serializer asks for one of them
        return instant, instant
    first, second = (
        datetime.combine(day, time.min, tzinfo=ZoneInfo(one.time_zone)).astimezone(UTC)
        for one in (portfolio, other)
    )
    return first, second
