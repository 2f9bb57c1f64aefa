"""Explanations of returns: each shows the numbers that were linked, discounted or divided."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from core.templatetags.figures import plain_percent
from portfolios.domain.arrays import day_of
from portfolios.domain.reasons import Figure
from portfolios.domain.returns import DAYS_PER_YEAR, stretches
from portfolios.selectors.figures import dated_flows
from portfolios.selectors.periods import days_invested, is_yearly
from portfolios.selectors.periods import money_weighted as money_weighted_of
from portfolios.views.explanations.shape import Answer, Cell, Question, day, text
from portfolios.views.figures import money_weighted_label, ratio
from portfolios.views.words import reason_text


def _result(figure: Figure[float]) -> Cell:
    return Cell("signed_percent", ratio(figure.value), reason=reason_text(figure.reason))


def _money(value: float) -> Decimal:
    return Decimal(format(value, ".15g"))


def time_weighted(asked: Question) -> Answer:
    """List the stretches between flows, whose returns are linked."""
    found = asked.performance
    series = found.series
    rows = [
        [
            day(day_of(series.days[one.start])),
            day(day_of(series.days[one.end])),
            Cell("money", _money(one.opening)),
            Cell("money", _money(one.closing)),
            Cell("signed_percent", ratio(one.growth)),
        ]
        for one in stretches(series.value, series.inflow, series.outflow, found.cumulative)
    ]
    return Answer(
        _("Time-weighted return"),
        _(
            "The return of each stretch between two payments, linked: (1 + r) times (1 + r) and so on, "
            "minus 1. When money came or went makes no difference. Money comes at the start of its day and "
            "leaves at the end of it."
        ),
        [_("From"), _("To"), _("Began with"), _("Ended with"), _("Return")],
        rows,
        _result(found.time_weighted),
        result_label=_("Linked"),
    )


def annualised(asked: Question) -> Answer:
    """Show the exponent that turns a total return into a yearly one."""
    found = asked.performance
    rows = [
        [text(_("Time-weighted return of the period")), _result(found.time_weighted)],
        [text(_("Days")), Cell("quantity", Decimal(found.period.days))],
    ]
    return Answer(
        _("A year, time-weighted"),
        _("(1 + return) to the power of %(year)s / days, minus 1. From one year on.")
        % {"year": DAYS_PER_YEAR},
        ["", ""],
        rows,
        _result(found.annualised),
        result_label=_("A year"),
    )


def money_weighted(asked: Question) -> Answer:
    """List the flows, each discounted at the rate: together they are worth nothing."""
    found = asked.performance
    flows = dated_flows(found.series)
    rate = found.money_weighted.value
    rows = []
    for when, amount in flows:
        years = (when - flows[0][0]).days / DAYS_PER_YEAR
        present = None if rate is None else _money(amount / (1 + rate) ** years)
        rows.append([day(when), Cell("flow_money", _money(amount)), Cell("flow_money", present)])
    yearly = _("At %(rate)s a year, over %(days)s days.") % {
        "rate": plain_percent(ratio(rate)),
        "days": days_invested(found),
    }
    return Answer(
        money_weighted_label(found),
        _(
            "The yearly rate at which everything you paid in (−) and got or still have (+) is worth nothing "
            "on the first day. The first row is the value at the start, the last one that at the end."
        ),
        [_("Day"), _("Amount"), _("Worth on the first day")],
        rows,
        _result(money_weighted_of(found)),
        result_label=_("A year") if is_yearly(found) else _("In this period"),
        note="" if rate is None or is_yearly(found) else yearly,
    )


def simple(asked: Question) -> Answer:
    """Show the gain over what was put in."""
    lines = asked.statement.lines
    invested = lines.opening + lines.net_flows
    rows = [
        [text(_("Value at the start")), Cell("money", lines.opening, asked.base)],
        [text(_("Paid in or out")), Cell("flow_money", lines.net_flows, asked.base)],
        [text(_("Put in")), Cell("money", invested, asked.base)],
        [text(_("Value at the end")), Cell("money", lines.closing, asked.base)],
        [text(_("Gain")), Cell("signed_money", lines.gain(), asked.base)],
    ]
    return Answer(
        _("Gain on what was put in"),
        _("The gain divided by the value at the start and what was paid in since. Time plays no part in it."),
        ["", ""],
        rows,
        _result(asked.performance.simple),
        result_label=_("Gain / put in"),
    )
