"""The published contract's answer, and the richer one of a portfolio."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from portfolios.models import Portfolio

CHECKS = "/api/v1/quality-checks"


@pytest.fixture
def flawed(row, listed):
    row("money", "deposit", "2024-01-02", 1000)
    return row("free", "buy", "2024-01-02", 10, 0, listed("OLD", closes={"2024-01-10": "10"}))


def test_contract(api, investor, flawed):
    found = api.get(CHECKS).json()
    assert set(found) == {"user_id", "issues", "total_issues", "timestamp"}
    assert (found["user_id"], found["total_issues"]) == (str(investor.pk), 2)
    assert found["timestamp"] == "2024-01-31T12:00:00+00:00"
    first, second = found["issues"]
    assert first["description"].startswith(f"Invalid purchase price for order_id={flawed.pk}")
    assert (first["severity"], first["timestamp"]) == ("high", "2024-01-02T12:00:00+00:00")
    assert (second["code"], second["severity"], second["symbol"]) == ("stale-price", "medium", "OLD")
    assert [UUID(one["issue_id"]).version for one in found["issues"]] == [5, 5]
    assert api.get(CHECKS).json() == found


def test_link_leads_to_the_page_that_mends_it(api, client, investor, flawed):
    client.force_login(investor)
    links = [one["link"] for one in api.get(CHECKS).json()["issues"]]
    assert links[0] == f"/portfolios/{flawed.portfolio_id}/transactions/{flawed.pk}/"
    assert [client.get(one).status_code for one in links] == [200, 200]


def test_portfolio_filters_pages_and_dismissal(api, portfolio, flawed):
    url = f"/api/v1/portfolios/{portfolio.pk}/quality"
    high = api.get(url, {"severity": "high"}).json()
    assert (high["total"], high["items"][0]["code"]) == (1, "purchase-price")
    assert [one["code"] for one in api.get(url, {"skip": 1}).json()["items"]] == ["stale-price"]
    assert api.get(url, {"severity": "grave"}).status_code == 400
    issue = high["items"][0]["issue_id"]
    assert api.post(f"{url}/dismissals", {"issue_id": issue}, format="json").status_code == 201
    assert api.get(CHECKS).json()["total_issues"] == 1
    assert [one["issue_id"] for one in api.get(CHECKS, {"dismissed": "true"}).json()["issues"]] == [issue]
    assert api.delete(f"{url}/dismissals/{issue}").status_code == 204
    assert api.get(CHECKS).json()["total_issues"] == 2


def test_simulated_portfolios_and_strangers_are_left_out(api, stranger_api, portfolio, flawed):
    assert stranger_api.get(CHECKS).json()["issues"] == []
    Portfolio.objects.filter(pk=portfolio.pk).update(kind=Portfolio.Kind.SIMULATED, managed_by=uuid4())
    assert api.get(CHECKS).json()["total_issues"] == 0
