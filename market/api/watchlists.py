"""Endpoints of one's own watchlists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.fields import NumericSerializerField
from core.api.pagination import lists, paged
from core.api.serializers import StrictSerializer
from core.models import LIVE_WORLD
from market.api.serializers import LastPriceSerializer
from market.models import Watchlist
from market.models.watchlists import NAME_LENGTH
from market.selectors import listing
from market.selectors import watchlists as selectors
from market.services import watchlists as services

TAGS = ["watchlists"]
NAMED = OpenApiExample("A list", {"name": "Semiconductors"}, request_only=True)


class WatchlistSerializer(StrictSerializer[Watchlist]):
    """A named list of instruments, which only its owner sees. `size`: how many are on it."""

    id = serializers.UUIDField(read_only=True, source="uuid")
    name = serializers.CharField(max_length=NAME_LENGTH)
    size = serializers.SerializerMethodField()

    def get_size(self, watchlist: Watchlist) -> int:
        """Tell how many instruments it shows; a new list has none."""
        return int(getattr(watchlist, "size", 0))


class WatchedSerializer(serializers.Serializer[Any]):
    """An instrument of a list. `change` is a ratio (0.05 is 5 %) since the close before, splits undone."""

    id = serializers.UUIDField(source="instrument.uuid")
    symbol = serializers.CharField(source="instrument.symbol")
    name = serializers.CharField(source="instrument.name")
    kind = serializers.CharField(source="instrument.kind")
    is_fictional = serializers.BooleanField(source="instrument.is_fictional")
    last_price = LastPriceSerializer(source="quote.price", allow_null=True, default=None)
    change = NumericSerializerField(source="quote.change", allow_null=True, default=None)


class WatchSerializer(StrictSerializer[Any]):
    """What to put on a list."""

    instrument = serializers.UUIDField()


class ListOrderSerializer(StrictSerializer[Any]):
    """An order of one's lists."""

    watchlists = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=services.MOST_LISTS,
        help_text=_("Those that are not named follow as they stood."),
    )


class ItemOrderSerializer(StrictSerializer[Any]):
    """An order of a list's instruments."""

    instruments = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=services.MOST_ITEMS,
        help_text=_("Those that are not named follow as they stood."),
    )


class WatchlistListView(ApiView):
    """The caller's watchlists."""

    area = "market"

    @lists("watchlists_list", "WatchlistPage", WatchlistSerializer, TAGS)
    def get(self, request: Request) -> Response:
        """List the caller's watchlists in their order."""
        rows = selectors.of_user(request.user)
        return paged(self, rows, lambda page: WatchlistSerializer(page, many=True).data)

    @extend_schema(
        operation_id="watchlists_create",
        tags=TAGS,
        request=WatchlistSerializer,
        responses={201: WatchlistSerializer},
        examples=[NAMED],
    )
    @idempotent
    def post(self, _request: Request) -> Response:
        """Make an empty list after the others; 409 where there are 20, or one of that name."""
        name = self.parsed(WatchlistSerializer)["name"]
        made = services.create_watchlist(actor=self.actor, user=self.caller, name=name)
        return Response(WatchlistSerializer(made).data, status=201)

    @extend_schema(
        operation_id="watchlists_order", tags=TAGS, request=ListOrderSerializer, responses={204: None}
    )
    def put(self, _request: Request) -> Response:
        """Put the caller's lists in an order."""
        order = self.parsed(ListOrderSerializer)["watchlists"]
        services.order_watchlists(actor=self.actor, user=self.caller, uuids=order)
        return Response(status=204)


class WatchlistView(ApiView):
    """One of the caller's watchlists."""

    area = "market"

    @extend_schema(operation_id="watchlists_retrieve", tags=TAGS, responses=WatchlistSerializer)
    def get(self, request: Request, watchlist_id: UUID) -> Response:
        """Answer a list; what is on it is at its `items`."""
        return Response(WatchlistSerializer(selectors.get(request.user, watchlist_id)).data)

    @extend_schema(
        operation_id="watchlists_rename",
        tags=TAGS,
        request=WatchlistSerializer,
        responses=WatchlistSerializer,
        examples=[NAMED],
    )
    def patch(self, _request: Request, watchlist_id: UUID) -> Response:
        """Give a list another name."""
        selectors.get(self.caller, watchlist_id)
        name = self.parsed(WatchlistSerializer)["name"]
        found = services.rename_watchlist(actor=self.actor, user=self.caller, uuid=watchlist_id, name=name)
        return Response(WatchlistSerializer(found).data)

    @extend_schema(operation_id="watchlists_delete", tags=TAGS, responses={204: None})
    def delete(self, _request: Request, watchlist_id: UUID) -> Response:
        """Delete a list."""
        services.delete_watchlist(actor=self.actor, user=self.caller, uuid=watchlist_id)
        return Response(status=204)


class WatchlistItemsView(ApiView):
    """What is on one of the caller's watchlists."""

    area = "market"

    @lists("watchlist_items_list", "WatchedPage", WatchedSerializer, TAGS)
    def get(self, request: Request, watchlist_id: UUID) -> Response:
        """List a list's instruments in their order, with their newest prices."""
        found = selectors.get(request.user, watchlist_id)
        rows = selectors.instruments_on(request.user, [found]).get(found.pk, [])
        return paged(self, rows, _shown)

    @extend_schema(
        operation_id="watchlist_items_add",
        tags=TAGS,
        request=WatchSerializer,
        responses={201: WatchSerializer, 200: WatchSerializer},
    )
    @idempotent
    def post(self, _request: Request, watchlist_id: UUID) -> Response:
        """Put an instrument at the end of a list: 201, or 200 where it was on it; 409 where it has 200."""
        selectors.get(self.caller, watchlist_id)
        instrument = self.parsed(WatchSerializer)["instrument"]
        added = services.add_to_watchlist(
            actor=self.actor, user=self.caller, uuid=watchlist_id, instrument=instrument
        )
        return Response({"instrument": str(instrument)}, status=201 if added else 200)

    @extend_schema(
        operation_id="watchlist_items_order", tags=TAGS, request=ItemOrderSerializer, responses={204: None}
    )
    def put(self, _request: Request, watchlist_id: UUID) -> Response:
        """Put a list's instruments in an order."""
        selectors.get(self.caller, watchlist_id)
        order = self.parsed(ItemOrderSerializer)["instruments"]
        services.order_items(actor=self.actor, user=self.caller, uuid=watchlist_id, order=order)
        return Response(status=204)


class WatchlistItemView(ApiView):
    """One instrument of one of the caller's watchlists."""

    area = "market"

    @extend_schema(operation_id="watchlist_items_remove", tags=TAGS, responses={204: None})
    def delete(self, _request: Request, watchlist_id: UUID, uuid: UUID) -> Response:
        """Take an instrument off a list; one that is not on it is no error."""
        services.remove_from_watchlist(actor=self.actor, user=self.caller, uuid=watchlist_id, instrument=uuid)
        return Response(status=204)


def _shown(page: Any) -> list[Any]:
    rows = listing.rows(LIVE_WORLD, page, closes=selectors.SPARK_CLOSES)
    data: list[Any] = list(WatchedSerializer(rows, many=True).data)
    return data
