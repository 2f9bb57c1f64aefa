"""What the figures of a portfolio's page look like: labels, periods, reasons, links to what explains them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.money import minor_units
from portfolios.domain.reasons import Figure
from portfolios.domain.statement import Lines
from portfolios.selectors import figures
from portfolios.selectors.figures import ONE_DAY, Performance, Period
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.periods import Window, is_yearly, money_weighted
from portfolios.selectors.reports import Report, performance, statement
from portfolios.views.words import range_text, reason_text

# Tells the address of what explains a figure.
Explain = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A return as a page shows it: `value` is a fraction, or None with its `reason` in words."""

    label: str
    value: Decimal | None
    reason: str
    explain: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the bridge from the opening to the closing value; amounts in the portfolio's currency."""

    label: str
    amount: Decimal
    kind: str
    explain: str


def explain_url(ledger: Ledger, figure: str, window: Window | None = None, **more: str) -> str:
    """Tell the address of what explains a figure."""
    url = reverse("portfolio-explain", args=[ledger.portfolio.pk, figure])
    query = ({"range": window.name} if window else {}) | more
    return f"{url}?{urlencode(query)}" if query else url


def ratio(value: float | None) -> Decimal | None:
    """Turn a computed fraction into what templates take."""
    return None if value is None else Decimal(format(value, ".15g"))


def period_context(found: Report, window: Window, explain: Explain) -> dict[str, Any]:
    """Make the context of everything that depends on the chosen period; `explain` tells addresses."""
    earned = performance(found, window.period)
    stated = statement(found, earned.period)
    lines = stated.lines.rounded(minor_units(found.base))
    return {
        "window": window,
        "range_words": range_text(window.name),
        "start": earned.period.start,
        "end": earned.period.end,
        "ratios": return_figures(earned, explain),
        "steps": _steps(lines, earned.period, explain),
        "gain": lines.gain(),
        "explain_gain": explain("gain"),
        "left_out": len(stated.left_out),
    }


def money_weighted_label(found: Performance) -> str:
    """Say whether the money-weighted return is a year's or the period's."""
    return _("A year, money-weighted (XIRR)") if is_yearly(found) else _("Money-weighted return (XIRR)")


def return_figures(found: Performance, explain: Explain) -> list[Ratio]:
    """List the returns of a period, each with what explains it."""

    def one(label: str, figure: Figure[float], name: str) -> Ratio:
        return Ratio(label, ratio(figure.value), reason_text(figure.reason), explain(name))

    return [
        one(_("Time-weighted return"), found.time_weighted, "time_weighted"),
        one(_("A year, time-weighted"), found.annualised, "annualised"),
        one(money_weighted_label(found), money_weighted(found), "money_weighted"),
        one(_("Gain on what was put in"), found.simple, "simple"),
    ]


def _steps(lines: Lines, period: Period, explain: Explain) -> list[Step]:
    def one(name: str, label: str, amount: Decimal, kind: str = "result") -> Step:
        return Step(label, amount, kind, explain(name))

    between = [
        one("flows", _("Paid in or out"), lines.net_flows, "flow"),
        one("unrealised", _("Prices of what is held"), lines.unrealised),
        one("realised", _("Prices of what was sold"), lines.realised),
        one("income", _("Dividends and interest"), lines.income),
        one("fees", _("Fees"), lines.fees.copy_negate()),
        one("taxes", _("Taxes"), lines.taxes.copy_negate()),
        one("currency", _("Exchange rates"), lines.currency_effect),
    ]
    return [
        one("opening", _("Value on %(day)s") % {"day": _day(period.start)}, lines.opening, "level"),
        *(step for step in between if step.amount),
        one("total", _("Value on %(day)s") % {"day": _day(period.end)}, lines.closing, "level"),
    ]


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def day_context(ledger: Ledger, day: date) -> dict[str, Any]:
    """Make the context of the day's change: amount in the portfolio's currency, and the day's return."""
    period = Period(day - ONE_DAY, day)
    return {
        "day": day,
        "explain_day": explain_url(ledger, "gain", range="1D"),
        "day_gain": figures.state(ledger, period).lines.gain(),
        "day_return": ratio(figures.performance(ledger, period).time_weighted.value)
        if ledger.entries
        else None,
    }
