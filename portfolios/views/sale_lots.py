"""The lots of a sale in its own form: shown when they are asked for, taken when it is saved."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from portfolios.forms import TransactionForm
from portfolios.forms.lots import LotsForm
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.relief import lots_before, lots_for
from portfolios.services.relief import chosen_for

CHOOSE = "choose-lots"
PREFIX = "lot"


def asked(request: HttpRequest) -> bool:
    """Tell whether a form was sent to see the lots and not to save it."""
    return CHOOSE in request.POST


def lots_of(request: HttpRequest, form: TransactionForm, row: Transaction | None = None) -> LotsForm | None:
    """Answer the lots of the sale that a form describes, where somebody chooses among them; else None.

    `row` is the sale that it changes.
    """
    named = any(name.startswith(f"{PREFIX}-") for name in request.POST)
    if not (asked(request) or named) or not form.is_valid() or is_pooled(form.portfolio):
        return None
    if form.cleaned_data["kind"] != Transaction.Kind.SELL:
        if asked(request):
            form.add_error("kind", _("Lots are chosen for a sale only."))
        return None
    values: dict[str, Any] = form.values() if row is None else {"time": row.time, **form.changes()}
    if values["instrument"] is None:
        if asked(request):
            form.add_error("instrument", _("Choose an instrument."))
        return None
    lots = lots_for(form.portfolio, values["instrument"], values["time"], values["quantity"], row)
    return LotsForm(None if asked(request) else request.POST, lots=lots, prefix=PREFIX)


def lots_chosen(row: Transaction) -> LotsForm | None:
    """Answer the lots of a sale for which some were chosen; None for any other transaction."""
    if row.kind != Transaction.Kind.SELL or not chosen_for(row):
        return None
    return LotsForm(lots=lots_before(row.portfolio, row), prefix=PREFIX)


def is_taken(form: TransactionForm, lots: LotsForm | None) -> bool:
    """Tell whether what was typed for lots can be read; what cannot stands in the form's summary."""
    if lots is None or lots.is_valid():
        return True
    for name, faults in lots.errors.items():
        form.add_error(None, f"{lots.fields[name].label}: {' '.join(str(one) for one in faults)}")
    return False


def shown(portfolio: Portfolio, lots: LotsForm | None) -> dict[str, Any]:
    """Name what the templates need for the lots."""
    return {
        "lots": lots,
        "lot_rows": [] if lots is None else lots.rows(),
        "pooled": is_pooled(portfolio),
        "method": Portfolio.CostMethod(portfolio.cost_method).label,
    }


def is_pooled(portfolio: Portfolio) -> bool:
    """Tell whether a portfolio has no single lots."""
    return bool(portfolio.cost_method == Portfolio.CostMethod.AVERAGE)
