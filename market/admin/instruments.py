"""Instruments, exchanges, coins and corporate actions in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.adminsite import ReadOnlyAdmin, ReadOnlyInline
from core.adminsite.actions import ReasonedAction, ReasonedActions
from market.admin.forms import ActionForm, InstrumentForm
from market.models import Coin, CorporateAction, Exchange, Instrument, SymbolSpan
from market.services.actions import delete_corporate_action
from market.services.instruments import delete_instrument

if TYPE_CHECKING:
    from django.db.models import Model

    _ModelAdmin = admin.ModelAdmin[Model]
else:
    _ModelAdmin = admin.ModelAdmin


class ServiceAdmin(ReasonedActions, _ModelAdmin):
    """Write through the services; the row that a form answers is saved already."""

    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Make the form act for the member of staff."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = Actor.user(request.user)  # type: ignore[attr-defined]  # declared by ServiceForm
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Do nothing more: the form's service saved the row."""

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Delete by the action that asks why."""
        return False


class SymbolInline(ReadOnlyInline):
    """What the instrument was called when."""

    model = SymbolSpan
    fields = ["symbol", "valid_from", "valid_to"]


def _delete_instrument(actor: Actor, row: Instrument, reason: str) -> None:
    delete_instrument(actor=actor, uuid=row.uuid, reason=reason)


def _delete_action(actor: Actor, row: CorporateAction, reason: str) -> None:
    delete_corporate_action(actor=actor, uuid=row.uuid, reason=reason)


@admin.register(Instrument)
class InstrumentAdmin(ServiceAdmin):
    """Public instruments. What users own themselves is theirs."""

    form: Any = InstrumentForm
    reasoned = (
        ReasonedAction(
            "delete_for",
            _("Delete…"),
            _("These go, with their prices and corporate actions. What transactions use stays:"),
            "market.delete_instrument",
            _delete_instrument,
            is_destructive=True,
        ),
    )
    list_display = ["symbol", "name", "kind", "exchange", "currency", "sector", "is_fictional", "updated_at"]
    list_filter = ["kind", "is_fictional", "currency", "exchange"]
    search_fields = ["symbol", "name", "isin", "=uuid"]
    list_select_related = ["exchange"]
    autocomplete_fields = ["exchange"]
    inlines = [SymbolInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(owner=None)
        return rows


@admin.register(CorporateAction)
class CorporateActionAdmin(ServiceAdmin):
    """Splits and dividends of public instruments: recorded and deleted, never changed."""

    form: Any = ActionForm
    reasoned = (
        ReasonedAction(
            "delete_for",
            _("Delete…"),
            _("These go, and what is worked out from them changes:"),
            "market.delete_corporateaction",
            _delete_action,
            is_destructive=True,
        ),
    )
    list_display = [
        "instrument",
        "kind",
        "ex_date",
        "numerator",
        "denominator",
        "amount",
        "currency",
        "source",
    ]
    list_filter = ["kind", "source"]
    list_select_related = ["instrument"]
    search_fields = ["instrument__symbol", "instrument__name"]
    autocomplete_fields = ["instrument"]
    date_hierarchy = "ex_date"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyAdmin):
    """Venues; ``manage.py load_reference`` writes them."""

    list_display = ["mic", "name", "country", "time_zone"]
    ordering = ["mic"]
    list_filter = ["country"]
    search_fields = ["mic", "name"]


@admin.register(Coin)
class CoinAdmin(ReadOnlyAdmin):
    """The coins that the crypto endpoints know; ``manage.py load_reference`` writes them."""

    list_display = ["coin_id", "symbol", "name"]
    ordering = ["coin_id"]
    search_fields = ["coin_id", "symbol", "name"]
