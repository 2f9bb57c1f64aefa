"""Explanations of risk figures: the returns, levels and means that made them, and the way from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portfolios.selectors import risk_explain
from portfolios.selectors.risk_explain import RiskExplanation, RiskPart
from portfolios.views import risk_words
from portfolios.views.explanations.shape import MOST_ROWS, Answer, Cell, Question, day, text
from portfolios.views.figures import ratio
from portfolios.views.words import reason_text

_WORDS: Final = risk_words.MOVING | risk_words.FALLING | risk_words.REWARDING
PERCENT: Final = 100.0


def _answer(
    asked: Question,
    figure: str,
    sentence: str,
    table: tuple[list[str], list[list[Cell]]],
    steps: Sequence[tuple[str, Cell]] = (),
) -> Answer:
    """Put an answer together; `table` are its head and rows."""
    word, value = _WORDS[figure], _told(asked, figure).value
    return Answer(
        str(word.label),
        sentence,
        *table,
        Cell(word.kind, ratio(value.value), reason=reason_text(value.reason)),
        result_label=str(word.label),
        steps=list(steps) if value.value is not None else [],
    )


def _told(asked: Question, figure: str) -> RiskExplanation:
    return risk_explain.explained(asked.risk, figure)


def _fraction(value: float | None) -> Cell:
    return Cell("signed_percent", ratio(value))


def _fine(value: float) -> Cell:
    """Show a number to eight places: squares of returns are small."""
    return Cell("quantity", ratio(value))


def _squares(asked: Question, figure: str, sentence: str, middle: str) -> Answer:
    """List the returns with their squared distances, in percent points; the earliest become one row."""
    parts = _told(asked, figure).parts
    squared = [(one.amount or 0.0) * PERCENT * PERCENT for one in parts]
    early = len(parts) - MOST_ROWS
    rows = [
        [
            day(one.day),
            _fraction(one.value),
            _fraction((one.value or 0.0) - (one.counted_from or 0.0)),
            _fine(value),
        ]
        for one, value in list(zip(parts, squared, strict=True))[max(early, 0) :]
    ]
    if early > 0:
        label = ngettext("%(number)s earlier", "%(number)s earlier", early) % {"number": early}
        rows.insert(0, [text(label), text(""), text(""), _fine(sum(squared[:early]))])
    head = [_("Day"), _("Return"), middle, _("Squared, %²")]
    return _answer(
        asked, figure, sentence, (head, rows), _rooted(asked, squared, sample=figure == "volatility")
    )


def _rooted(asked: Question, squared: Sequence[float], *, sample: bool) -> list[tuple[str, Cell]]:
    """Lead from the sum of squares to the figure: divide, take the root, and scale to a year."""
    number = len(squared) - (1 if sample else 0)
    if number < 1:
        return []
    total, periods = sum(squared), asked.terms.periods
    mean = total / number
    return [
        (_("Sum of the squares"), _fine(total)),
        (_("÷ %(number)s") % {"number": number}, _fine(mean)),
        (_("Its root: of one day"), Cell("percent", ratio(mean**0.5 / PERCENT))),
        (
            _("× √%(periods)s: of a year") % {"periods": periods},
            Cell("percent", ratio(mean**0.5 / PERCENT * periods**0.5)),
        ),
    ]


def volatility(asked: Question) -> Answer:
    """List the returns and how far each lies from their mean."""
    sentence = _(
        "How far each trading day's return lies from the mean of all, squared and summed; divided by their "
        "number less one; the root of it, scaled to a year of 252 trading days."
    )
    return _squares(asked, "volatility", sentence, _("From the mean"))


def downside_deviation(asked: Question) -> Answer:
    """List the returns and how far each lies below the target."""
    sentence = _(
        "As the volatility, but from the target and of what lies below it alone: a day above it counts as 0. "
        "Divided by the number of all days."
    )
    return _squares(asked, "downside_deviation", sentence, _("From the target"))


def _amounts(asked: Question, figure: str) -> dict[str, RiskPart]:
    return {one.kind: one for one in _told(asked, figure).parts}


def sharpe(asked: Question) -> Answer:
    """Show mean, risk-free rate and deviation."""
    found = _amounts(asked, "sharpe")
    rows: list[list[Cell]] = []
    if found:
        mean = found["mean_excess"]
        rows = [
            [text(_("Mean return of a day")), _fine((mean.value or 0.0) * PERCENT)],
            [text(_("Risk-free rate of a day")), _fine((mean.counted_from or 0.0) * PERCENT)],
            [text(_("Mean above it")), _fine(mean.amount * PERCENT)],
            [text(_("Deviation of a day")), _fine(found["deviation"].amount * PERCENT)],
            [text(_("Trading days a year")), Cell("quantity", Decimal(asked.terms.periods))],
        ]
    sentence = _("The mean above the risk-free rate ÷ the deviation × the root of the days of a year.")
    return _answer(asked, "sharpe", sentence, (["", "%"], rows))


def sortino(asked: Question) -> Answer:
    """Show mean, target and downside deviation."""
    found = _amounts(asked, "sortino")
    rows: list[list[Cell]] = []
    if found:
        mean = found["mean_excess"]
        rows = [
            [text(_("Mean return of a day")), _fine((mean.value or 0.0) * PERCENT)],
            [text(_("Target of a day")), _fine((mean.counted_from or 0.0) * PERCENT)],
            [text(_("Mean above it")), _fine(mean.amount * PERCENT)],
            [text(_("Trading days a year")), Cell("quantity", Decimal(asked.terms.periods))],
            [text(_("Downside deviation, a year")), _fine(found["downside_deviation"].amount * PERCENT)],
        ]
    sentence = _("The mean above the target × the days of a year ÷ the downside deviation.")
    return _answer(asked, "sortino", sentence, (["", "%"], rows))


def calmar(asked: Question) -> Answer:
    """Show the return of a year and the deepest fall of the observations."""
    found = _amounts(asked, "calmar")
    rows = [
        [text(label), _fraction(found[kind].amount)]
        for kind, label in (
            ("annual_return", _("Return a year, compounded")),
            ("max_drawdown", _("Deepest drawdown of trading days")),
        )
        if kind in found
    ]
    sentence = _("The return of a year ÷ the size of the deepest drawdown.")
    return _answer(asked, "calmar", sentence, (["", ""], rows))


def _levels(asked: Question, figure: str, sentence: str) -> Answer:
    words = {
        "peak": _("At the high"),
        "trough": _("At the low"),
        "recovery": _("Back at the high"),
        "last": _("On the last day"),
    }
    parts = _told(asked, figure).parts
    rows = [[text(words[one.kind]), day(one.day), _fine(one.amount * PERCENT)] for one in parts]
    levels = [one.amount for one in parts[:2]]
    steps = [(_("Low ÷ high − 1"), _fraction(levels[1] / levels[0] - 1.0))] if len(levels) > 1 else []
    return _answer(asked, figure, sentence, ([_("What"), _("Day"), _("Level")], rows), steps)


def max_drawdown(asked: Question) -> Answer:
    """Show high, low and recovery."""
    return _levels(
        asked,
        "max_drawdown",
        _("The level begins with 100 and follows the time-weighted return, which payments do not move."),
    )


def drawdown(asked: Question) -> Answer:
    """Show the highest and the last level."""
    return _levels(
        asked,
        "drawdown",
        _("The last level against the highest. It begins with 100 and follows the time-weighted return."),
    )


def _weighted(asked: Question, figure: str, sentence: str) -> Answer:
    """List sorted returns with the weight that each has in the figure."""
    parts = _told(asked, figure).parts
    last = max((at for at, one in enumerate(parts) if one.weight), default=-1)
    shown = parts[: last + 1]
    rows = [
        [
            day(one.day),
            _fraction(one.value),
            Cell("percent", ratio(one.weight)),
            _fine((one.value or 0.0) * (one.weight or 0.0) * PERCENT),
        ]
        for one in shown
    ]
    more = len(parts) - len(shown)
    answer = _answer(asked, figure, sentence, ([_("Day"), _("Return"), _("Weight"), _("Counts, %")], rows))
    if more and figure == "value_at_risk":
        note = ngettext(
            "%(number)s better day has no weight.", "%(number)s better days have no weight.", more
        )
        answer.steps.append((note % {"number": more}, _fraction(0.0)))
    return answer


def value_at_risk(asked: Question) -> Answer:
    """List the worst returns up to the quantile."""
    return _weighted(
        asked,
        "value_at_risk",
        _(
            "All returns, the worst first. The figure stands where one in twenty is worse; between two days "
            "it is a mean of both, the nearer one weighing more."
        ),
    )


def expected_shortfall(asked: Question) -> Answer:
    """List the worst returns, of which the figure is the mean."""
    return _weighted(
        asked, "conditional_value_at_risk", _("The mean of the worst days: each counts with the same weight.")
    )


def _one_day(figure: str) -> Callable[[Question], Answer]:
    return lambda asked: _weighted(asked, figure, _("The return of one trading day."))


FIGURES: Final[dict[str, Callable[[Question], Answer]]] = {
    "volatility": volatility,
    "downside_deviation": downside_deviation,
    "sharpe": sharpe,
    "sortino": sortino,
    "calmar": calmar,
    "max_drawdown": max_drawdown,
    "drawdown": drawdown,
    "value_at_risk": value_at_risk,
    "conditional_value_at_risk": expected_shortfall,
    "best": _one_day("best"),
    "worst": _one_day("worst"),
}
