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
from market.selectors import instruments
from portfolios import payloads
from portfolios.domain.arrays import Floats, Ints
from portfolios.domain.entries import Entry
from portfolios.selectors import benchmarks, charts, figures, overview, periods, reports, risk, valuation
from portfolios.selectors.benchmarks import Benchmark
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.portfolios import get
from portfolios.views.asking import Asking, ask
from portfolios.views.groups import named_group

NAMED_TRADES = 3
ROLLING = ("volatility", "sharpe", "beta")
PERCENT = 100.0


@require_safe
@login_required
def portfolio_chart(request: HttpRequest, portfolio_id: UUID) -> JsonResponse:
    """Answer a portfolio's value, or with ``mode=return`` or ``compare`` its time-weighted return.

    With ``beside=benchmark`` the portfolio's own benchmark is drawn too; the return is then the default.
    """
    return _growth(request, ask(request, [get(request.user, portfolio_id)]))


@require_safe
@login_required
def group_chart(request: HttpRequest) -> JsonResponse:
    """Answer the same of several portfolios together."""
    return _growth(request, ask(request, named_group(request), of_one=False))


def _growth(request: HttpRequest, asking: Asking) -> JsonResponse:
    report = asking.found
    found = reports.performance(report, asking.window.period)
    beside = request.GET.get("beside") == "benchmark"
    rival = benchmarks.in_common(asking.portfolios) if beside else _rival(request)
    mode = request.GET.get("mode", "") or ("return" if beside else "")
    lines = (
        _returns(report.parts[0], found, rival)
        if mode == "return" or (rival and not beside)
        else _values(report.parts[0], found, rival)
    )
    marks = [_marker(one) for one in charts.trades(report.parts, found.period)]
    return _drawn(asking, lines, _("Value"), marks)


def _drawn(
    asking: Asking, lines: list[dict[str, Any]], empty: str, marks: list[dict[str, str]] | None = None
) -> JsonResponse:
    window = asking.window
    entered = any(one.entries for one in asking.found.parts)
    return JsonResponse(
        {
            "currency": asking.found.base,
            "as_of": window.period.end,
            "ranges": window.usable,
            "range": window.name,
            "series": lines if entered else [_line(empty, "area", *_NOTHING)],
            "markers": marks or [],
            "note": _ended(window),
        }
    )


_NOTHING = (np.array([], dtype=np.int64), np.array([], dtype=np.float64))


def _rival(request: HttpRequest) -> Benchmark | None:
    try:
        chosen = instruments.get(request.user, UUID(request.GET.get("compare", "")))
    except (ValueError, NotFound):
        return None
    return benchmarks.of_instrument(chosen)


def _values(ledger: Ledger, found: figures.Performance, rival: Benchmark | None) -> list[dict[str, Any]]:
    """Draw the value, and what the same money in the benchmark would have been worth."""
    days = found.series.days
    lines = [_line(_("Value"), "area", days, found.series.value)]
    if rival:
        index = benchmarks.index(ledger, rival, days)
        theirs = benchmarks.with_same_flows(index, found).value
        lines.append(_line(_("Same money in %(name)s") % {"name": rival.name}, "line", days, theirs))
    return lines


def _returns(ledger: Ledger, found: figures.Performance, rival: Benchmark | None) -> list[dict[str, Any]]:
    days = found.series.days
    ours = found.cumulative[: found.defined] * PERCENT
    lines = [_line(_("Time-weighted return"), "area", days[: found.defined], ours, unit="percent")]
    if rival:
        index = benchmarks.index(ledger, rival, days)
        values = benchmarks.line(index, found) * PERCENT
        lines.append(_line(rival.name, "line", days, values, unit="percent"))
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
def risk_chart(request: HttpRequest, portfolio_id: UUID) -> JsonResponse:
    """Answer drawdowns, or with ``mode`` a rolling figure, of a portfolio and its benchmark."""
    return _risks(request, ask(request, [get(request.user, portfolio_id)], rates=True))


@require_safe
@login_required
def group_risk_chart(request: HttpRequest) -> JsonResponse:
    """Answer the same of several portfolios together."""
    return _risks(request, ask(request, named_group(request), of_one=False, rates=True))


def _risks(request: HttpRequest, asking: Asking) -> JsonResponse:
    rival = benchmarks.in_common(asking.portfolios)
    mode = request.GET.get("mode", "")
    lines = [_rolling(asking, rival, mode)] if mode in ROLLING else _drawdowns(asking, rival)
    return _drawn(asking, lines, _("Drawdown"))


def _drawdowns(asking: Asking, rival: Benchmark | None) -> list[dict[str, Any]]:
    found = reports.performance(asking.found, asking.window.period)
    days = found.series.days
    ours = risk.drawdown_line(1.0 + found.cumulative[: found.defined])
    lines = [_line(_("Drawdown"), "area", days[: found.defined], ours * PERCENT, unit="percent")]
    if rival:
        theirs = risk.drawdown_line(benchmarks.index(asking.found.parts[0], rival, days))
        lines.append(_line(rival.name, "line", days, theirs * PERCENT, unit="percent"))
    return lines


def _rolling(asking: Asking, rival: Benchmark | None, mode: str) -> dict[str, Any]:
    names = {
        "volatility": _("Volatility, a year"),
        "sharpe": _("Sharpe ratio"),
        "beta": _("Beta"),
    }
    days, found = risk.moving_within(asking.found, asking.window.period, asking.terms, rival, risk.WINDOW)
    values = getattr(found, mode, None)
    if values is None:
        return _line(names[mode], "line", *_NOTHING)
    if mode == "volatility":
        return _line(names[mode], "line", days, values * PERCENT, unit="percent")
    return _line(names[mode], "line", days, values, unit="ratio")


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
