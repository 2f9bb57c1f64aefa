"""The dashboard: everything a user has."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.models import LIVE_WORLD, World
from market.models import Instrument
from market.selectors.status import closed_until
from portfolios.domain.allocation import Slice
from portfolios.selectors import findings, overview, valuation
from portfolios.selectors.findings import Finding
from portfolios.selectors.samples import fictional_listings
from portfolios.selectors.tags import labels
from portfolios.selectors.valuation import NetWorth, NetWorthPart
from portfolios.services.samples import PLAN_YEARS
from portfolios.views.common import shared_context
from portfolios.views.words import finding_text

SHOWN_POSITIONS = 8
SHOWN_PROBLEMS = 6


@require_safe
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show net worth, today's change, the chart, what is held and what needs mending."""
    found = valuation.net_worth(request.user)
    holdings = overview.holdings(found)
    problems = _problems(found)
    context = {
        "found": found,
        "currency": found.currency,
        "explain_total": reverse("dashboard-explain", args=["net_worth"]),
        "explain_day": reverse("dashboard-explain", args=["day"]),
        "day_return": overview.day_return(found),
        "oldest": min((part.as_of for part in found.parts if part.as_of), default=None),
        "closed_until": closed_until(World.objects.get(pk=LIVE_WORLD), [one.instrument for one in holdings]),
        "holdings": holdings[:SHOWN_POSITIONS],
        "more_holdings": max(0, len(holdings) - SHOWN_POSITIONS),
        "parts": [(part, _stale(part)) for part in found.parts],
        **shared_context(request.user),
        "problems": problems[:SHOWN_PROBLEMS],
        "more_problems": max(0, len(problems) - SHOWN_PROBLEMS),
        "sample_ready": not found.parts and bool(sample_listings(found.day)),
        "has_entries": any(part.ledger.entries for part in found.parts),
        **_spread(request, found, "instrument"),
    }
    return render(request, "portfolios/dashboard.html", context)


@require_safe
@login_required
def allocation(request: HttpRequest) -> HttpResponse:
    """Show how everything is spread, grouped as asked."""
    found = valuation.net_worth(request.user)
    by = grouping(request)
    context = _spread(request, found, by)
    return render(request, "portfolios/_allocation.html", {"currency": found.currency, **context})


@require_safe
@login_required
def position_list(request: HttpRequest) -> HttpResponse:
    """Show every position across portfolios."""
    found = valuation.net_worth(request.user)
    context = {"found": found, "currency": found.currency, "holdings": overview.holdings(found)}
    return render(request, "portfolios/positions.html", context)


def sample_listings(day: date) -> dict[str, Instrument]:
    """List what the sample would hold; nothing where this platform has no fictional instruments."""
    return fictional_listings(date(day.year - PLAN_YEARS, day.month, 1))


def _spread(request: HttpRequest, found: NetWorth, by: str) -> dict[str, Any]:
    url, several = reverse("dashboard-allocation"), len(found.parts) > 1
    slices = overview.spread(found, by, labels(request.user.pk, by))
    return spread_context(slices, by, url, several=several)


def grouping(request: HttpRequest) -> str:
    """Read what to group by; by instrument unless something that we know is asked for."""
    asked = request.GET.get("by", "")
    return asked if asked in valuation.GROUPINGS else valuation.GROUPINGS[0]


def spread_context(slices: list[Slice[str]], by: str, url: str, *, several: bool = False) -> dict[str, Any]:
    """Make the context of the allocation piece; `several`: of more than one portfolio."""
    names = grouping_names()
    return {
        "by": by,
        "slices": overview.shown(slices),
        "groupings": [
            {"name": names[one], "url": f"{url}?by={one}", "current": one == by}
            for one in valuation.GROUPINGS
            if one != valuation.ACCOUNT or several
        ],
    }


def grouping_names() -> dict[str, str]:
    """Name what things can be grouped by."""
    return {
        "instrument": _("Instrument"),
        "class": _("Class"),
        "currency": _("Currency"),
        "sector": _("Sector"),
        "country": _("Country"),
        "tag": _("Tag"),
        "account": _("Portfolio"),
    }


def _stale(part: NetWorthPart) -> bool:
    return valuation.stale(part.valued)


def _problems(found: NetWorth) -> list[dict[str, Any]]:
    """Say what needs mending, portfolio by portfolio; a currency without a rate first."""
    said = [
        {
            "portfolio": part.portfolio,
            "text": _("There is no exchange rate from %(currency)s; it is not in the sum.")
            % {"currency": part.portfolio.currency},
        }
        for part in found.parts
        if part.rate is None
    ]
    for part in found.parts:
        groups: dict[Any, list[Finding]] = {}
        for one in findings.findings(part.ledger, part.valued):
            groups.setdefault(one.kind, []).append(one)
        said += [
            {"portfolio": part.portfolio, "text": finding_text(kind, rows)} for kind, rows in groups.items()
        ]
    return said
