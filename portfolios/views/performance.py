"""The page Performance: how the value grew beside a benchmark, and why."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portfolios.domain.months import Month
from portfolios.selectors import benchmarks, figures, periods, risk
from portfolios.selectors.benchmarks import Benchmark
from portfolios.selectors.figures import Performance
from portfolios.selectors.ledger import Ledger, load
from portfolios.selectors.portfolios import get
from portfolios.selectors.risk import RiskView
from portfolios.views.common import frame, is_fragment
from portfolios.views.figures import period_context, ratio
from portfolios.views.words import reason_text

# From which size on a month is drawn stronger: 1 %, 3 %, 6 %.
SHADES = (0.01, 0.03, 0.06)


@require_safe
@login_required
def performance(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show the chart, the period's figures, the months, and the same money in the benchmark."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    window = periods.window(ledger, request.GET.get("range", ""))
    found = figures.performance(ledger, window.period)
    benchmark = benchmarks.chosen(owned)
    context = {
        **frame(owned, "portfolio-performance"),
        "has_entries": bool(ledger.entries),
        "benchmark": benchmark,
        **period_context(ledger, window),
        "url_figures": reverse("portfolio-performance", args=[owned.pk]),
        "same_flows": same_flows_context(ledger, found, benchmark) if benchmark else None,
        "choices": _modes(),
        "month_names": [name for _month, name in _named_months()],
        "grid": month_grid(risk.of(ledger, figures.performance(ledger, _whole(ledger)), risk.Terms(), None)),
    }
    piece = is_fragment(request, "period")
    template = "portfolios/_performance_pieces.html" if piece else "portfolios/performance.html"
    return render(request, template, context)


def _modes() -> list[dict[str, str]]:
    return [{"value": "", "label": _("Return")}, {"value": "value", "label": _("Value")}]


def _whole(ledger: Ledger) -> figures.Period:
    return figures.inception(ledger, periods.last_day(ledger))


def same_flows_context(ledger: Ledger, found: Performance, benchmark: Benchmark) -> dict[str, Any]:
    """Tell what the same money in the benchmark would be worth at the end of a period."""
    compared = benchmarks.compare(ledger, found, benchmark)
    return {
        "name": benchmark.name,
        "ours": ratio(float(found.series.value[-1])),
        "theirs": ratio(compared.same_flows.value),
        "difference": ratio(compared.difference.value),
        "reason": reason_text(compared.same_flows.reason),
    }


def _named_months() -> list[tuple[int, str]]:
    return [(month, date_format(date(2000, month, 1), "M")) for month in range(1, 13)]


def month_grid(view: RiskView) -> list[dict[str, Any]]:
    """Lay the months out by year, the newest first; a month outside the portfolio's life is None."""
    names = _named_months()
    by_month = {(one.year, one.month): _cell(one) for one in view.months}
    return [
        {
            "year": year.year,
            "months": [(name, by_month.get((year.year, month))) for month, name in names],
            "total": _cell(year),
        }
        for year in reversed(view.years)
    ]


def _cell(one: Month) -> dict[str, Any]:
    return {
        "value": ratio(one.earned.value),
        "reason": reason_text(one.earned.reason),
        "partial": one.partial,
        "shade": _shade(one.earned.value),
    }


def _shade(value: float | None) -> str:
    if not value:
        return "none"
    strength = 1 + sum(abs(value) >= one for one in SHADES)
    return f"{'gain' if value > 0 else 'loss'}-{strength}"
