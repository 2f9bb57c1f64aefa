"""Endpoints of one's own tags on instruments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.actor import Actor
from core.api.base import ApiView
from core.api.pagination import lists, paged
from core.api.serializers import StrictSerializer
from market.models import Instrument
from portfolios.models import InstrumentTag
from portfolios.selectors import tags as selectors
from portfolios.services import tags as services

TAGS = ["tags"]
CORE = OpenApiExample("Two tags", {"tags": ["core", "income"]})


class TaggedSerializer(serializers.Serializer[Instrument]):
    """An instrument that has a tag."""

    id = serializers.UUIDField(source="uuid")
    symbol = serializers.CharField()
    name = serializers.CharField()


class TagSerializer(serializers.Serializer[selectors.Tag]):
    """A tag and what has it."""

    name = serializers.CharField()
    instruments = TaggedSerializer(many=True)


class TagNamesSerializer(StrictSerializer[Any]):
    """The tags of one instrument."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=InstrumentTag.NAME_LENGTH),
        max_length=services.MOST,
        help_text=_("All of them: what is not named is taken off. Case does not tell tags apart."),
    )


class TagsView(ApiView):
    """All of one's tags."""

    area = "portfolios"

    @lists("tags_list", "TagPage", TagSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List the caller's tags by name, each with its instruments."""
        return paged(self, selectors.tags_of(request.user), lambda page: TagSerializer(page, many=True).data)


class InstrumentTagsView(ApiView):
    """One's tags on one instrument."""

    area = "portfolios"

    @extend_schema(operation_id="instrument_tags", tags=TAGS, responses=TagNamesSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Answer the caller's tags on an instrument."""
        found = selectors.get_instrument(request.user, uuid)
        return Response({"tags": selectors.names_on(request.user, found)})

    @extend_schema(
        operation_id="instrument_tags_set",
        tags=TAGS,
        request=TagNamesSerializer,
        responses=TagNamesSerializer,
        examples=[CORE],
    )
    def put(self, request: Request, uuid: UUID) -> Response:
        """Give an instrument exactly these tags; nobody else sees them."""
        names = self.parsed(TagNamesSerializer)["tags"]
        kept = services.set_tags(
            actor=Actor.user(request.user), user=request.user, instrument=uuid, names=names
        )
        return Response({"tags": kept})
