"""The page of the checks: what it shows, to whom it offers what, and the count on its tab."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.models import Role
from portfolios.models import PortfolioMember
from portfolios.services.quality import check_quality


@pytest.fixture
def page(client, investor, portfolio):
    client.force_login(investor)
    return reverse("portfolio-quality", args=[portfolio.pk])


@pytest.fixture
def flawed(row, listed):
    row("money", "deposit", "2024-01-02", 1000)
    return row("<b>free</b>", "buy", "2024-01-02", 10, 0, listed("OLD", closes={"2024-01-10": "10"}))


def test_sound_portfolio_says_so(client, page):
    shown = client.get(page).content.decode()
    assert "Nothing found." in shown
    assert "panel-head" not in shown
    assert "Nothing found." in client.get(reverse("quality")).content.decode()


def test_findings_by_severity_with_the_way_to_mend_them(client, page, portfolio, flawed):
    answer = client.get(page)
    rows = [
        (group.severity, one.issue.check.code, one.url)
        for group in answer.context["groups"]
        for one in group.rows
    ]
    assert rows == [
        ("high", "purchase-price", reverse("transaction-edit", args=[portfolio.pk, flawed.pk])),
        ("medium", "stale-price", reverse("instrument", args=[flawed.instrument.uuid])),
    ]
    assert "The purchase of OLD on Jan. 2, 2024 costs 0 a unit" in answer.content.decode()
    only = client.get(page, {"severity": "medium"}).context["groups"]
    assert [group.severity for group in only] == ["medium"]
    assert client.get(reverse("quality")).context["total"] == 2


def test_tab_counts_what_the_last_run_found(client, page, portfolio, flawed):
    assert "badge--bad" not in client.get(reverse("transaction-list", args=[portfolio.pk])).content.decode()
    check_quality(portfolio_id=portfolio.pk)
    shown = client.get(reverse("transaction-list", args=[portfolio.pk])).content.decode()
    assert '<span class="badge badge--bad">2</span>' in shown


def test_dismiss_and_bring_back(client, page, portfolio, flawed):
    issue = client.get(page).context["groups"][0].rows[0].issue
    args = [portfolio.pk, issue.id]
    done = client.post(reverse("quality-dismiss", args=args), {"from": "all"})
    assert done["Location"] == reverse("quality")
    answer = client.get(page)
    assert [one.issue.id for one in answer.context["dismissed"]] == [issue.id]
    assert answer.context["total"] == 1
    assert client.post(reverse("quality-restore", args=args))["Location"] == page
    assert client.get(page).context["total"] == 2


def test_viewer_sees_findings_but_may_change_nothing(client, page, portfolio, flawed, stranger):
    PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role=Role.VIEWER)
    client.force_login(stranger)
    rows = [one for group in client.get(page).context["groups"] for one in group.rows]
    assert [(one.url != "", one.may_dismiss) for one in rows] == [(False, False), (True, False)]


def test_owner_may_dismiss_though_the_task_read_the_ledger_first(client, page, portfolio, flawed):
    check_quality(portfolio_id=portfolio.pk)
    rows = [one for group in client.get(page).context["groups"] for one in group.rows]
    assert [one.may_dismiss for one in rows] == [True, True]
    shown = [one for group in client.get(reverse("quality")).context["groups"] for one in group.rows]
    assert [one.may_dismiss for one in shown] == [True, True]
