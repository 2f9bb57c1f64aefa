"""Explanations of figures, by the name that their links carry."""

from __future__ import annotations

from collections.abc import Callable

from portfolios.views.explanations import amounts, returns
from portfolios.views.explanations.shape import Answer, Question

__all__ = ["FIGURES", "Answer", "Question"]

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
}
