"""What is wrong, or looks wrong, in a portfolio or in all of them, and where it is mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.errors import NotFound
from core.pages import actor_of
from portfolios.models import Portfolio
from portfolios.selectors import quality
from portfolios.selectors.quality import Issue, Mend, Severity
from portfolios.services import quality as services
from portfolios.views.common import can_write, frame

CURRENT = "portfolio-quality"
ISSUES_A_PAGE = 50
SEVERITIES = {
    Severity.HIGH: (gettext_lazy("Wrong figures"), "bad"),
    Severity.MEDIUM: (gettext_lazy("Worth a look"), "warn"),
    Severity.LOW: (gettext_lazy("Small gaps"), ""),
}
ACTIONS = {
    Mend.ENTRY: gettext_lazy("Look at the transaction"),
    Mend.PRICES: gettext_lazy("Its prices"),
    Mend.RATES: gettext_lazy("Exchange rates"),
    Mend.NEW_ENTRY: gettext_lazy("Add a transaction"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One finding on the page; `url` is empty where this reader cannot mend it.

    `portfolio` is as this reader may see it: the finding's own may be another reader's.
    """

    issue: Issue
    portfolio: Portfolio
    url: str
    action: str
    may_dismiss: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one severity."""

    severity: str
    label: str
    badge: str
    rows: list[Row]
    count: int


@require_safe
@login_required
def portfolio_quality(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show what the checks find in one portfolio, by severity, and what was dismissed."""
    portfolio, found = quality.of_portfolio(request.user, portfolio_id)
    context = {
        **frame(portfolio, CURRENT),
        **_context(request, [portfolio], found.open),
        "dismissed": [_row(request, portfolio, one) for one in found.dismissed[:ISSUES_A_PAGE]],
        "dismissed_count": len(found.dismissed),
    }
    return render(request, "portfolios/quality/portfolio.html", context)


@require_safe
@login_required
def all_quality(request: HttpRequest) -> HttpResponse:
    """Show what the checks find in all the portfolios that the user owns."""
    portfolios, found = quality.of_user(request.user)
    context = {**_context(request, portfolios, found.open), "names_portfolio": True}
    return render(request, "portfolios/quality/all.html", context)


@require_POST
@login_required
def dismiss(request: HttpRequest, portfolio_id: UUID, issue_id: UUID) -> HttpResponse:
    """Put a finding aside."""
    return _done(request, portfolio_id, issue_id, services.dismiss_issue, _("The finding is put aside."))


@require_POST
@login_required
def restore(request: HttpRequest, portfolio_id: UUID, issue_id: UUID) -> HttpResponse:
    """Bring a dismissed finding back."""
    return _done(request, portfolio_id, issue_id, services.restore_issue, _("The finding is back."))


def _done(
    request: HttpRequest, portfolio_id: UUID, issue_id: UUID, work: Callable[..., Any], text: str
) -> HttpResponse:
    try:
        work(actor=actor_of(request), portfolio_id=portfolio_id, issue_id=issue_id)
        messages.success(request, text)
    except NotFound:
        quality.of_portfolio(request.user, portfolio_id)  # a stranger learns nothing
        messages.info(request, _("The finding was gone already."))
    every = request.POST.get("from") == "all"
    return redirect("quality") if every else redirect(CURRENT, portfolio_id)


def _context(
    request: HttpRequest, portfolios: Sequence[Portfolio], issues: Sequence[Issue]
) -> dict[str, Any]:
    asked = request.GET.get("severity", "")
    chosen = asked if asked in set(Severity) else ""
    shown = [one for one in issues if chosen in {"", one.check.severity}]
    page = Paginator(shown, ISSUES_A_PAGE).get_page(request.GET.get("page"))
    total = quality.counts(issues)
    return {
        "groups": _groups(request, {one.pk: one for one in portfolios}, page, total),
        "counts": [(one.value, *SEVERITIES[one], total[one.value]) for one in Severity],
        "total": len(issues),
        "chosen": chosen,
        "page": page,
        "page_url": f"{request.path}?{f'severity={chosen}&' if chosen else ''}page=",
    }


def _groups(
    request: HttpRequest, portfolios: dict[UUID, Portfolio], page: Page[Issue], total: dict[str, int]
) -> list[Group]:
    groups = []
    for severity in Severity:
        rows = [
            _row(request, portfolios[one.portfolio.pk], one) for one in page if one.check.severity is severity
        ]
        if rows:
            label, badge = SEVERITIES[severity]
            groups.append(Group(severity.value, str(label), badge, rows, total[severity.value]))
    return groups


def _row(request: HttpRequest, portfolio: Portfolio, issue: Issue) -> Row:
    writes = can_write(portfolio)
    mend = issue.check.mend
    foreign = issue.instrument is not None and issue.instrument.owner_id not in {None, request.user.pk}
    able = not foreign if mend is Mend.PRICES else writes or mend is Mend.RATES
    return Row(issue, portfolio, quality.link(issue) if able else "", str(ACTIONS[mend]), writes)
