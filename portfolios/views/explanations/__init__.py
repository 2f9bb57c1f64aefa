"""Explanations of figures, by the name that their links carry."""

from __future__ import annotations

from collections.abc import Callable

from portfolios.views.explanations import amounts, group, returns, risk
from portfolios.views.explanations.shape import Answer, Question

__all__ = ["FIGURES", "Answer", "Question", "answer"]

FIGURES: dict[str, Callable[[Question], Answer]] = {
    "total": amounts.total,
    "opening": amounts.opening,
    "cost": amounts.cost,
    "unrealised": amounts.unrealised,
    "realised": amounts.realised,
    "income": amounts.income,
    "fees": amounts.fees,
    "taxes": amounts.taxes,
    "currency": amounts.currency,
    "flows": amounts.flows,
    "gain": amounts.gain,
    "time_weighted": returns.time_weighted,
    "annualised": returns.annualised,
    "money_weighted": returns.money_weighted,
    "simple": returns.simple,
    **risk.FIGURES,
}


def answer(asked: Question, figure: str) -> Answer:
    """Explain a figure; of several portfolios an amount is told part by part, each with its portfolio.

    Raises:
        KeyError: there is no such figure.
    """
    several = len(asked.found.parts) > 1 and figure in group.AMOUNTS
    return group.amount(asked, figure) if several else FIGURES[figure](asked)
