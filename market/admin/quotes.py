"""The newest quotes, and those that were held back, with what staff decide on them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.adminsite import ReadOnlyAdmin
from core.adminsite.actions import ReasonedAction, ReasonedActions
from core.adminsite.filters import PeriodFilter
from market.models import HeldQuote, Quote
from market.services.quotes import discard_quote, release_quote
from market.services.quotes.held import POWER


def _release(actor: Actor, row: HeldQuote, reason: str) -> None:
    release_quote(actor=actor, held_id=row.pk, reason=reason)


def _discard(actor: Actor, row: HeldQuote, reason: str) -> None:
    discard_quote(actor=actor, held_id=row.pk, reason=reason)


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin):
    """The newest quote of each public instrument and world."""

    # a sort by any column would read the whole table
    sortable_by = ()
    list_display = [
        "instrument", "world", "price", "bid", "ask", "volume", "previous_close", "as_of", "source",
        "quality",
    ]  # fmt: skip
    list_select_related = ["instrument", "world"]
    search_fields = ["=instrument__symbol", "=instrument__isin"]
    search_help_text = _("A whole symbol or ISIN.")
    # the order of the index that every read of quotes uses
    ordering = ["-instrument", "-world"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows


@admin.register(HeldQuote)
class HeldQuoteAdmin(ReasonedActions, ReadOnlyAdmin):
    """Quotes that were not believed, and those that wait for a split."""

    reasoned = (
        ReasonedAction(
            "release",
            _("Release…"),
            _("These become prices as they came, and what waits for prices sees them:"),
            POWER,
            _release,
        ),
        ReasonedAction("discard", _("Discard…"), _("These are wrong and are never used:"), POWER, _discard),
    )
    list_display = [
        "instrument", "price", "reference", "reason", "state", "times", "as_of", "source", "world",
        "updated_at", "decided_by",
    ]  # fmt: skip
    list_filter = ["state", "reason", ("created_at", PeriodFilter)]
    list_select_related = ["instrument", "world"]
    search_fields = ["=instrument__symbol", "=instrument__isin"]
    search_help_text = _("A whole symbol or ISIN.")
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows

    def offered_for(self, request: HttpRequest, row: HeldQuote) -> list[ReasonedAction]:
        """Offer nothing for what is decided."""
        return super().offered_for(request, row) if row.state == HeldQuote.State.HELD else []
