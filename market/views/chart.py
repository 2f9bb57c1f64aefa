"""What the chart of one instrument draws: bars, means, a comparison, and what it marks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import NotFound
from core.models import LIVE_WORLD
from core.money import plain
from core.ports import OwnTrade
from core.templatetags.figures import price_text, quantity_text
from market.domain.bars import BarRow
from market.domain.charts import Step, is_complete
from market.models import CorporateAction, Instrument
from market.selectors import charts, instruments, marks, overlays
from market.selectors.charts import Chart
from market.selectors.intraday import Intraday, intraday
from market.views.common import BAR_FIELDS
from market.views.words import described

RAW: Final = "raw"
# the means of 20, 50 and 200 days, as the chart's buttons call them
AVERAGES: Final[dict[str, Callable[[], str]]] = {
    "20": lambda: _("MA 20"),
    "50": lambda: _("MA 50"),
    "200": lambda: _("MA 200"),
}
_KIND = CorporateAction.Kind


@require_safe
@login_required
def instrument_chart(request: HttpRequest, uuid: UUID) -> JsonResponse:
    """Answer bars for static/js/chart.js.

    ``range``; ``mode=raw`` for prices as they were traded; ``overlay`` for means of 20, 50 or 200 days, as
    often as wanted; ``compare`` is another instrument, and then both are percent since the start.
    Prices are decimal texts per unit, in the instrument's currency.
    """
    row = instruments.get(request.user, uuid)
    found = charts.chart(LIVE_WORLD, row, request.GET.get("range", ""), raw=request.GET.get("mode") == RAW)
    if found is None:
        empty = {"name": row.symbol, "kind": "line", "points": []}
        nothing = {"as_of": None, "ranges": [], "series": [empty], "note": "", "markers": []}
        return JsonResponse({"currency": row.currency, **nothing})
    other = _other(request)
    minutes = None if other else _minutes(request, row, found)
    if minutes is not None:
        return JsonResponse(_of_minutes(request, row, found, minutes))
    shape: dict[str, Any] = {
        "currency": row.currency,
        "as_of": found.span.last,
        "ranges": found.usable,
        "range": found.name,
        "series": _against(row, other, found) if other else _prices(request, row, found),
        "markers": [_marker(one) for one in marks.marks(request.user, row, [bar.day for bar in found.rows])],
        "note": _note(found, other),
    }
    if other is None:
        shape["live"] = {"id": str(row.uuid), "zone": _zone(row), "step": found.step.value}
    return JsonResponse(shape)


def _minutes(request: HttpRequest, row: Instrument, found: Chart) -> Intraday | None:
    raw = request.GET.get("mode") == RAW
    return intraday(LIVE_WORLD, row, found.name, found.span.last, raw=raw)


def _of_minutes(request: HttpRequest, row: Instrument, found: Chart, told: Intraday) -> dict[str, Any]:
    """Answer bars of minutes, dated by the instant at which each begins; means are of days and left out."""
    said = [_("Each point is %(number)s minutes.") % {"number": told.minutes}] if told.minutes > 1 else []
    if request.GET.getlist("overlay"):
        said.append(_("Moving averages are of days and show from one month on."))
    points = [[at.isoformat(), *_candle(bar)] for at, bar in told.rows]
    return {
        "currency": row.currency,
        "as_of": found.span.last,
        "ranges": found.usable,
        "range": found.name,
        "series": [{"name": row.symbol, "kind": "candles", "points": points}],
        "markers": [],
        "note": " ".join(said),
        "time_zone": get_current_timezone_name(),
        "live": {"id": str(row.uuid), "zone": _zone(row), "step": told.minutes},
    }


def _other(request: HttpRequest) -> Instrument | None:
    try:
        return instruments.get(request.user, UUID(request.GET["compare"]))
    except (KeyError, ValueError, NotFound):
        return None  # what is compared with may be gone; the chart itself is not


def _zone(row: Instrument) -> str:
    return row.exchange.time_zone if row.exchange else "UTC"


def _prices(request: HttpRequest, row: Instrument, found: Chart) -> list[dict[str, Any]]:
    asked = {int(one) for one in request.GET.getlist("overlay") if one in AVERAGES}
    lines = overlays.averages(LIVE_WORLD, row, found, asked)
    means = [_line(AVERAGES[str(window)](), points, "price") for window, points in lines.items() if points]
    return [_bars(row, found), *means]


def _against(row: Instrument, other: Instrument, found: Chart) -> list[dict[str, Any]]:
    both = overlays.compared(LIVE_WORLD, other, found)
    return [_line(row.symbol, both.ours, "percent"), _line(other.symbol, both.theirs, "percent")]


def _line(name: str, points: list[tuple[date, Decimal]], unit: str) -> dict[str, Any]:
    written = [[day.isoformat(), plain(value)] for day, value in points]
    return {"name": name, "kind": "line", "unit": unit, "points": written}


def _bars(row: Instrument, found: Chart) -> dict[str, Any]:
    if found.complete:
        points = [[one.day.isoformat(), *_candle(one)] for one in found.rows]
        return {"name": row.symbol, "kind": "candles", "points": points}
    return _line(row.symbol, [(one.day, one.close) for one in found.rows], "price")


def _candle(bar: BarRow) -> list[str]:
    values: list[Decimal | None] = [getattr(bar, name) for name in BAR_FIELDS]
    return ["" if value is None else plain(value) for value in values]


def _marker(mark: marks.Mark) -> dict[str, str]:
    what = mark.what
    if isinstance(what, OwnTrade):
        text = _("%(day)s: %(quantity)s at %(price)s %(currency)s, %(where)s") % {
            "day": date_format(what.day, "DATE_FORMAT"),
            "quantity": quantity_text(what.quantity),
            "price": price_text(what.price),
            "currency": what.currency,
            "where": what.where,
        }
        return {"date": mark.bar.isoformat(), "side": what.side, "text": text}
    side = "dividend" if what.kind == _KIND.DIVIDEND else "split"
    day = date_format(what.ex_date, "DATE_FORMAT")
    return {"date": mark.bar.isoformat(), "side": side, "text": f"{day}: {described(what)}"}


def _note(found: Chart, other: Instrument | None) -> str:
    said = []
    if found.step is not Step.DAY:
        each = {Step.WEEK: _("Each point is a week."), Step.MONTH: _("Each point is a month.")}
        said.append(each[found.step])
    if found.splits and found.adjusted:
        said.append(_("Prices before a split are shown in today’s units."))
    elif found.splits:
        said.append(_("Prices as they were traded; a split shows as a step."))
    if other is not None:
        said.append(_("Changes of the prices alone, each in its own currency."))
    elif not found.complete and any(is_complete([row]) for row in found.rows):
        said.append(_("Some days have closing prices only, so the line joins closes."))
    if found.span.ended:
        day = date_format(found.span.last, "DATE_FORMAT")
        said.append(
            _("The last known price is of %(day)s. The periods count back from that day.") % {"day": day}
        )
    return " ".join(said)
