"""The lots of one sale: what it may take, and the choice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import NotFound
from core.forms import NumberField
from core.pages import actor_of, attempted
from core.templatetags.figures import decimal_text
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.portfolios import get_transaction, get_writable
from portfolios.selectors.relief import OpenLot, lots_before
from portfolios.services import transactions as services
from portfolios.services.inputs import LotPick
from portfolios.services.relief import chosen_for
from portfolios.views.common import frame

BAD = 400
PLACES = 8


class LotsForm(forms.Form):
    """How many units a sale takes of each lot."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lots: list[OpenLot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for lot in lots:
            label = _("Bought %(day)s: take of %(quantity)s") % {
                "day": date_format(lot.acquired, "DATE_FORMAT"),
                "quantity": decimal_text(lot.quantity, PLACES),
            }
            self.fields[str(lot.acquisition)] = NumberField(
                label=label, required=False, initial=lot.taken or None
            )

    def picks(self, lots: list[OpenLot]) -> tuple[LotPick, ...]:
        """Tell what was chosen; a lot that is left empty is not taken."""
        typed: dict[str, Decimal | None] = self.cleaned_data
        pairs = [(lot.acquisition, typed[str(lot.acquisition)]) for lot in lots]
        return tuple(LotPick(transaction=key, quantity=units) for key, units in pairs if units)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transaction_lots(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Show which lots a sale takes, and choose others, or leave it to the portfolio's method again."""
    portfolio = get_writable(request.user, portfolio_id)
    sale = get_transaction(request.user, portfolio_id, transaction_id)
    if sale.kind != Transaction.Kind.SELL:
        raise NotFound
    lots = lots_before(portfolio, sale)
    form = LotsForm(request.POST or None, lots=lots, initial={"version": sale.version})
    if request.method == "POST" and form.is_valid():
        picks = () if "by-method" in request.POST else form.picks(lots)
        if attempted(form, lambda: _choose(request, sale, picks, form.cleaned_data["version"])):
            text = _("The sale takes the lots that you chose.") if picks else _("The order decides again.")
            messages.success(request, text)
            return redirect("transaction-lots", portfolio_id, transaction_id)
    context = frame(
        portfolio,
        "transaction-list",
        sale=sale,
        form=form,
        rows=[(lot, form[str(lot.acquisition)]) for lot in lots],
        chosen=bool(chosen_for(sale)),
        pooled=portfolio.cost_method == Portfolio.CostMethod.AVERAGE,
        method=Portfolio.CostMethod(portfolio.cost_method).label,
    )
    status = BAD if form.errors else 200
    return render(request, "portfolios/transactions/lots.html", context, status=status)


def _choose(request: HttpRequest, sale: Transaction, picks: tuple[LotPick, ...], version: int) -> None:
    services.change_transaction(
        actor=actor_of(request),
        transaction_id=sale.pk,
        portfolio_id=sale.portfolio_id,
        changes={"lots": picks},
        version=version,
    )
