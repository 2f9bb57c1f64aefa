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
from django.views.decorators.http import require_safe

from core.cells import json_value
from core.errors import NotFound
from portfolios.payloads import realised as payloads
from portfolios.selectors import realised as selectors
from portfolios.selectors.ledger import Ledger, load, today
from portfolios.selectors.portfolios import get
from portfolios.selectors.realised import RealisedReport
from portfolios.views.common import frame

FILES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_safe
@login_required
def realised(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show what the sales of a tax year gained, each with the lots it took; the latest year unless asked."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    found = selectors.report(ledger, today(owned))
    chosen = next((one for one in found.years if str(one.year) == request.GET.get("year")), None)
    totals = chosen or next(iter(found.years), None)
    context = frame(
        owned,
        "portfolio-realised",
        years=_years(ledger, found, totals.year if totals else None),
        shown=selectors.shown(ledger, found, totals) if totals else None,
        label=selectors.label(found.rule, totals.year) if totals else "",
        pooled=owned.cost_method == owned.CostMethod.AVERAGE,
        has_entries=bool(ledger.entries),
    )
    return render(request, "portfolios/realised.html", context)


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
    """Save the report as CSV or JSON: a tax year, or all of them."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    year = request.GET.get("year", "")
    if kind not in FILES or (year and not year.isdecimal()):
        raise NotFound
    found = selectors.report(ledger, today(owned), int(year) if year else None)
    text = selectors.export_csv(ledger, found) if kind == "csv" else _json(ledger, found)
    name = "-".join(part for part in (slugify(owned.name) or "portfolio", "realised-gains", year) if part)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(text, content_type=FILES[kind], headers=headers)


def _json(ledger: Ledger, found: RealisedReport) -> str:
    body = payloads.report(ledger, found)
    body["items"] = [payloads.row(ledger, row) for row in found.rows]
    return json.dumps(body, ensure_ascii=False, indent=2, default=json_value)
