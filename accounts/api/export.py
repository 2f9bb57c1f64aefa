"""All data of the user who calls, as one archive."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.serializers import ErasureSerializer
from accounts.services import Proof
from accounts.services.export import tables_of
from core import throttling
from core.api.base import ApiView
from core.api.rendering import JSONRenderer, ProblemRenderer
from core.archive import FORMAT
from core.downloads import ArchiveDownload

TAGS = ["Users"]


class ZipRenderer(BaseRenderer):
    """Lets a client ask for ``application/zip``; only errors come here, which are JSON all the same."""

    media_type = "application/zip"
    format = "zip"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Encode an error."""
        return JSONRenderer().render(data)


class ExportTableSerializer(serializers.Serializer[Any]):
    """One table of the archive: ``csv/NAME.csv`` and ``json/NAME.json``."""

    name = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())


class ExportContentSerializer(serializers.Serializer[Any]):
    """What the archive holds."""

    format = serializers.IntegerField(help_text="Rises when a table or column is renamed or dropped.")
    tables = ExportTableSerializer(many=True)


class ExportView(ApiView):
    """All of one's own data; a program's token tells no more than what would be in it."""

    area = "profile"
    signed_in_only = frozenset({"POST"})
    open_to_leaving = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
    renderer_classes = [JSONRenderer, ZipRenderer, ProblemRenderer]

    @extend_schema(tags=TAGS, operation_id="users_me_export", responses={200: ExportContentSerializer})
    def get(self, _request: Request) -> Response:
        """Tell which tables the archive of one's own data has."""
        tables = [{"name": one.name, "columns": one.columns} for one in tables_of(self.caller.pk)]
        return Response(ExportContentSerializer({"format": FORMAT, "tables": tables}).data)

    @extend_schema(
        tags=TAGS,
        operation_id="users_me_export_make",
        request=ErasureSerializer,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Answer all that the platform keeps of one, as a ZIP file of CSV and JSON. The password confirms it.

        The rows are those of one instant; ``manifest.json`` names it, and each file with its SHA-256.
        """
        proof = Proof(password=self.parsed(ErasureSerializer)["password"])
        throttling.spend(request._request, "export", str(self.caller.pk))  # noqa: SLF001
        archive = services.export_data(actor=self.actor, user_id=self.caller.pk, proof=proof)
        return ArchiveDownload(archive, name="florin-data")
