"""The page of one portfolio: what it is worth, what it earned and why."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.errors import NotFound
from market.models import Instrument
from market.selectors import instruments
from market.selectors.status import closed_until
from portfolios.models import Portfolio
from portfolios.selectors import figures, periods, realised, reports, valuation
from portfolios.selectors.findings import findings
from portfolios.selectors.ledger import Ledger, load
from portfolios.selectors.periods import Window
from portfolios.selectors.portfolios import get
from portfolios.selectors.positions import PositionTable, table
from portfolios.selectors.tags import labels
from portfolios.selectors.valuation import Valuation
from portfolios.views.common import frame, is_fragment
from portfolios.views.dashboard import grouping, spread_context
from portfolios.views.figures import day_context, explain_url, period_context
from portfolios.views.own_returns import own_returns
from portfolios.views.tags import tags_context
from portfolios.views.words import finding_text


@require_safe
@login_required
def portfolio(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show the value, the chart, the period's figures and what is held."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    window = periods.window(ledger, request.GET.get("range", ""))
    valued = valuation.at(ledger, window.period.end)
    laid = table(ledger, valued)
    context = {
        **frame(owned, "portfolio"),
        "valued": valued,
        "ended": window.ended,
        "has_entries": bool(ledger.entries),
        "positions": laid,
        "quality": _worst(laid),
        "closed_until": closed_until(owned.world, [one.instrument for one in laid.held]),
        "explain_total": explain_url(ledger, "total"),
        "explain": {name: explain_url(ledger, name) for name in ("unrealised", "realised", "income", "cost")},
        "findings": _findings(ledger, valued),
        "compare": _rivals(request, owned),
        **day_context(ledger, valued.day),
        **_period(ledger, window),
        **_spread(request, ledger, valued, "instrument"),
    }
    return render(request, "portfolios/portfolio.html", context)


def _period(ledger: Ledger, window: Window) -> dict[str, Any]:
    explain = partial(explain_url, ledger, window=window)
    found = period_context(reports.of_ledger(ledger), window, explain)
    return {**found, "url_figures": reverse("portfolio-figures", args=[ledger.portfolio.pk])}


@require_safe
@login_required
def period_figures(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show returns and the statement of a period: a piece of the page, asked for when the range changes."""
    ledger = load(get(request.user, portfolio_id))
    window = periods.window(ledger, request.GET.get("range", ""))
    context = {"currency": ledger.base, **_period(ledger, window)}
    return render(request, "portfolios/_period_pieces.html", context)


@require_safe
@login_required
def allocation(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show how the value is spread, grouped as asked."""
    ledger = load(get(request.user, portfolio_id))
    valued = valuation.at(ledger, periods.last_day(ledger))
    context = {"currency": ledger.base, **_spread(request, ledger, valued, grouping(request))}
    return render(request, "portfolios/_allocation.html", context)


@require_safe
@login_required
def position(request: HttpRequest, portfolio_id: UUID, instrument: UUID) -> HttpResponse:
    """Show the lots, sales and income behind one position: a row that opens, or a page of its own."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    valued = valuation.at(ledger, periods.last_day(ledger))
    laid = table(ledger, valued)
    row = next((one for one in [*laid.held, *laid.closed] if one.instrument.uuid == instrument), None)
    if row is None:
        raise NotFound
    book = figures.book(ledger, valued.day)
    key = row.instrument.pk
    context = frame(
        owned,
        "portfolio",
        row=row,
        instrument=row.instrument,
        sales=[one for one in realised.report(ledger, valued.day).rows if one.disposal.instrument == key],
        incomes=[one for one in book.incomes if one.instrument == key],
        lots=[(lot, ledger.bought_as(key, lot.entry_id)) for lot in row.view.lots],
        **own_returns(request, ledger, row.instrument, valued.day),
        base="portfolios/_bare.html" if is_fragment(request, "row") else "portfolios/_frame.html",
        **tags_context(request.user, row.instrument),
    )
    return render(request, "portfolios/position.html", context)


def _spread(request: HttpRequest, ledger: Ledger, valued: Valuation, by: str) -> dict[str, Any]:
    url = reverse("portfolio-allocation", args=[ledger.portfolio.pk])
    slices = valuation.allocation(ledger, valued, by, labels(request.user.pk, by))
    return spread_context(slices, by, url)


def _worst(laid: PositionTable) -> str:
    """Tell how sure the total is: as sure as its least sure price."""
    order = ["live", "delayed", "close", "replay", "simulated", "manual", "stale", "missing"]
    return max((one.quality for one in laid.held), key=order.index, default="")


def _findings(ledger: Ledger, valued: Valuation) -> list[dict[str, Any]]:
    return [{"finding": one, "text": finding_text(one.kind, [one])} for one in findings(ledger, valued)]


def _rivals(request: HttpRequest, owned: Portfolio) -> list[dict[str, Any]]:
    """List what the chart can compare with: the portfolio's benchmark, and what was searched for."""
    chosen = _chosen(request)
    offered = [one for one in (chosen, owned.benchmark) if one is not None]
    named = {one.uuid: one.symbol for one in offered}
    return [
        {"value": key, "label": symbol, "chosen": chosen is not None and key == chosen.uuid}
        for key, symbol in named.items()
    ]


def _chosen(request: HttpRequest) -> Instrument | None:
    text, key = request.GET.get("compare", "").strip(), request.GET.get("compare_uuid", "")
    try:
        if key:
            return instruments.get(request.user, UUID(key))
        return instruments.by_symbol(request.user, text) if text else None
    except (ValueError, NotFound):
        return None
