"""What a figure is made of: the drawer beside it, or a page of its own."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import ranges
from core.errors import NotFound
from portfolios.selectors import periods, valuation
from portfolios.selectors.ledger import load
from portfolios.selectors.portfolios import get
from portfolios.views.common import frame, is_fragment
from portfolios.views.explanations import FIGURES, Question
from portfolios.views.explanations.everything import EVERYTHING
from portfolios.views.explanations.shape import shortened


@require_safe
@login_required
def explain(request: HttpRequest, portfolio_id: UUID, figure: str) -> HttpResponse:
    """Show the lots, flows, prices and rates that make a figure, and how they add up to it."""
    portfolio = get(request.user, portfolio_id)
    if figure not in FIGURES:
        raise NotFound
    ledger = load(portfolio)
    asked = request.GET.get("range", "")
    question = Question(ledger, periods.window(ledger, asked or ranges.ALL), of_period=bool(asked))
    context = frame(
        portfolio,
        "portfolio",
        answer=shortened(FIGURES[figure](question)),
        base="components/drawer.html" if is_fragment(request, "drawer") else "portfolios/_drawer_page.html",
    )
    return render(request, "portfolios/explain.html", context)


@require_safe
@login_required
def explain_everything(request: HttpRequest, figure: str) -> HttpResponse:
    """Show which portfolios make a figure of the dashboard, and at which rates."""
    if figure not in EVERYTHING:
        raise NotFound
    context = {
        "answer": EVERYTHING[figure](valuation.net_worth(request.user)),
        "base": "components/drawer.html"
        if is_fragment(request, "drawer")
        else "portfolios/_drawer_page.html",
    }
    return render(request, "portfolios/explain.html", context)
