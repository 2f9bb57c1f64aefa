"""Run the checks over portfolios, and tell what a person dismissed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from core import clock
from portfolios.models import Portfolio, QualityDismissal
from portfolios.selectors.figures import once
from portfolios.selectors.ledger import Ledger, load, load_all, today
from portfolios.selectors.portfolios import get, real_of
from portfolios.selectors.quality import book, dividends, entries, market, splits
from portfolios.selectors.quality.base import Issue, Mend, Severity, SharedScope, issue_of
from portfolios.selectors.quality.registry import REGISTRY

CHECKED_BY = (entries, market, splits, dividends, book)
_ORDER = {one: at for at, one in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Quality:
    """What the checks found, the gravest first: what is open, and what somebody dismissed."""

    open: list[Issue]
    dismissed: list[Issue]


def issues_of(ledger: Ledger) -> list[Issue]:
    """Run every check over one ledger, once for as long as nothing changes; a simulated one has none."""
    if ledger.portfolio.kind != Portfolio.Kind.REAL:
        return []
    day, now = today(ledger.portfolio), clock.now()
    key = "quality", day, dividends.changed_elsewhere(ledger)
    found = once(ledger, key, lambda: _checked(ledger))
    # what was yet to come when the checks ran may have come since
    return [one for one in found if one.check.code != "future-time" or (one.found.time or now) > now]


def _checked(ledger: Ledger) -> list[Issue]:
    scope = SharedScope(ledger, today(ledger.portfolio), clock.now())
    return [issue_of(one, scope, found) for one in REGISTRY.values() for found in one.find(scope)]


def of_portfolio(user: Any, portfolio_id: UUID) -> tuple[Portfolio, Quality]:
    """Check a portfolio that `user` may see.

    Raises:
        NotFound: there is none.
    """
    portfolio = get(user, portfolio_id)
    return portfolio, _sorted([load(portfolio)])


def of_user(user: Any) -> tuple[list[Portfolio], Quality]:
    """Check all the real portfolios that `user` owns."""
    portfolios = list(real_of(user))
    return portfolios, _sorted(load_all(portfolios))


def counts(issues: Iterable[Issue]) -> dict[str, int]:
    """Count issues by severity."""
    found = Counter(one.check.severity for one in issues)
    return {severity.value: found[severity] for severity in Severity}


def open_issues(ledger: Ledger) -> list[Issue]:
    """List what the checks found in one ledger and nobody dismissed."""
    return _sorted([ledger]).open


def _sorted(ledgers: list[Ledger]) -> Quality:
    found = [issue for ledger in ledgers for issue in issues_of(ledger)]
    found.sort(key=lambda one: _ORDER[one.check.severity])
    owned = [one.portfolio.pk for one in ledgers]
    gone = set(QualityDismissal.objects.filter(portfolio__in=owned).values_list("issue_id", flat=True))
    return Quality([one for one in found if one.id not in gone], [one for one in found if one.id in gone])


def link(issue: Issue) -> str:
    """Tell the address of the page that mends an issue."""
    found, key = issue.found, issue.portfolio.pk
    if issue.check.mend is Mend.ENTRY and found.entry is not None:
        return reverse("transaction-edit", args=[key, found.entry])
    if issue.check.mend is Mend.PRICES and issue.instrument is not None:
        return reverse("instrument", args=[issue.instrument.uuid])
    if issue.check.mend is Mend.RATES:
        return reverse("rates")
    return f"{reverse('transaction-list', args=[key])}?new"
