"""Bars, rates and price files in the admin, read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.adminsite import ReadOnlyAdmin
from core.adminsite.filters import PeriodFilter, QuestionFilter
from core.adminsite.transfer import TransferAdmin
from market.admin import sheets
from market.models import DailyBar, FxRate, PriceImport


@admin.register(DailyBar)
class DailyBarAdmin(TransferAdmin, ReadOnlyAdmin):
    """Daily bars of public instruments."""

    resource = sheets.BarSheet
    import_power = "market.change_dailybar"
    # a sort by any column would read the whole table
    sortable_by = ()
    list_display = [
        "instrument",
        "date",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "adjusted_as_of",
        "source",
    ]
    list_select_related = ["instrument"]
    search_fields = ["=instrument__symbol", "=instrument__isin"]
    search_help_text = _("A whole symbol or ISIN.")
    # the order of the index that every read of bars uses
    ordering = ["-instrument", "-world", "-date"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows


@admin.register(FxRate)
class FxRateAdmin(TransferAdmin, ReadOnlyAdmin):
    """Public exchange rates; ``manage.py import_fx`` writes them, and files that staff bring in."""

    resource = sheets.RateSheet
    import_power = "market.change_fxrate"
    # a sort by any column would read the whole table
    sortable_by = ()
    list_display = ["base", "quote", "date", "rate", "source"]
    list_filter = [("date", PeriodFilter)]
    search_fields = ["=base", "=quote"]
    search_help_text = _("A currency code, such as USD.")
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own rates out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(owner=None)
        return rows


class RefusedFilter(QuestionFilter):
    """Files of which rows were refused, and those that brought nothing new."""

    title = _("outcome")
    parameter_name = "outcome"
    questions = (("refused", _("With refused rows")), ("nothing", _("Nothing stored")))

    def ask(self, question: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the files that ended so."""
        return rows.filter(rows_rejected__gt=0) if question == "refused" else rows.filter(rows_stored=0)


@admin.register(PriceImport)
class PriceImportAdmin(ReadOnlyAdmin):
    """Files of prices that were brought in."""

    list_display = [
        "file_name", "created_at", "actor_label", "adjusted_as_of", "rows_read", "rows_stored",
        "rows_unchanged", "rows_rejected",
    ]  # fmt: skip
    list_filter = [RefusedFilter, ("created_at", PeriodFilter)]
    search_fields = ["file_name", "=sha256", "=uuid"]
    ordering = ["-id"]
