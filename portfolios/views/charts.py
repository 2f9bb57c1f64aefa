"""Charts as JSON, for static/js/chart.js."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import NotFound
from core.templatetags.figures import decimal_text, price_text
from market.models import Instrument
from market.selectors import instruments
from portfolios import payloads
from portfolios.domain.arrays import Floats, Ints
from portfolios.domain.entries import Entry
from portfolios.selectors import benchmarks, charts, figures, overview, periods, valuation
from portfolios.selectors.ledger import Ledger, load
from portfolios.selectors.portfolios import get

NAMED_TRADES = 3
PERCENT = 100.0


@require_safe
@login_required
def portfolio_chart(request: HttpRequest, portfolio_id: UUID) -> JsonResponse:
    """Answer a portfolio's value, or with ``mode=return`` or ``compare`` its time-weighted return."""
    ledger = load(get(request.user, portfolio_id))
    window = periods.window(ledger, request.GET.get("range", ""))
    found = figures.performance(ledger, window.period)
    rival = _rival(request)
    series = (
        _returns(ledger, found, rival)
        if rival or request.GET.get("mode") == "return"
        else [_line(_("Value"), "area", found.series.days, found.series.value)]
    )
    return JsonResponse(
        {
            "currency": ledger.base,
            "as_of": window.period.end,
            "ranges": window.usable,
            "range": window.name,
            "series": series if ledger.entries else [_line(_("Value"), "area", *_NOTHING)],
            "markers": [_marker(one) for one in charts.trades(ledger, found.period)],
            "note": _ended(window),
        }
    )


_NOTHING = (np.array([], dtype=np.int64), np.array([], dtype=np.float64))


def _rival(request: HttpRequest) -> Instrument | None:
    try:
        return instruments.get(request.user, UUID(request.GET.get("compare", "")))
    except (ValueError, NotFound):
        return None


def _returns(ledger: Ledger, found: figures.Performance, rival: Instrument | None) -> list[dict[str, Any]]:
    days = found.series.days
    ours = found.cumulative[: found.defined] * PERCENT
    lines = [_line(_("Time-weighted return"), "area", days[: found.defined], ours, unit="percent")]
    if rival:
        index = benchmarks.index(ledger, benchmarks.of_instrument(rival), days)
        values = benchmarks.line(index, found) * PERCENT
        lines.append(_line(rival.symbol, "line", days, values, unit="percent"))
    return lines


def _line(name: str, kind: str, days: Ints, values: Floats, **more: str) -> dict[str, Any]:
    known = ~np.isnan(values)
    return {"name": name, "kind": kind, "points": payloads.chart_points(days[known], values[known]), **more}


def _marker(one: charts.Trades) -> dict[str, str]:
    texts = [_trade(symbol, entry) for symbol, entry in one.entries[:NAMED_TRADES]]
    more = len(one.entries) - len(texts)
    if more:
        texts.append(_("and %(number)s more") % {"number": more})
    return {"date": one.day.isoformat(), "side": one.side, "text": ", ".join(texts)}


def _trade(symbol: str, entry: Entry) -> str:
    exponent = entry.quantity.normalize().as_tuple().exponent
    places = min(8, -exponent) if isinstance(exponent, int) and exponent < 0 else 0
    return _("%(quantity)s %(symbol)s at %(price)s %(currency)s") % {
        "quantity": decimal_text(entry.quantity, places),
        "symbol": symbol,
        "price": price_text(entry.price or 0),
        "currency": entry.currency,
    }


def _ended(window: periods.Window) -> str:
    if not window.ended:
        return ""
    day = date_format(window.period.end, "DATE_FORMAT")
    return _("The last known price is of %(day)s. The periods count back from that day.") % {"day": day}


@require_safe
@login_required
def dashboard_chart(request: HttpRequest) -> JsonResponse:
    """Answer what all of the user's real portfolios together were worth, in their base currency."""
    found = valuation.net_worth(request.user)
    window = periods.named(request.GET.get("range", ""), overview.since(found))
    days, values = overview.net_worth_series(request.user, found, window.period)
    empty = all(not part.ledger.entries for part in found.parts)
    return JsonResponse(
        {
            "currency": found.currency,
            "as_of": found.day,
            "ranges": window.usable,
            "range": window.name,
            "series": [_line(_("Net worth"), "area", *(_NOTHING if empty else (days, values)))],
            "markers": [],
            "note": "",
        }
    )
