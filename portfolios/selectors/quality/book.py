"""Checks of what the ledger amounts to: units, costs, cash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from portfolios.domain.book import Problem, ProblemKind
from portfolios.selectors.quality.base import Found, Mend, Severity, SharedScope, midnight, of_entry
from portfolios.selectors.quality.cash import overdrawn
from portfolios.selectors.quality.registry import check

OVERDRAWN = timedelta(days=30)


@check(
    "oversold",
    Severity.HIGH,
    Mend.ENTRY,
    title=_("More sold than held"),
    sentence=_(
        "On %(day)s, %(lack)s %(symbol)s more went out than were held; "
        "a purchase or a transfer in is missing."
    ),
)
def oversold(scope: SharedScope) -> Iterator[Found]:
    """Find sales and transfers out of units that were never acquired."""
    for one in scope.book.problem(ProblemKind.MISSING_ACQUISITION):
        yield from _of_problem(scope, one, {"lack": one.quantity})


@check(
    "unknown-cost",
    Severity.LOW,
    Mend.ENTRY,
    title=_("Transfer at unknown cost"),
    sentence=_("%(symbol)s came in on %(day)s without a price, so that its gain is not known."),
)
def unknown_cost(scope: SharedScope) -> Iterator[Found]:
    """Find transfers in that do not tell what the units had cost."""
    for one in scope.book.problem(ProblemKind.UNKNOWN_COST):
        yield from _of_problem(scope, one)


@check(
    "negative-cash",
    Severity.MEDIUM,
    Mend.NEW_ENTRY,
    title=_("Cash below zero"),
    sentence=_(
        "Cash in %(currency)s was below zero from %(day)s on for more than 30 days; a deposit may be missing."
    ),
)
def negative_cash(scope: SharedScope) -> Iterator[Found]:
    """Find cash that was negative over a long time: one finding a stretch of days."""
    for currency, since, until in overdrawn(scope.ledger, scope.day):
        if until - since > OVERDRAWN:
            yield Found(
                facts=(currency, since),
                values={"currency": currency, "day": since},
                currency=currency,
                time=midnight(since),
            )


def _of_problem(scope: SharedScope, one: Problem, values: dict[str, Any] | None = None) -> Iterator[Found]:
    if one.entry_id is not None and (entry := scope.by_id.get(one.entry_id)) is not None:
        yield of_entry(scope, entry, one.quantity or "", **(values or {}))
