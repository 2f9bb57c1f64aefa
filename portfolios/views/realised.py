"""Realised gains by tax year, as a page and as files."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.cells import json_value
from core.errors import NotFound
from portfolios.domain.realised import YearTotals
from portfolios.payloads import realised as payloads
from portfolios.selectors import realised as selectors
from portfolios.selectors.ledger import Ledger, load, today
from portfolios.selectors.periods import SEPARATOR
from portfolios.selectors.portfolios import get
from portfolios.selectors.realised import RealisedReport
from portfolios.views.asking import Asking, ask, asking_context
from portfolios.views.common import frame
from portfolios.views.words import range_text

FILES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_safe
@login_required
def realised(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show what the sales of a tax year (the latest unless asked) or a period gained, with their lots."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    asking = ask(request, [owned], scopes=False, unless=_("By tax year"))
    found = _report(ledger, asking)
    chosen = next((one for one in found.years if str(one.year) == request.GET.get("year")), None)
    totals = found.period or chosen or next(iter(found.years), None)
    context = frame(
        owned,
        "portfolio-realised",
        **asking_context(asking),
        years=_years(ledger, found, totals.year if totals and not found.period else None),
        shown=selectors.shown(ledger, found, totals) if totals and found.years else None,
        label=_label(found, totals, asking) if totals else "",
        of_period=found.period is not None,
        files=f"range={asking.window.name}" if found.period else f"year={totals.year}" if totals else "",
        pooled=owned.cost_method == owned.CostMethod.AVERAGE,
    )
    return render(request, "portfolios/realised.html", context, status=asking.status)


def _report(ledger: Ledger, asking: Asking) -> RealisedReport:
    day = today(ledger.portfolio)
    if asking.has_period:
        return selectors.of_period(ledger, day, asking.window.period)
    return selectors.report(ledger, day)


def _label(found: RealisedReport, totals: YearTotals, asking: Asking) -> str:
    """Name the tax year, or say the period in words."""
    if found.period is None:
        return _("Tax year %(year)s") % {"year": selectors.label(found.rule, totals.year)}
    words = range_text(asking.window.name)
    return words[:1].upper() + words[1:]


def _years(ledger: Ledger, found: RealisedReport, current: int | None) -> list[dict[str, Any]]:
    url = reverse("portfolio-realised", args=[ledger.portfolio.pk])
    return [
        {
            "name": selectors.label(found.rule, one.year),
            "url": f"{url}?year={one.year}",
            "current": one.year == current,
        }
        for one in found.years
    ]


@require_safe
@login_required
def realised_file(request: HttpRequest, portfolio_id: UUID, kind: str) -> HttpResponse:
    """Save the report as CSV or JSON: a tax year, a period, or all years."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    year = request.GET.get("year", "")
    if kind not in FILES or (year and not year.isdecimal()):
        raise NotFound
    asking = ask(request, [owned], scopes=False, unless=_("By tax year"))
    if asking.has_period:
        found, year = _report(ledger, asking), asking.window.name.replace(SEPARATOR, "-")
    else:
        found = selectors.report(ledger, today(owned), int(year) if year else None)
    text = selectors.export_csv(ledger, found) if kind == "csv" else _json(ledger, found)
    name = "-".join(part for part in (slugify(owned.name) or "portfolio", "realised-gains", year) if part)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(text, content_type=FILES[kind], headers=headers)


def _json(ledger: Ledger, found: RealisedReport) -> str:
    body = payloads.report(ledger, found)
    body["items"] = [payloads.row(ledger, row) for row in found.rows]
    return json.dumps(body, ensure_ascii=False, indent=2, default=json_value)
