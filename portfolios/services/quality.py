"""Run the quality checks and keep what they count; dismiss findings and bring them back."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F

from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import NotFound
from portfolios.events import QualityChecked
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, QualityDismissal, QualityRun
from portfolios.selectors.ledger import load
from portfolios.selectors.quality import counts
from portfolios.selectors.quality.found import issues_of, open_issues


def check_quality(*, portfolio_id: UUID) -> QualityRun | None:
    """Run the checks over a portfolio, keep the counts, and say so where they are other than before.

    None: there is no such real portfolio (any more).
    """
    portfolio = Portfolio.objects.filter(pk=portfolio_id, kind=Portfolio.Kind.REAL).first()
    if portfolio is None:
        return None
    found = counts(open_issues(load(portfolio)))
    return _keep(portfolio_id, portfolio.revision, found, is_news=True)


@transaction.atomic
def _keep(portfolio_id: UUID, revision: int, found: dict[str, int], *, is_news: bool) -> QualityRun | None:
    """Write the counts, unless a run over a later state has written its own."""
    if not Portfolio.objects.select_for_update().filter(pk=portfolio_id).exists():
        return None
    known = QualityRun.objects.filter(portfolio=portfolio_id).first()
    if known is not None and known.revision > revision:
        return known
    run, _made = QualityRun.objects.update_or_create(
        portfolio_id=portfolio_id, defaults={"revision": revision, "checked_at": clock.now(), **found}
    )
    if known is None or {name: getattr(known, name) for name in found} != found:
        before = known.high if known is not None else 0
        new = max(0, found["high"] - before) if is_news else 0
        bus.publish(QualityChecked(portfolio_id=portfolio_id, revision=revision, new_high=new, **found))
    return run


def real_portfolios() -> list[UUID]:
    """List the real portfolios."""
    return list(
        Portfolio.objects.filter(kind=Portfolio.Kind.REAL).order_by("pk").values_list("pk", flat=True)
    )


def is_unchecked(portfolio_id: UUID) -> bool:
    """Tell whether a portfolio changed since its last check."""
    checked = Portfolio.objects.filter(pk=portfolio_id, quality_run__revision=F("revision"))
    return not checked.exists()


@transaction.atomic
def dismiss_issue(*, actor: Actor, portfolio_id: UUID, issue_id: UUID) -> QualityDismissal:
    """Put a finding aside until its facts change. A second dismissal of the same changes nothing.

    Raises:
        NotFound: no such portfolio, or no such finding in it now.
        Forbidden: the actor may only look.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    issue = next((one for one in issues_of(load(portfolio)) if one.id == issue_id), None)
    if issue is None:
        raise NotFound
    row, made = QualityDismissal.objects.get_or_create(
        portfolio=portfolio,
        issue_id=issue_id,
        defaults={"code": issue.check.code, "dismissed_by": actor.user_id},
    )
    if made:
        _note(actor, "quality.dismissed", row)
        _recount(portfolio)
    return row


@transaction.atomic
def restore_issue(*, actor: Actor, portfolio_id: UUID, issue_id: UUID) -> None:
    """Bring a dismissed finding back.

    Raises:
        NotFound: no such portfolio, or nobody dismissed it.
        Forbidden: the actor may only look.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    row = QualityDismissal.objects.filter(portfolio=portfolio, issue_id=issue_id).first()
    if row is None:
        raise NotFound
    row.delete()
    _note(actor, "quality.restored", row)
    _recount(portfolio)


def _recount(portfolio: Portfolio) -> None:
    _keep(portfolio.pk, portfolio.revision, counts(open_issues(load(portfolio))), is_news=False)


def _note(actor: Actor, verb: str, row: QualityDismissal) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="portfolio",
        object_id=row.portfolio_id,
        after={"issue": str(row.issue_id), "code": row.code},
    )
