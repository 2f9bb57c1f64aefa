"""The endpoint to which feeds send ticks."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from io import StringIO
from typing import IO, Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.fields import NumberSerializerField
from core.api.rendering import JSONParser, load_json
from core.errors import TooLarge, ValidationFailed
from market.services.tick_import import post_ticks

MOST: Final = 10_000


class SentTickSerializer(serializers.Serializer[Any]):
    """A tick as a feed sends it, by symbol or by the instrument's UUID; other names as in files of ticks."""

    ticker = serializers.CharField(required=False)
    tick_id = serializers.UUIDField(required=False, help_text="The instrument's UUID, instead of a symbol.")
    timestamp = serializers.DateTimeField(help_text="With an offset; without one it is UTC.")
    ltp = NumberSerializerField()
    ltq = NumberSerializerField(required=False)
    buyprice = NumberSerializerField(required=False)
    buyqty = NumberSerializerField(required=False)
    sellprice = NumberSerializerField(required=False)
    sellqty = NumberSerializerField(required=False)
    openinterest = NumberSerializerField(required=False)


class RefusedTickSerializer(serializers.Serializer[Any]):
    """What is wrong with a row; `row` counts from 0."""

    row = serializers.IntegerField()
    field = serializers.CharField()
    message = serializers.CharField()
    code = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """What became of the rows; `held` ones wait for staff."""

    received = serializers.IntegerField()
    stored = serializers.IntegerField()
    known = serializers.IntegerField()
    held = serializers.IntegerField()
    rejected = serializers.IntegerField()
    refusals = RefusedTickSerializer(many=True)


class _TextParser(BaseParser, ABC):
    """Read a body of bounded length as UTF-8."""

    @abstractmethod
    def read(self, text: str) -> list[Any]:
        """Read the rows of a text."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Read the rows.

        Raises:
            ParseError: it is no text, or a line is no JSON.
            TooLarge: it is longer than ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge(_("The body is too large."))
        try:
            return self.read(body.decode("utf-8-sig"))
        except (ValueError, RecursionError, csv.Error) as error:
            raise ParseError(f"The body cannot be read: {error}") from error


class CsvParser(_TextParser):
    """Rows of CSV under a header."""

    media_type = "text/csv"

    def read(self, text: str) -> list[Any]:
        """Read the rows; of cells without a name, csv keeps a list under the name None."""
        rows = csv.DictReader(StringIO(text))
        return [{str(key or ""): value for key, value in row.items()} for row in rows]


class JsonLinesParser(_TextParser):
    """A JSON object a line."""

    media_type = "application/x-ndjson"

    def read(self, text: str) -> list[Any]:
        """Read the values."""
        return [load_json(line) for line in text.splitlines() if line.strip()]


EXAMPLE = OpenApiExample(
    "Two ticks",
    value=[
        {"ticker": "AAPL", "timestamp": "2026-11-27T15:30:00.250Z", "ltp": 155.0, "ltq": 200,
         "buyprice": 154.9, "buyqty": 100, "sellprice": 155.1, "sellqty": 100},
        {"ticker": "MSFT", "timestamp": "2026-11-27T15:30:00.300Z", "ltp": 420.5},
    ],
    request_only=True,
    media_type="application/json",
)  # fmt: skip


class TickListView(ApiView):
    """Ticks of feeds."""

    area = "market"
    parser_classes = [JSONParser, JsonLinesParser, CsvParser]

    @extend_schema(
        operation_id="ticks_send",
        tags=["prices"],
        request={
            "application/json": SentTickSerializer(many=True),
            "application/x-ndjson": {"type": "string", "description": "A JSON object a line."},
            "text/csv": {"type": "string", "description": "Rows under a header of these names."},
        },
        responses={201: TakenSerializer},
        examples=[EXAMPLE],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Store ticks, at most 10,000, and let the newest be the prices; sent again they change nothing.

        Rows that are no ticks are told and the others are taken; with none at all that is one, it is a 400.
        Ticks of public instruments are taken from staff who may add them, of one's own from anybody.
        """
        rows = request.data
        if not isinstance(rows, list):
            raise ValidationFailed.of("", _("Send a list of ticks."), "not-a-list")
        if len(rows) > MOST:
            raise TooLarge(_("Send at most %(most)s ticks at once.") % {"most": MOST})
        taken = post_ticks(actor=self.actor, rows=rows)
        refusals = [
            {"row": row, "field": one.field, "message": one.message, "code": one.code}
            for row, one in taken.refused
        ]
        told = {"received": taken.received, "stored": taken.stored, "known": taken.known, "held": taken.held}
        return Response({**told, "rejected": len(refusals), "refusals": refusals}, status=201)
