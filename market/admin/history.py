"""What the nightly look at history found."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.adminsite import ReadOnlyAdmin
from core.adminsite.filters import QuestionFilter
from market.models import HistoryCheck


class FindingFilter(QuestionFilter):
    """Instruments of which something was found."""

    title = _("finding")
    parameter_name = "finding"
    questions = (
        ("gaps", _("Days without a price")),
        ("jumps", _("Jumps as by a split")),
        ("refused", _("Something was refused")),
    )

    def ask(self, question: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those with it."""
        if question == "gaps":
            return rows.filter(missing__gt=0)
        return rows.exclude(jumps=[]) if question == "jumps" else rows.exclude(trouble="")


@admin.register(HistoryCheck)
class HistoryCheckAdmin(ReadOnlyAdmin):
    """Gaps that are left, days that came, and moves that look like a split nobody recorded."""

    list_display = [
        "instrument", "checked_at", "through", "missing", "mended", "source", "jumps", "trouble",
    ]  # fmt: skip
    list_filter = [FindingFilter]
    list_select_related = ["instrument"]
    search_fields = ["=instrument__symbol", "=instrument__isin"]
    search_help_text = _("A whole symbol or ISIN.")
    ordering = ["-checked_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows
