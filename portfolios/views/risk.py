"""The page Risk, of a portfolio or several: how much it moved, how deep it fell, and beside what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portfolios.domain.reasons import Figure
from portfolios.selectors import benchmarks, reports, risk
from portfolios.selectors.portfolios import get
from portfolios.selectors.risk import RiskView
from portfolios.selectors.risk_explain import RULES
from portfolios.views import risk_words
from portfolios.views.asking import Asking, ask, asking_context
from portfolios.views.common import frame, is_fragment
from portfolios.views.figures import ratio
from portfolios.views.groups import group_frame, named_group
from portfolios.views.risk_words import Word
from portfolios.views.words import range_text, reason_text

WORST = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: the portfolio's, and the benchmark's where it has one of its own.

    `explain` is the address of what it is made of; empty where there is none.
    """

    word: Word
    value: Decimal | None
    reason: str
    explain: str
    theirs: Decimal | None
    their_reason: str


@require_safe
@login_required
def risk_page(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show drawdowns, rolling figures and every risk figure of a period."""
    owned = get(request.user, portfolio_id)
    return _page(request, ask(request, [owned], rates=True), frame(owned, "portfolio-risk"))


@require_safe
@login_required
def group_risk(request: HttpRequest) -> HttpResponse:
    """Show the same of several portfolios together."""
    asking = ask(request, named_group(request), of_one=False, rates=True)
    return _page(request, asking, group_frame(request, asking, "group-risk"))


def _page(request: HttpRequest, asking: Asking, framed: dict[str, Any]) -> HttpResponse:
    found = reports.performance(asking.found, asking.window.period)
    view = risk.of(asking.found.parts[0], found, asking.terms, benchmarks.in_common(asking.portfolios))
    context = {
        **framed,
        **asking_context(asking),
        "window": asking.window,
        "range_words": range_text(asking.window.name),
        "start": found.period.start,
        "end": found.period.end,
        "url_figures": asking.address("risk"),
        "url_chart": asking.address("risk-chart"),
        "observations": len(view.observed.returns),
        "free": ratio(asking.terms.risk_free),
        "target": ratio(asking.terms.target),
        "benchmark": view.rival.benchmark if view.rival else None,
        "late": _late(view),
        "tables": _tables(asking, view),
        "falls": [(one, ratio(-one.depth)) for one in view.falls[:WORST]],
        "rolling": risk.WINDOW,
        "choices": [
            {"value": "", "label": _("Drawdown")},
            {"value": "volatility", "label": _("Volatility")},
            {"value": "sharpe", "label": _("Sharpe")},
            {"value": "beta", "label": _("Beta")},
        ],
    }
    piece = is_fragment(request, "period")
    template = "portfolios/_risk_pieces.html" if piece else "portfolios/risk.html"
    return render(request, template, context, status=asking.status)


def _late(view: RiskView) -> date | None:
    """Tell from which day the benchmark is known, where that is not the first."""
    known = view.rival.known_from if view.rival else None
    return known if known and known > view.found.period.start else None


def _tables(asking: Asking, view: RiskView) -> list[dict[str, Any]]:
    """Lay the figures out in groups; beside the benchmark there is no second column."""
    theirs = view.rival.alone if view.rival else {}
    groups = [
        ("moving", _("How much it moved"), risk_words.MOVING, theirs),
        ("falling", _("How deep it fell"), risk_words.FALLING, theirs),
        ("rewarding", _("What the risk was rewarded with"), risk_words.REWARDING, theirs),
        ("beside", _("Beside the benchmark"), risk_words.BESIDE, {}),
    ]
    return [
        {"key": key, "title": title, "both": bool(others), "rows": _rows(asking, view, words, others)}
        for key, title, words, others in groups
    ]


def _rows(
    asking: Asking, view: RiskView, words: Mapping[str, Word], theirs: Mapping[str, Figure[float]]
) -> list[Row]:
    return [
        Row(
            word,
            ratio(view.figures[name].value),
            reason_text(view.figures[name].reason),
            asking.explain(name) if name in RULES and view.figures[name].value is not None else "",
            ratio(theirs[name].value) if name in theirs else None,
            reason_text(theirs[name].reason) if name in theirs else "",
        )
        for name, word in words.items()
    ]
