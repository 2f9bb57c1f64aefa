"""Endpoints of archives: take portfolios home whole, and bring them in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView
from core.api.pagination import page_of, paged
from core.api.parameters import LISTING
from core.api.rendering import JSONParser, JSONRenderer, ProblemRenderer
from core.api.serializers import StrictSerializer
from core.downloads import ArchiveDownload
from core.errors import ValidationFailed
from portfolios.models import ArchiveImport
from portfolios.selectors import archive_imports as selectors
from portfolios.services import archive as services

TAGS = ["archives"]
PORTFOLIOS = OpenApiParameter(
    "portfolio", UUID, many=True, description="Only this portfolio; may come again. None: all that one owns."
)


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


class ArchiveUploadSerializer(StrictSerializer[Any]):
    """An archive as a form's file."""

    file = serializers.FileField(help_text=gettext_lazy("What an export wrote; at most 24 MB."))


class RestoredPortfolioSerializer(serializers.Serializer[Any]):
    """What became of a portfolio of the archive; one that was `there` is left as it is."""

    id = serializers.UUIDField()
    there = serializers.BooleanField()
    transactions = serializers.IntegerField(required=False)


class RestoredInstrumentsSerializer(serializers.Serializer[Any]):
    """How many instruments were there, were made public, or were made the user's own."""

    there = serializers.IntegerField()
    public = serializers.IntegerField()
    own = serializers.IntegerField()
    renamed = serializers.IntegerField()
    unlisted = serializers.ListField(
        child=serializers.CharField(), help_text=gettext_lazy("Venues that nobody here knows.")
    )


class RestoredSerializer(serializers.Serializer[Any]):
    """What an archive brought along."""

    portfolios = RestoredPortfolioSerializer(many=True, required=False)
    instruments = RestoredInstrumentsSerializer(required=False)
    prices = serializers.IntegerField(required=False)
    rates = serializers.IntegerField(required=False)
    corporate_actions = serializers.IntegerField(required=False)
    presets = serializers.IntegerField(required=False)
    tags = serializers.IntegerField(required=False)
    dismissals_left_out = serializers.IntegerField(required=False)
    failure = serializers.CharField(required=False)


class ArchiveImportSerializer(serializers.Serializer[ArchiveImport]):
    """An archive that was brought in, waits for a task, or was refused by it."""

    id = serializers.UUIDField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(choices=ArchiveImport.Status.choices)
    result = RestoredSerializer(source="summary")
    created_at = serializers.DateTimeField()


class ArchiveView(ApiView):
    """One's portfolios as one file."""

    area = "portfolios"
    parser_classes = [MultiPartParser, JSONParser]
    renderer_classes = [JSONRenderer, ZipRenderer, ProblemRenderer]

    @extend_schema(
        operation_id="archive_export",
        parameters=[PORTFOLIOS],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        tags=TAGS,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Answer the portfolios that the caller owns, whole: an import makes them anew to the last digit."""
        wanted = [_key(text) for text in request.query_params.getlist("portfolio")]
        made = services.export_archive(actor=self.actor, owner=self.caller, portfolio_ids=wanted or None)
        return ArchiveDownload(made, name="florin-portfolios")

    @extend_schema(
        operation_id="archive_import",
        request={"multipart/form-data": ArchiveUploadSerializer},
        responses={201: ArchiveImportSerializer, 202: ArchiveImportSerializer},
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Make the portfolios of an archive that the caller does not have, all or none.

        A large file is left to a task (202): ask for it until it is ``done``, or ``failed`` with the reason.
        """
        file: UploadedFile[bytes] = self.parsed(ArchiveUploadSerializer)["file"]
        row = services.receive_archive(user=self.caller, file_name=file.name or "", file=file.open())
        waits = row.status == ArchiveImport.Status.WAITING
        return Response(ArchiveImportSerializer(row).data, status=202 if waits else 201)


class ArchiveImportListView(ApiView):
    """The archives that the caller brought in."""

    area = "portfolios"

    @extend_schema(
        operation_id="archive_imports_list",
        parameters=LISTING,
        responses=page_of("ArchiveImportPage", ArchiveImportSerializer),
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List the archives that the caller brought in, newest first."""
        rows = selectors.listed(request.user)
        return paged(self, rows, lambda page: ArchiveImportSerializer(page, many=True).data)


class ArchiveImportView(ApiView):
    """One archive that the caller brought in."""

    area = "portfolios"

    @extend_schema(operation_id="archive_imports_retrieve", responses=ArchiveImportSerializer, tags=TAGS)
    def get(self, request: Request, archive_id: UUID) -> Response:
        """Tell what became of an archive."""
        return Response(ArchiveImportSerializer(selectors.get(request.user, archive_id)).data)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValidationFailed.of("portfolio", _("This is not an id.")) from error


urlpatterns = [
    path("api/v1/archive", ArchiveView.as_view(), name="api-archive"),
    path("api/v1/archive/imports", ArchiveImportListView.as_view(), name="api-archive-imports"),
    path("api/v1/archive/imports/<uuid:archive_id>", ArchiveImportView.as_view(), name="api-archive-import"),
]
