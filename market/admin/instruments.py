"""Instruments, exchanges, coins and corporate actions in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.actor import Actor
from core.adminsite import FastList, ReadOnlyAdmin, ReadOnlyInline
from core.adminsite.actions import ReasonedAction, ReasonedActions
from core.adminsite.filters import PeriodFilter, QuestionFilter
from core.adminsite.transfer import TransferAdmin
from core.models import LIVE_WORLD
from market.admin import sheets
from market.admin.forms import ActionForm, InstrumentForm
from market.domain.prices import STALE_AFTER_DAYS
from market.models import Coin, CorporateAction, DailyBar, Exchange, Instrument, Quote, SymbolSpan
from market.selectors.price_doubts import converted_text, doubts
from market.services.actions import delete_corporate_action
from market.services.instruments import delete_instrument


class ServiceAdmin(ReasonedActions, FastList):
    """Write through the services; the row that a form answers is saved already."""

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


class PricesFilter(QuestionFilter):
    """Instruments by how fresh their prices are."""

    title = _("prices")
    parameter_name = "prices"
    questions = (("stale", _("None of the last days")), ("none", _("None at all")), ("fresh", _("Fresh")))

    def ask(self, question: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the instruments whose prices are so."""
        bars = DailyBar.objects.filter(instrument=OuterRef("pk"), world=LIVE_WORLD).order_by("-date")
        oldest = clock.today("UTC") - timedelta(days=STALE_AFTER_DAYS)
        conditions = {
            "stale": Q(last_price__lt=oldest),
            "none": Q(last_price=None),
            "fresh": Q(last_price__gte=oldest),
        }
        quotes = Quote.objects.filter(instrument=OuterRef("pk"), world=LIVE_WORLD)
        newest = Greatest(Subquery(bars.values("date")[:1]), Subquery(quotes.values("day")[:1]))
        found: QuerySet[Any] = rows.alias(last_price=newest)
        return found.filter(conditions[question])


def _delete_instrument(actor: Actor, row: Instrument, reason: str) -> None:
    delete_instrument(actor=actor, uuid=row.uuid, reason=reason)


def _delete_action(actor: Actor, row: CorporateAction, reason: str) -> None:
    delete_corporate_action(actor=actor, uuid=row.uuid, reason=reason)


@admin.register(Instrument)
class InstrumentAdmin(TransferAdmin, ServiceAdmin):
    """Public instruments. What users own themselves is theirs."""

    resource = sheets.InstrumentSheet
    import_power = "market.add_instrument"
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
    list_filter = [PricesFilter, "kind", "is_fictional"]
    search_fields = ["^symbol", "name", "=isin", "=uuid", "=exchange"]
    search_help_text = _("The beginning of a symbol, a part of a name, an ISIN, an exchange (MIC) or an id.")
    list_select_related = ["exchange"]
    autocomplete_fields = ["exchange"]
    inlines = [SymbolInline]
    readonly_fields = ["prices_came", "prices_and_splits"]

    @admin.display(description=_("Prices came"))
    def prices_came(self, row: Instrument) -> str:
        """Tell in what form the stored prices came."""
        return converted_text(row) or gettext("As traded.") if row.pk else ""

    @admin.display(description=_("Prices and splits"))
    def prices_and_splits(self, row: Instrument) -> str:
        """Tell the splits that prices contradict or lack."""
        return " ".join(doubts(row)) or gettext("No contradiction found.") if row.pk else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(owner=None)
        return rows


@admin.register(CorporateAction)
class CorporateActionAdmin(TransferAdmin, ServiceAdmin):
    """Corporate actions of public instruments: recorded and deleted, never changed."""

    resource = sheets.ActionSheet
    import_power = "market.add_corporateaction"
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
        "target",
        "numerator",
        "denominator",
        "amount",
        "currency",
        "source",
    ]
    list_filter = ["kind", ("ex_date", PeriodFilter)]
    list_select_related = ["instrument", "target"]
    search_fields = ["^instrument__symbol", "=instrument__isin", "=uuid"]
    search_help_text = _("The beginning of a symbol, an ISIN or an id.")
    autocomplete_fields = ["instrument", "target"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(Exchange)
class ExchangeAdmin(TransferAdmin, ReadOnlyAdmin):
    """Venues; ``manage.py load_reference`` writes them, and files that staff bring in."""

    resource = sheets.ExchangeSheet
    import_power = "market.change_exchange"
    list_display = ["mic", "name", "country", "time_zone"]
    ordering = ["mic"]
    search_fields = ["^mic", "name", "=country"]


@admin.register(Coin)
class CoinAdmin(ReadOnlyAdmin):
    """The coins that the crypto endpoints know; ``manage.py load_reference`` writes them."""

    list_display = ["coin_id", "symbol", "name"]
    ordering = ["coin_id"]
    search_fields = ["^coin_id", "^symbol", "name"]
