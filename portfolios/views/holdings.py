"""What is held, each position with its lots."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portfolios.selectors import lots, periods, positions, valuation
from portfolios.selectors.ledger import load
from portfolios.selectors.portfolios import get
from portfolios.views.common import frame


@require_safe
@login_required
def holdings(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show every lot that is held: since when, at what cost, what it is worth and what it gained."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    valued = valuation.at(ledger, periods.last_day(ledger))
    context = frame(
        owned,
        "portfolio-holdings",
        rows=lots.shown(ledger, valued),
        totals=positions.table(ledger, valued).totals,
        day=valued.day,
        pooled=owned.cost_method == owned.CostMethod.AVERAGE,
        has_entries=bool(ledger.entries),
    )
    return render(request, "portfolios/holdings.html", context)
