"""The list of portfolios, and making, changing and deleting one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock, ranges
from core.errors import NotFound
from core.models import Role
from core.pages import actor_of, attempted
from portfolios.forms import PortfolioForm
from portfolios.models import Portfolio
from portfolios.selectors import cost_methods, periods, valuation
from portfolios.selectors.figures import performance
from portfolios.selectors.ledger import load, today
from portfolios.selectors.portfolios import get_writable
from portfolios.selectors.sharing import get_owned
from portfolios.selectors.valuation import NetWorthPart
from portfolios.services import portfolios as services
from portfolios.services import samples
from portfolios.views.common import frame, shared_context
from portfolios.views.dashboard import sample_listings
from portfolios.views.figures import ratio
from portfolios.views.words import range_text, reason_text

BAD = 400
SPARK_POINTS = 60
YEARS_SHOWN = 1
ZERO = Decimal(0)


@require_safe
@login_required
def portfolio_list(request: HttpRequest) -> HttpResponse:
    """List the user's portfolios with what they are worth."""
    found = valuation.net_worth(request.user)
    context = {
        "found": found,
        "currency": found.currency,
        "rows": [_row(part) for part in found.parts],
        **shared_context(request.user),
        "sample_ready": not found.parts and bool(sample_listings(found.day)),
    }
    return render(request, "portfolios/list.html", context)


def _row(part: NetWorthPart) -> dict[str, Any]:
    """Lay a portfolio out with its course over the last year, or since its start where that is later."""
    window = periods.window(part.ledger, ranges.DEFAULT)
    found = performance(part.ledger, window.period)
    days = len(found.cumulative) if part.ledger.entries else 0
    shown = np.linspace(0, days - 1, min(days, SPARK_POINTS)).astype(int)
    return {
        "part": part,
        "stale": valuation.stale(part.valued),
        "course": found.cumulative[shown].tolist(),
        "range_words": range_text(window.name),
        "time_weighted": ratio(found.time_weighted.value),
        "reason": reason_text(found.time_weighted.reason),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def portfolio_create(request: HttpRequest) -> HttpResponse:
    """Create an empty portfolio."""
    user: Any = request.user
    initial = {
        "currency": user.base_currency,
        "time_zone": user.time_zone,
        "tracks_cash": True,
        "cost_method": Portfolio.CostMethod.FIFO,
    }
    form = PortfolioForm(request.POST or None, user=user, initial=initial)
    made: list[Any] = []
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if attempted(
            form,
            lambda: made.append(
                services.create_portfolio(actor=actor_of(request), owner_id=user.pk, **values)
            ),
        ):
            return redirect("transaction-list", made[0].pk)
    return render(request, "portfolios/create.html", {"form": form}, status=BAD if form.errors else 200)


@require_POST
@login_required
def portfolio_sample(request: HttpRequest) -> HttpResponse:
    """Create the sample portfolio of fictional instruments."""
    user: Any = request.user
    day = clock.today(user.time_zone)
    listings = sample_listings(day)
    if not listings:
        raise NotFound
    made = samples.create_fictional_sample(
        actor=actor_of(request),
        owner_id=user.pk,
        listings=listings,
        currency=user.base_currency,
        time_zone=user.time_zone,
        until=day,
    )
    messages.success(request, _("This is a sample. Delete it in its settings whenever you like."))
    return redirect("portfolio", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def portfolio_settings(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show a portfolio's settings and change them."""
    portfolio = get_writable(request.user, portfolio_id)
    initial = {name: getattr(portfolio, name) for name in services.CHANGEABLE}
    form = PortfolioForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        changes = form.cleaned_data
        if attempted(
            form,
            lambda: services.change_portfolio(
                actor=actor_of(request), portfolio_id=portfolio_id, changes=changes
            ),
        ):
            messages.success(request, _("The settings are saved."))
            return redirect("portfolio-settings", portfolio_id)
    context = frame(
        portfolio,
        "portfolio-settings",
        form=form,
        may_delete=_owns(portfolio),
        methods=_methods(portfolio),
    )
    return render(request, "portfolios/settings.html", context, status=BAD if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def portfolio_delete(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Delete a portfolio after its name was typed."""
    portfolio = get_owned(request.user, portfolio_id)
    wrong = False
    if request.method == "POST":
        wrong = request.POST.get("confirm", "").strip() != portfolio.name.strip()
        if not wrong:
            services.delete_portfolio(actor=actor_of(request), portfolio_id=portfolio_id)
            messages.success(
                request, _("“%(name)s” and everything in it is deleted.") % {"name": portfolio.name}
            )
            return redirect("portfolio-list")
    context = frame(portfolio, "portfolio-settings", wrong=wrong)
    return render(request, "portfolios/delete.html", context, status=BAD if wrong else 200)


def _methods(portfolio: Portfolio) -> list[dict[str, Any]]:
    """Lay out what each way to match lots and to count fees says today; empty where nothing would differ."""
    ledger, day, fees = load(portfolio), today(portfolio), portfolio.fees_in_basis
    found = cost_methods.compare(ledger, day)
    named = [(str(Portfolio.CostMethod(one.method).label), one) for one in found]
    now = next(one for one in found if one.in_use)
    other = cost_methods.view(ledger, day, now.method, fees_in_basis=not fees)
    named.append((_("Fees beside the cost") if fees else _("Fees in the cost"), other))
    if all((one.realised, one.unrealised) == (now.realised, now.unrealised) for _name, one in named):
        return []
    years = sorted({year for _name, one in named for year in one.by_year}, reverse=True)[:YEARS_SHOWN]
    return [
        {"name": name, "view": one, "years": [(str(year), one.by_year.get(year, ZERO)) for year in years]}
        for name, one in named
    ]


def _owns(portfolio: Any) -> bool:
    return bool(portfolio.role == Role.OWNER)
