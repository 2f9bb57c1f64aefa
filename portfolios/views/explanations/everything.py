"""Explanations of what all portfolios come to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import minor_units, round_parts
from portfolios.selectors.valuation import NetWorth, NetWorthPart
from portfolios.views.explanations.shape import Answer, Cell, text


def net_worth(found: NetWorth) -> Answer:
    """List the portfolios with their values and rates."""
    return _answer(
        found,
        _("Net worth"),
        _(
            "Each portfolio's value, at today's exchange rate into your base currency. "
            "Simulated ones are left out."
        ),
        lambda part: part.total,
        "money",
    )


def day(found: NetWorth) -> Answer:
    """List what each portfolio gained today."""
    return _answer(
        found,
        _("Today"),
        _("What each portfolio gained since the end of yesterday, without what was paid in or out."),
        lambda part: part.valued.day_change,
        "signed_money",
    )


def _answer(
    found: NetWorth, title: str, sentence: str, read: Callable[[NetWorthPart], Decimal], kind: str
) -> Answer:
    counted = [part for part in found.parts if part.rate is not None]
    amounts = [read(part) * (part.rate or Decimal(0)) for part in counted]
    rows = [
        [
            text(part.portfolio.name),
            Cell(kind, read(part), part.portfolio.currency),
            Cell("price", part.rate),
            Cell(kind, value),
        ]
        for part, value in zip(counted, round_parts(amounts, minor_units(found.currency)), strict=True)
    ]
    total = found.total if kind == "money" else found.day_change
    left_out = ", ".join(part.portfolio.name for part in found.parts if part.rate is None)
    return Answer(
        title,
        sentence,
        [_("Portfolio"), _("Own currency"), _("Rate"), found.currency],
        rows,
        Cell(kind, total, found.currency),
        note=_("Without a rate, and not in the sum: %(names)s") % {"names": left_out} if left_out else "",
    )


EVERYTHING: dict[str, Callable[[NetWorth], Answer]] = {"net_worth": net_worth, "day": day}
