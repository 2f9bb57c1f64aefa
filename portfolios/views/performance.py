"""The page Performance, of a portfolio or several: how the value grew beside a benchmark, and why."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portfolios.domain.months import Month
from portfolios.selectors import benchmarks, reports, risk
from portfolios.selectors.benchmarks import Benchmark
from portfolios.selectors.portfolios import get
from portfolios.selectors.risk import RiskView
from portfolios.views.asking import Asking, ask, asking_context
from portfolios.views.common import frame, is_fragment
from portfolios.views.figures import period_context, ratio
from portfolios.views.groups import group_frame, named_group
from portfolios.views.words import reason_text

# From which size on a month is drawn stronger: 1 %, 3 %, 6 %.
SHADES = (0.01, 0.03, 0.06)


@require_safe
@login_required
def performance(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show the chart, the period's figures, the months, and the same money in the benchmark."""
    owned = get(request.user, portfolio_id)
    asking = ask(request, [owned])
    return _page(request, asking, frame(owned, "portfolio-performance"))


@require_safe
@login_required
def group_performance(request: HttpRequest) -> HttpResponse:
    """Show the same of several portfolios together, without what moved between them."""
    asking = ask(request, named_group(request), of_one=False)
    return _page(request, asking, group_frame(request, asking, "group-performance"))


def _page(request: HttpRequest, asking: Asking, framed: dict[str, Any]) -> HttpResponse:
    found = asking.found
    benchmark = benchmarks.in_common(asking.portfolios)
    context = {
        **framed,
        **asking_context(asking),
        "benchmark": benchmark,
        **period_context(found, asking.window, asking.explain),
        "url_figures": asking.address("performance"),
        "url_chart": asking.address("chart", beside="benchmark"),
        "same_flows": same_flows_context(asking, benchmark) if benchmark else None,
        "choices": _modes(),
        "month_names": [name for _month, name in _named_months()],
        "grid": month_grid(_whole(asking)),
    }
    piece = is_fragment(request, "period")
    template = "portfolios/_performance_pieces.html" if piece else "portfolios/performance.html"
    return render(request, template, context, status=asking.status)


def _modes() -> list[dict[str, str]]:
    return [{"value": "", "label": _("Return")}, {"value": "value", "label": _("Value")}]


def _whole(asking: Asking) -> RiskView:
    """Measure all the time there is, month by month."""
    found = asking.found
    period = reports.inception(found, asking.last_day)
    return risk.of(found.parts[0], reports.performance(found, period), risk.Terms(), None)


def same_flows_context(asking: Asking, benchmark: Benchmark) -> dict[str, Any]:
    """Tell what the same money in the benchmark would be worth at the end of a period."""
    found = reports.performance(asking.found, asking.window.period)
    compared = benchmarks.compare(asking.found.parts[0], found, benchmark)
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
