"""What anybody sees who has a public link: the portfolio, read-only and without sign-in.

The pages hold what `portfolios.domain.portrait` has a place for, and nothing of who looks: no token of
a form, no name, no cookie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import context, throttling
from core.errors import NotFound, RateLimited
from core.money import plain
from core.templatetags.pieces import MAX_SLICES
from portfolios.domain.portrait import Held, HeldWorth, Measured, Portrait, Spread, Worth
from portfolios.payloads.portrait import BUDGET, HEADERS
from portfolios.selectors import portraits
from portfolios.selectors.links import opened_by
from portfolios.services.sharing import note_view
from portfolios.views.common import is_fragment
from portfolios.views.dashboard import grouping_names
from portfolios.views.words import range_text, reason_text

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Line:
    """A figure as the page shows it."""

    label: str
    value: Decimal | None
    kind: str
    reason: str


def for_anybody(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Count the request for its network, and give every answer, a refusal too, the same headers."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            throttling.spend(request, BUDGET, throttling.network_of(context.current().address))
            response = view(request, *args, **kwargs)
        except (NotFound, RateLimited) as error:
            response = _refused(request, error)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return answer


def _refused(request: HttpRequest, error: NotFound | RateLimited) -> HttpResponse:
    shown = {"error": error, **_no_token(request)}
    response = render(request, "portfolios/public/refused.html", shown, status=error.status)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@for_anybody
@require_safe
def portfolio(request: HttpRequest, token: str) -> HttpResponse:
    """Show the portfolio behind a link; of a period that was changed, its pieces."""
    sitting = portraits.sit(opened_by(token), request.GET.get("range", ""))
    piece = is_fragment(request, "period")
    if request.method == "GET" and not piece and not hasattr(request, "looking"):
        note_view(link_id=sitting.link.pk)  # a look by support may write nothing
    found, worth = portraits.portrait_of(sitting), portraits.worth_of(sitting)
    shown = {
        **_frame(request, found, worth),
        **_period(found),
        **_allocation(request, found, worth, token),
        "holdings": _holdings(found, worth),
        "drawn": _modes() if worth else [],
        "url_period": reverse("public-portfolio", args=[token]),
        "url_chart": reverse("public-chart", args=[token]),
    }
    return render(
        request, "portfolios/public/_pieces.html" if piece else "portfolios/public/page.html", shown
    )


@for_anybody
@require_safe
def allocation(request: HttpRequest, token: str) -> HttpResponse:
    """Show how the value is spread, grouped as asked: a piece of the page."""
    sitting = portraits.sit(opened_by(token))
    found, worth = portraits.portrait_of(sitting), portraits.worth_of(sitting)
    shown = {**_frame(request, found, worth), **_allocation(request, found, worth, token)}
    return render(request, "portfolios/public/_allocation.html", shown)


@for_anybody
@require_safe
def chart(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the chart: the value where the link shows it, unless ``mode=index``; else the index."""
    sitting = portraits.sit(opened_by(token), request.GET.get("range", ""))
    series = (
        _series(_("Value"), portraits.worth_by_day(sitting))
        if sitting.shows_values and request.GET.get("mode") != "index"
        else _series(_("Index, 100 at the start"), portraits.line(sitting), unit="ratio")
    )
    shown = {
        "currency": sitting.ledger.base,
        "as_of": sitting.window.period.end,
        "ranges": sitting.window.usable,
        "range": sitting.window.name,
        "series": [series],
        "markers": [],
        "note": "",
    }
    return JsonResponse(shown)


def _modes() -> list[dict[str, str]]:
    return [{"value": "", "label": _("Value")}, {"value": "index", "label": _("Index")}]


def _series(name: str, points: Sequence[tuple[date, Decimal]], **more: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "area",
        "points": [[day.isoformat(), plain(value)] for day, value in points],
        **more,
    }


def _frame(request: HttpRequest, found: Portrait, worth: Worth | None) -> dict[str, Any]:
    return {"found": found, "worth": worth, "currency": found.currency, **_no_token(request)}


def _no_token(request: HttpRequest) -> dict[str, str]:
    """Leave the token of forms out: it would be another each time and come with a cookie.

    Only the bar with which support ends a look needs it.
    """
    return {} if hasattr(request, "looking") else {"csrf_token": ""}


def _period(found: Portrait) -> dict[str, Any]:
    course = found.course
    return {
        "course": course,
        "range_words": range_text(course.name),
        "returns": [
            _line(_("Time-weighted return"), course.time_weighted, "signed_percent"),
            _line(_("A year, time-weighted"), course.annualised, "signed_percent"),
            _line(_("Money-weighted return (XIRR)"), course.money_weighted, "signed_percent"),
        ],
        "risks": [
            _line(_("Deepest drawdown"), course.max_drawdown, "signed_percent"),
            _line(_("Drawdown now"), course.drawdown, "signed_percent"),
            _line(_("Volatility, a year"), course.volatility, "percent"),
            _line(_("Sharpe ratio"), course.sharpe, "ratio"),
        ],
    }


def _line(label: str, found: Measured, kind: str) -> Line:
    return Line(label, found.value, kind, reason_text(found.reason))


def _allocation(request: HttpRequest, found: Portrait, worth: Worth | None, token: str) -> dict[str, Any]:
    asked = request.GET.get("by", "")
    at = next((place for place, one in enumerate(found.spreads) if one.by == asked), 0)
    spread, names, url = found.spreads[at], grouping_names(), reverse("public-allocation", args=[token])
    return {
        "slices": _slices(spread, None if worth is None else worth.spreads[at]),
        "groupings": [
            {
                "name": names[one.by],
                "url": f"{url}?by={one.by}",
                "page": f"?by={one.by}",
                "current": one is spread,
            }
            for one in found.spreads
        ],
    }


def _slices(spread: Spread, values: Sequence[Decimal] | None) -> list[dict[str, Any]]:
    """Keep as many as the donut has colours, those that are owed besides; the small ones become one."""
    amounts: Sequence[Decimal | None] = values or [None] * len(spread.parts)
    pairs = list(zip(spread.parts, amounts, strict=True))
    owned = [pair for pair in pairs if pair[0].share is not None]
    owed = [pair for pair in pairs if pair[0].share is None]
    shown, rest = (
        (owned, []) if len(owned) <= MAX_SLICES else (owned[: MAX_SLICES - 1], owned[MAX_SLICES - 1 :])
    )
    rows = [_slice(one.name, one.share, value) for one, value in shown]
    if rest:
        share = sum((one.share or Decimal(0) for one, _value in rest), Decimal(0))
        value = None if values is None else sum((value or Decimal(0) for _one, value in rest), Decimal(0))
        rows.append(_slice(_("%(number)s others") % {"number": len(rest)}, share, value))
    return rows + [_slice(one.name, None, value) for one, value in owed]


def _slice(label: str, share: Decimal | None, value: Decimal | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"label": label, "share": share}
    return shown if value is None else shown | {"value": value}


def _holdings(found: Portrait, worth: Worth | None) -> list[tuple[Held, HeldWorth | None]]:
    rows = found.holdings or ()
    return list(zip(rows, (worth and worth.holdings) or [None] * len(rows), strict=True))
