"""When the checks run, what is kept of a run, and what a dismissal does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from core import clock
from core.actor import Actor
from core.bus import bus
from core.errors import Forbidden, NotFound
from core.models import AuditEvent, Role
from market.models import DailyBar
from portfolios import tasks
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PortfolioMember, QualityDismissal, QualityRun, Transaction
from portfolios.selectors import quality
from portfolios.services import quality as services
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions


@pytest.fixture
def flawed(row, listed):
    """One purchase at 0 (high), of an instrument that has no price (high)."""
    return row("free", "buy", "2024-01-02", 10, 0, listed("NONE"))


@pytest.fixture
def published(monkeypatch):
    events = []
    monkeypatch.setattr(bus, "publish", events.append)
    return events


def counted(portfolio):
    run = QualityRun.objects.get(portfolio=portfolio)
    return run.high, run.medium, run.low


def issues(user, portfolio):
    return {one.check.code: one.id for one in quality.of_portfolio(user, portfolio.pk)[1].open}


def test_run_keeps_the_counts_and_tells_once(portfolio, flawed, published):
    services.check_quality(portfolio_id=portfolio.pk)
    services.check_quality(portfolio_id=portfolio.pk)
    assert counted(portfolio) == (2, 0, 0)
    assert [(one.high, one.medium, one.low) for one in published] == [(2, 0, 0)]


def test_run_over_an_older_state_does_not_overwrite_a_later_one(portfolio, flawed):
    services.check_quality(portfolio_id=portfolio.pk)
    QualityRun.objects.update(revision=99, high=7)
    services.check_quality(portfolio_id=portfolio.pk)
    assert counted(portfolio) == (7, 0, 0)


def test_simulated_and_unknown_portfolios_have_no_run(portfolio, flawed):
    assert services.check_quality(portfolio_id=uuid4()) is None
    Portfolio.objects.filter(pk=portfolio.pk).update(kind=Portfolio.Kind.SIMULATED, managed_by=uuid4())
    assert services.check_quality(portfolio_id=portfolio.pk) is None
    assert not QualityRun.objects.exists()


def test_each_change_wakes_one_check_after_its_commit(
    portfolio, investor, listed, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(tasks.check_quality, "apply_async", lambda **call: woken.append(call))
    paper = TransactionInput(
        kind=EntryKind.BUY, time=clock.now(), quantity=Decimal(1), price=Decimal(10), currency="EUR",
        instrument=listed("NONE"),
    )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        add_transactions(actor=Actor.user(investor), portfolio_id=portfolio.pk, inputs=[paper])
        assert woken == []
    assert woken == [{"args": (str(portfolio.pk),), "countdown": tasks.CHECK_AFTER_SECONDS}]
    for _ in range(2):
        tasks.check_quality(str(portfolio.pk))
    assert counted(portfolio) == (1, 0, 0)


def test_state_that_was_checked_is_not_checked_again(portfolio, flawed, monkeypatch):
    tasks.check_quality(str(portfolio.pk))
    monkeypatch.setattr(services, "check_quality", lambda **_call: pytest.fail("checked again"))
    tasks.check_quality(str(portfolio.pk))


def test_nightly_run_sees_new_prices(portfolio, flawed):
    tasks.check_all_quality()
    assert counted(portfolio) == (2, 0, 0)
    DailyBar.objects.create(instrument=flawed.instrument, date=date(2024, 1, 31), close=10, source="test")
    flawed.instrument.__class__.objects.update(price_revision=1)
    tasks.check_all_quality()
    assert counted(portfolio) == (1, 0, 0)


def test_finding_keeps_its_id_until_its_facts_change(portfolio, investor, flawed):
    first = issues(investor, portfolio)
    assert issues(investor, portfolio) == first
    Transaction.objects.filter(pk=flawed.pk).update(price=Decimal(-1))
    Portfolio.objects.filter(pk=portfolio.pk).update(revision=50)
    second = issues(investor, portfolio)
    assert second["no-price"] == first["no-price"]
    assert second["purchase-price"] != first["purchase-price"]


def test_dismissed_finding_is_put_aside_and_comes_back(portfolio, investor, flawed):
    actor, issue = Actor.user(investor), issues(investor, portfolio)["no-price"]
    for _ in range(2):
        services.dismiss_issue(actor=actor, portfolio_id=portfolio.pk, issue_id=issue)
    assert set(issues(investor, portfolio)) == {"purchase-price"}
    assert counted(portfolio) == (1, 0, 0)
    services.restore_issue(actor=actor, portfolio_id=portfolio.pk, issue_id=issue)
    assert set(issues(investor, portfolio)) == {"purchase-price", "no-price"}
    assert counted(portfolio) == (2, 0, 0)
    verbs = AuditEvent.objects.filter(verb__startswith="quality.").values_list("verb", flat=True)
    assert sorted(verbs) == ["quality.dismissed", "quality.restored"]
    with pytest.raises(NotFound):
        services.restore_issue(actor=actor, portfolio_id=portfolio.pk, issue_id=issue)


def test_who_may_only_look_dismisses_nothing(portfolio, investor, stranger, flawed):
    issue = issues(investor, portfolio)["no-price"]
    PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        services.dismiss_issue(actor=Actor.user(stranger), portfolio_id=portfolio.pk, issue_id=issue)
    with pytest.raises(NotFound):
        services.dismiss_issue(actor=Actor.user(investor), portfolio_id=portfolio.pk, issue_id=uuid4())
    assert not QualityDismissal.objects.exists()
