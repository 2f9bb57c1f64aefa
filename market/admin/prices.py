"""Bars, rates and price files in the admin, read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.adminsite import ReadOnlyAdmin
from market.models import DailyBar, FxRate, PriceImport

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

MANY = 10_000


class RoughPaginator(_Paginator):
    """Count no further than anybody pages, so that a list of millions opens at once."""

    @property
    def count(self) -> int:
        """Count up to 10,000 rows."""
        rows = cast("QuerySet[Any]", self.object_list)
        return len(rows.order_by().values_list("pk")[:MANY])


@admin.register(DailyBar)
class DailyBarAdmin(ReadOnlyAdmin):
    """Daily bars of public instruments."""

    list_display = ["instrument", "date", "open", "high", "low", "close", "volume", "source"]
    list_select_related = ["instrument"]
    search_fields = ["instrument__symbol__exact"]
    search_help_text = _("The whole symbol.")
    ordering = ["-id"]
    paginator = RoughPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows


@admin.register(FxRate)
class FxRateAdmin(ReadOnlyAdmin):
    """Public exchange rates; ``manage.py import_fx`` writes them."""

    list_display = ["base", "quote", "date", "rate", "source"]
    list_filter = ["source"]
    search_fields = ["base__exact", "quote__exact"]
    search_help_text = _("A currency code, such as USD.")
    ordering = ["-id"]
    paginator = RoughPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own rates out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(owner=None)
        return rows


@admin.register(PriceImport)
class PriceImportAdmin(ReadOnlyAdmin):
    """Files of prices that were brought in."""

    list_display = [
        "file_name", "created_at", "actor_label", "rows_read", "rows_stored", "rows_unchanged",
        "rows_rejected",
    ]  # fmt: skip
    search_fields = ["file_name", "sha256__exact"]
    date_hierarchy = "created_at"
