"""The page of the markets: the overview, and below it the list of instruments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.models import LIVE_WORLD
from core.pages import is_htmx
from market.forms import ListForm
from market.selectors import listing
from market.selectors.listing import Filter
from market.views.common import page_url, tabs
from market.views.overview import overview_context, stars

ROWS_A_PAGE = 50


@require_safe
@login_required
def market(request: HttpRequest) -> HttpResponse:
    """List the instruments that the user may see: searched, filtered, sorted, page by page."""
    form = ListForm(request.GET)
    wanted = form.wanted()
    found = listing.listed(LIVE_WORLD, request.user, wanted)
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    asked = _asked(wanted)
    context = {
        "filters": form,
        "filtered": bool(wanted.text or wanted.kind or wanted.scope),
        "wanted": wanted,
        "page": page,
        "rows": listing.rows(LIVE_WORLD, list(page)),
        "page_url": page_url(reverse("market"), asked),
        "heads": _heads(wanted),
        "sorts": _sorts(wanted),
        "starred": stars(request, list(page)),
    }
    if is_htmx(request):
        return render(request, "market/_results.html", context)
    context |= {"tabs": tabs("market"), **overview_context(request)}
    return render(request, "market/list.html", context)


def _asked(wanted: Filter) -> dict[str, str]:
    return {"q": wanted.text, "kind": wanted.kind, "scope": wanted.scope, "sort": wanted.sort}


def _labels() -> dict[str, str]:
    return {
        "symbol": _("Symbol"),
        "name": _("Name"),
        "kind": _("Kind"),
        "exchange": _("Exchange"),
        "currency": _("Currency"),
        "change": _("Day"),
    }


def _heads(wanted: Filter) -> dict[str, dict[str, str]]:
    """Tell of each column that sorts its label, its state, and where a click on it leads."""
    return {name: _head(name, label, wanted) for name, label in _labels().items()}


def _head(name: str, label: str, wanted: Filter) -> dict[str, str]:
    current = wanted.sort.lstrip("-") == name
    descending = current and wanted.sort.startswith("-")
    # The first click on a change shows the largest gain.
    first = f"-{name}" if name == "change" else name
    following = (name if descending else f"-{name}") if current else first
    query = {key: value for key, value in _asked(replace(wanted, sort=following)).items() if value}
    state = ("descending" if descending else "ascending") if current else ""
    return {"label": label, "state": state, "url": f"{reverse('market')}?{urlencode(query)}"}


def _sorts(wanted: Filter) -> list[dict[str, Any]]:
    """List the orders of the select that phones have instead of heads."""
    offered = [
        ("", _("Best match") if wanted.text else _("By symbol")),
        ("name", _("By name")),
        ("kind", _("By kind")),
        ("-change", _("Largest gains")),
        ("change", _("Largest losses")),
    ]
    known = {value for value, _label in offered}
    if wanted.sort not in known:
        offered.append((wanted.sort, _("As chosen")))
    return [{"value": value, "label": label, "current": value == wanted.sort} for value, label in offered]
