"""The page of one instrument: its chart, figures, actions and prices."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.models import LIVE_WORLD, World
from core.pages import is_htmx
from market.models import Instrument
from market.selectors import actions, charts, listing, overlays, prices, quotes, status, watchlists
from market.selectors.instruments import get
from market.selectors.price_doubts import converted_text, doubts
from market.selectors.profiles import profile_of
from market.views.chart import AVERAGES, RAW
from market.views.common import BAR_FIELDS, bar_cells, is_own, page_url
from market.views.words import described

BARS_A_PAGE = 20
UNDO = "market.undo"


@require_safe
@login_required
def instrument(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show one instrument."""
    row, live = get(request.user, uuid), World.objects.get(pk=LIVE_WORLD)
    figures = charts.figures(LIVE_WORLD, row)
    happened = list(actions.for_instrument(row))
    context = {
        **frame(request, row),
        **bars_context(request, row),
        "quote": listing.quote(LIVE_WORLD, row),
        "figures": figures,
        "newest": quotes.newest(LIVE_WORLD, [row.id]).get(row.id),
        "hours": status.hours_of(live, row),
        "closed_until": status.closed_until(live, [row]),
        "profile": profile_of(row),
        "watched": bool(watchlists.starred(request.user, [row.id])),
        "price_modes": _modes(figures),
        "averages": _averages(),
        "comparisons": _comparisons(request, row),
        "actions": [(one, described(one)) for one in happened],
        "delisted": actions.delisting(happened),
        "names": list(row.symbol_spans.order_by("-valid_from")),
        "undo": _undo(request, row),
        "doubts": doubts(row),
    }
    return render(request, "market/instrument.html", context)


def frame(request: HttpRequest, row: Instrument, **more: Any) -> dict[str, Any]:
    """Make the context that every page of one instrument has."""
    return {
        "instrument": row,
        "currency": row.currency,
        "own": is_own(request, row),
        "here": reverse("instrument", args=[row.uuid]),
        **more,
    }


def _undo(request: HttpRequest, row: Instrument) -> dict[str, Any] | None:
    """Take out what was just deleted of this instrument, to offer its way back once."""
    kept = request.session.get(UNDO)
    if not kept or kept["instrument"] != str(row.uuid):
        return None
    del request.session[UNDO]
    return {"text": kept["text"], "url": kept["url"], "fields": kept["fields"]}


def _averages() -> list[dict[str, str]]:
    return [{"value": value, "label": label()} for value, label in AVERAGES.items()]


def _comparisons(request: HttpRequest, row: Instrument) -> list[dict[str, str]]:
    return [
        {"value": str(one.uuid), "label": f"{one.symbol} · {one.name}"}
        for one in overlays.offered(request.user, row)
    ]


def _modes(figures: charts.Figures | None) -> list[dict[str, str]]:
    """Offer prices as traded beside adjusted ones, where a split makes them differ."""
    if figures is None or not figures.splits:
        return []
    return [{"value": "", "label": _("Adjusted for splits")}, {"value": RAW, "label": _("As traded")}]


@require_safe
@login_required
def instrument_bars(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """List the bars, newest first: a page of its own, or the piece that htmx turns."""
    row = get(request.user, uuid)
    context = {**frame(request, row), **bars_context(request, row)}
    return render(request, "market/_bars.html" if is_htmx(request) else "market/bars.html", context)


def bars_context(request: HttpRequest, row: Instrument) -> dict[str, Any]:
    """Make the context of the table of bars; raw, in quote units."""
    newest = prices.bars(LIVE_WORLD, row).order_by("-date")
    page = Paginator(newest, BARS_A_PAGE).get_page(request.GET.get("page"))
    url = page_url(reverse("instrument-bars", args=[row.uuid]), {})
    return {"bars": page, "bars_url": url, "converted": converted_text(row)}


@require_safe
@login_required
def instrument_bars_csv(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Save all bars as CSV, oldest first, raw and in quote units: what ``import_prices`` reads."""
    row = get(request.user, uuid)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["date", *BAR_FIELDS])
    writer.writerows(bar_cells(bar) for bar in prices.bars(LIVE_WORLD, row).iterator())
    name = slugify(row.symbol) or "prices"
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
