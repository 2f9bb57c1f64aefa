"""Endpoints of a person's own ways of reading files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import lists, paged
from core.api.serializers import StrictSerializer
from portfolios.models import ImportPreset
from portfolios.selectors import imports as selectors
from portfolios.services import imports as services

TAGS = ["imports"]
IMPORT = "api/v1/portfolios/<uuid:portfolio_id>/imports/<uuid:import_id>"
SAVE = OpenApiExample(
    "My bank",
    {"name": "My bank", "mapping": {"preset": "csv", "columns": {"date": "Tag"}, "decimal": ","}},
    request_only=True,
)
NAMED = OpenApiExample("My bank", {"name": "My bank"}, request_only=True)


class ImportPresetSerializer(serializers.Serializer[ImportPreset]):
    """A preset; its id is what ``mapping.saved`` of an import takes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    mapping = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NewPresetSerializer(StrictSerializer[Any]):
    """A mapping under a name; the same name again replaces it."""

    name = serializers.CharField(max_length=80)
    mapping = serializers.DictField(help_text=_("As for an import."))


class PresetNameSerializer(StrictSerializer[Any]):
    """What the preset is to be called."""

    name = serializers.CharField(max_length=80)


class ImportPresetsView(ApiView):
    """A person's presets."""

    area = "portfolios"

    @lists("import_presets_list", "ImportPresetPage", ImportPresetSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List your presets by name."""
        rows = selectors.presets_of(request.user)
        return paged(self, rows, lambda page: ImportPresetSerializer(page, many=True).data)

    @extend_schema(
        operation_id="import_presets_save",
        request=NewPresetSerializer,
        responses={201: ImportPresetSerializer},
        examples=[SAVE],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Save a mapping under a name; the same name again replaces it."""
        values = self.parsed(NewPresetSerializer)
        preset = services.save_preset(actor=self.actor, user=request.user, **values)
        return Response(ImportPresetSerializer(preset).data, status=201)


class ImportPresetView(ApiView):
    """One preset."""

    area = "portfolios"

    @extend_schema(operation_id="import_presets_delete", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, preset_id: UUID) -> Response:
        """Delete a preset. Files that were read by it stay as they are."""
        services.delete_preset(actor=self.actor, user=request.user, preset_id=preset_id)
        return Response(status=204)


class ImportAsPresetView(ApiView):
    """How a file was read, as a preset."""

    area = "portfolios"

    @extend_schema(
        operation_id="imports_save_preset",
        request=PresetNameSerializer,
        responses={201: ImportPresetSerializer},
        examples=[NAMED],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID, import_id: UUID) -> Response:
        """Save how this file was read, what was recognised with what was chosen, as a preset of yours."""
        preset = services.save_import_as_preset(
            actor=self.actor, user=request.user, portfolio_id=portfolio_id, import_id=import_id,
            name=self.parsed(PresetNameSerializer)["name"],
        )  # fmt: skip
        return Response(ImportPresetSerializer(preset).data, status=201)


urlpatterns = [
    path("api/v1/import-presets", ImportPresetsView.as_view(), name="api-import-presets"),
    path("api/v1/import-presets/<uuid:preset_id>", ImportPresetView.as_view(), name="api-import-preset"),
    path(f"{IMPORT}/preset", ImportAsPresetView.as_view(), name="api-import-as-preset"),
]
