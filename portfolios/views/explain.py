"""What a figure is made of: the drawer beside it, or a page of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import ranges
from core.errors import NotFound
from portfolios.models import Portfolio
from portfolios.selectors import benchmarks, valuation
from portfolios.selectors.portfolios import get
from portfolios.views.asking import Asking, ask
from portfolios.views.common import frame, is_fragment
from portfolios.views.explanations import FIGURES, Question, answer
from portfolios.views.explanations.everything import EVERYTHING
from portfolios.views.explanations.shape import shortened
from portfolios.views.groups import named_group


@require_safe
@login_required
def explain(request: HttpRequest, portfolio_id: UUID, figure: str) -> HttpResponse:
    """Show the lots, flows, prices and rates that make a figure, and how they add up to it."""
    portfolio = get(request.user, portfolio_id)
    framed = frame(portfolio, "portfolio")
    return _page(request, figure, _ask(request, [portfolio], of_one=True), framed)


@require_safe
@login_required
def explain_group(request: HttpRequest, figure: str) -> HttpResponse:
    """Show what a figure of several portfolios together is made of."""
    asking = _ask(request, named_group(request), of_one=False)
    framed = {"back": asking.address("performance", range=asking.window.name), "back_name": _("Performance")}
    return _page(request, figure, asking, framed)


def _ask(request: HttpRequest, portfolios: list[Portfolio], *, of_one: bool) -> Asking:
    return ask(request, portfolios, of_one=of_one, rates=True, default=ranges.ALL)


def _page(request: HttpRequest, figure: str, asking: Asking, framed: dict[str, Any]) -> HttpResponse:
    if figure not in FIGURES:
        raise NotFound
    of_period = bool(request.GET.get("range")) or asking.portfolio is None
    question = Question(
        asking.found, asking.window, of_period, asking.terms, benchmarks.in_common(asking.portfolios)
    )
    context = {
        **framed,
        "answer": shortened(answer(question, figure)),
        "scope": asking.scope,
        "base": "components/drawer.html"
        if is_fragment(request, "drawer")
        else "portfolios/_drawer_page.html",
    }
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
