"""Alerts as a CSV file, out and in."""

from __future__ import annotations

import hashlib
from typing import IO, Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.selectors import alert_files
from alerts.services.bulk import import_alerts
from core.api.base import ApiView, idempotent
from core.api.parameters import flag_parameter
from core.api.rendering import JSONParser, JSONRenderer, ProblemRenderer
from core.api.serializers import StrictSerializer
from core.errors import TooLarge

CSV: Final = "text/csv"
TEMPLATE = OpenApiParameter("template", bool, description="An example to fill in instead of one's own.")
SKIP_BAD = OpenApiParameter("skip_bad", bool, description="Make the alerts that can be made.")


class RawFile(dict[str, str]):
    """A file as it was sent; as a dict it tells one file from another."""

    def __init__(self, content: bytes) -> None:
        super().__init__(sha256=hashlib.sha256(content).hexdigest())
        self.content = content


class CsvBodyParser(BaseParser):
    """Take a file as it is."""

    media_type = CSV

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> RawFile:
        """Read the body.

        Raises:
            TooLarge: it is longer than ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge(gettext("The body is too large."))
        return RawFile(body)


class CsvRenderer(BaseRenderer):
    """Let clients ask for ``text/csv``; errors stay problem documents."""

    media_type = CSV
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Encode an error."""
        return JSONRenderer().render(data)


class AlertFileSerializer(StrictSerializer[Any]):
    """A CSV file in JSON."""

    content = serializers.CharField(trim_whitespace=False)
    skip_bad = serializers.BooleanField(default=False, help_text=_("Make the alerts that can be made."))


class RefusedLineSerializer(serializers.Serializer[Any]):
    """A line of a file that was left out, counted from 1, and why."""

    line = serializers.IntegerField()
    column = serializers.CharField()
    message = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    """What came of a file."""

    made = serializers.IntegerField()
    refused = RefusedLineSerializer(many=True)


class AlertFileView(ApiView):
    """The caller's alerts as a file."""

    area = "alerts"
    parser_classes = [JSONParser, CsvBodyParser]
    renderer_classes = [JSONRenderer, CsvRenderer, ProblemRenderer]

    @extend_schema(
        operation_id="alerts_export",
        tags=["alerts"],
        parameters=[TEMPLATE],
        responses={(200, CSV): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer the alerts that are not done as CSV, which an import reads back.

        A line is an alert, or a clause of the rule that its first column names; prices are for one unit.
        """
        is_template = flag_parameter(request.query_params, "template")
        text = alert_files.template() if is_template else alert_files.exported(self.caller)
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="alerts.csv"'
        return response

    @extend_schema(
        operation_id="alerts_import",
        tags=["alerts"],
        parameters=[SKIP_BAD],
        request={"application/json": AlertFileSerializer, CSV: OpenApiTypes.STR},
        responses={201: ImportedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Arm the alerts of a CSV file, all or none, at most 500 lines; with `skip_bad` those that can be.

        An error names the line and its column, as ``lines.3.level``.
        """
        skip_bad = bool(flag_parameter(request.query_params, "skip_bad"))
        if isinstance(request.data, RawFile):
            body = request.data.content
        else:
            values = self.parsed(AlertFileSerializer)
            body, skip_bad = values["content"].encode(), skip_bad or values["skip_bad"]
        found = import_alerts(actor=self.actor, user=self.caller, content=body, skip_bad=skip_bad)
        refused = [one._asdict() for one in found.refused]
        return Response({"made": found.made, "refused": refused}, status=201)
