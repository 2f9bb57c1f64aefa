"""The lots of one sale: what it may take, and the choice."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import NotFound
from core.pages import actor_of, attempted
from portfolios.forms.lots import LotsForm
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.portfolios import get_transaction, get_writable
from portfolios.selectors.relief import lots_before
from portfolios.services import transactions as services
from portfolios.services.inputs import LotPick
from portfolios.services.relief import chosen_for
from portfolios.views.common import frame
from portfolios.views.sale_lots import is_pooled

BAD = 400


class VersionedLotsForm(LotsForm):
    """The lots of a sale that is there already."""

    version = forms.IntegerField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def transaction_lots(request: HttpRequest, portfolio_id: UUID, transaction_id: UUID) -> HttpResponse:
    """Show which lots a sale takes, and choose others, or leave it to the portfolio's method again."""
    portfolio = get_writable(request.user, portfolio_id)
    sale = get_transaction(request.user, portfolio_id, transaction_id)
    if sale.kind != Transaction.Kind.SELL:
        raise NotFound
    lots = lots_before(portfolio, sale)
    form = VersionedLotsForm(request.POST or None, lots=lots, initial={"version": sale.version})
    if request.method == "POST" and form.is_valid():
        picks = () if "by-method" in request.POST else form.picks()
        if attempted(form, lambda: _choose(request, sale, picks, form.cleaned_data["version"])):
            text = _("The sale takes the lots that you chose.") if picks else _("The order decides again.")
            messages.success(request, text)
            return redirect("transaction-lots", portfolio_id, transaction_id)
    context = frame(
        portfolio,
        "transaction-list",
        sale=sale,
        form=form,
        lot_rows=form.rows(),
        chosen=bool(chosen_for(sale)),
        pooled=is_pooled(portfolio),
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
