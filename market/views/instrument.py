"""The page of one instrument: its chart, figures, actions and prices."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.models import LIVE_WORLD
from core.money import plain
from core.pages import is_htmx
from market.domain.bars import BarRow
from market.domain.charts import Step, is_complete
from market.models import Instrument
from market.selectors import actions, charts, listing, prices
from market.selectors.charts import Chart
from market.selectors.instruments import get
from market.selectors.price_doubts import converted_text, doubts
from market.views.common import BAR_FIELDS, bar_cells, is_own, page_url
from market.views.words import described

BARS_A_PAGE = 20
RAW = "raw"
UNDO = "market.undo"


@require_safe
@login_required
def instrument(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show one instrument."""
    row = get(request.user, uuid)
    figures = charts.figures(LIVE_WORLD, row)
    happened = list(actions.for_instrument(row))
    context = {
        **frame(request, row),
        **bars_context(request, row),
        "quote": listing.quote(LIVE_WORLD, row),
        "figures": figures,
        "price_modes": _modes(figures),
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


def _modes(figures: charts.Figures | None) -> list[dict[str, str]]:
    """Offer prices as traded beside adjusted ones, where a split makes them differ."""
    if figures is None or not figures.splits:
        return []
    return [{"value": "", "label": _("Adjusted for splits")}, {"value": RAW, "label": _("As traded")}]


@require_safe
@login_required
def instrument_chart(request: HttpRequest, uuid: UUID) -> JsonResponse:
    """Answer bars for static/js/chart.js: ``range``, and ``mode=raw`` for prices as they were traded.

    Prices are decimal texts per unit, in the instrument's currency.
    """
    row = get(request.user, uuid)
    found = charts.chart(LIVE_WORLD, row, request.GET.get("range", ""), raw=request.GET.get("mode") == RAW)
    shape: dict[str, Any]
    if found is None:
        empty = {"name": row.symbol, "kind": "line", "points": []}
        shape = {"as_of": None, "ranges": [], "series": [empty], "note": ""}
    else:
        shape = {
            "as_of": found.span.last,
            "ranges": found.usable,
            "range": found.name,
            "series": [_series(row, found)],
            "note": _note(found),
        }
    return JsonResponse({"currency": row.currency, "markers": [], **shape})


def _series(row: Instrument, found: Chart) -> dict[str, Any]:
    if found.complete:
        points = [[one.day.isoformat(), *_candle(one)] for one in found.rows]
        return {"name": row.symbol, "kind": "candles", "points": points}
    points = [[one.day.isoformat(), plain(one.close)] for one in found.rows]
    return {"name": row.symbol, "kind": "line", "unit": "price", "points": points}


def _candle(bar: BarRow) -> list[str]:
    values: list[Decimal | None] = [getattr(bar, name) for name in BAR_FIELDS]
    return ["" if value is None else plain(value) for value in values]


def _note(found: Chart) -> str:
    said = []
    if found.step is not Step.DAY:
        each = {Step.WEEK: _("Each point is a week."), Step.MONTH: _("Each point is a month.")}
        said.append(each[found.step])
    if found.splits and found.adjusted:
        said.append(_("Prices before a split are shown in today’s units."))
    elif found.splits:
        said.append(_("Prices as they were traded; a split shows as a step."))
    if not found.complete and any(is_complete([row]) for row in found.rows):
        said.append(_("Some days have closing prices only, so the line joins closes."))
    if found.span.ended:
        day = date_format(found.span.last, "DATE_FORMAT")
        said.append(
            _("The last known price is of %(day)s. The periods count back from that day.") % {"day": day}
        )
    return " ".join(said)


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
