"""The dashboard: net worth, its chart, what is held, what is lacking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.actor import Actor
from market.models import Instrument
from portfolios.models import Portfolio
from portfolios.selectors.ledger import memory
from portfolios.services.portfolios import create_portfolio
from tests.portfolios.views.conftest import words


def test_dashboard_without_portfolio_offers_the_first_one(member):
    response = member.get("/dashboard/")
    assert response.status_code == 200
    assert "Create a portfolio" in words(response)
    assert "Look at a sample first" not in words(response)


def test_dashboard_offers_a_sample_where_fictional_instruments_are_old_enough(member, listed):
    listed("FAB", "EUR", {"2017-12-29": "10", "2024-01-02": "12"}, is_fictional=True)
    listed("FNEW", "EUR", {"2024-01-02": "12"}, is_fictional=True)
    assert "Look at a sample first" in words(member.get("/dashboard/"))
    answer = member.post("/portfolios/sample/")
    made = Portfolio.objects.get(is_sample=True)
    assert answer.url == f"/portfolios/{made.pk}/"
    # 72 months and this one; each a deposit and a purchase
    assert made.transactions.filter(kind="buy", instrument__symbol="FAB").count() == 73


def test_sample_without_fictional_instruments_is_not_found(member):
    assert member.post("/portfolios/sample/").status_code == 404


def test_dashboard_shows_net_worth_the_day_and_positions(member, portfolio, acme):
    text = words(member.get("/dashboard/"))
    assert "Net worth 1,949.05 EUR" in text
    # yesterday 10 × 50 × 0.90 + 1000 + 399 × 0.90 = 1809.10; today 1949.05
    assert "Today ▲ +139.95 EUR ▲ +7.74%" in text
    assert "ACME Acme 60.00 USD 570.00 EUR ▲ +120.00 EUR ▲ +120.00 EUR 29.25%" in text


def test_dashboard_adds_portfolios_in_the_base_currency(member, investor, portfolio, acme, enter):
    other = create_portfolio(actor=Actor.user(investor), owner_id=investor.pk, name="Dollars", currency="USD")
    enter(other, "deposit", "2024-01-10", 100)
    enter(other, "buy", "2024-01-10", 1, 55, instrument=acme)
    text = words(member.get("/dashboard/"))
    # 45 + 60 = 105 USD are 99.75 EUR
    assert "Net worth 2,048.80 EUR" in text
    assert "Dollars 99.75 EUR" in text
    # 11 × 60 × 0.95
    assert "ACME Acme 60.00 USD 627.00 EUR" in text


def test_dashboard_says_what_has_no_price_and_where(member, portfolio, listed, enter):
    enter(portfolio, "transfer_in", "2024-01-03", 5, instrument=listed("DARK"))
    text = words(member.get("/dashboard/"))
    assert "1 position has no price: DARK · Savings" in text
    assert "1 transfer came in at unknown cost: DARK · Savings" in text
    assert "incomplete" in text


def test_dashboard_leaves_a_portfolio_without_rate_out_and_says_so(member, investor, enter):
    swiss = create_portfolio(actor=Actor.user(investor), owner_id=investor.pk, name="Swiss", currency="CHF")
    enter(swiss, "deposit", "2024-01-10", 100)
    text = words(member.get("/dashboard/"))
    assert "Net worth 0.00 EUR" in text
    assert "There is no exchange rate from CHF; it is not in the sum. · Swiss" in text


def test_net_worth_and_the_day_are_explained_by_portfolio(member, investor, portfolio, acme, enter):
    other = create_portfolio(actor=Actor.user(investor), owner_id=investor.pk, name="Dollars", currency="USD")
    enter(other, "deposit", "2024-01-10", 100)
    text = words(member.get("/dashboard/explain/net_worth/", headers={"X-Fragment": "drawer"}))
    assert "Together 2,044.05 EUR" in text
    assert "Dollars 100.00 USD 0.95 95.00 Savings 1,949.05 EUR 1.00 1,949.05" in text
    day = words(member.get("/dashboard/explain/day/"))
    # the dollars gained 5 EUR against the euro, and nothing in their own portfolio
    assert "Together ▲ +139.95 EUR" in day
    assert member.get("/dashboard/explain/nonsense/").status_code == 404


def test_chart_adds_portfolios_day_by_day(member, investor, portfolio, acme, enter):
    other = create_portfolio(actor=Actor.user(investor), owner_id=investor.pk, name="Dollars", currency="USD")
    enter(other, "deposit", "2024-01-30", 100)
    found = member.get("/dashboard/chart/", {"range": "All"}).json()
    assert (found["currency"], found["as_of"], found["range"]) == ("EUR", "2024-01-31", "All")
    assert found["ranges"] == ["1D", "1W", "All"]
    series = found["series"][0]
    assert (series["name"], series["kind"]) == ("Net worth", "area")
    points = dict(series["points"])
    assert len(points) == 31
    assert points["2024-01-01"] == "0"
    assert points["2024-01-29"] == "1809.1"
    assert points["2024-01-30"] == "1899.1"  # and 100 USD at 0.90
    assert points["2024-01-31"] == "2044.05"  # 1949.05 and 95


def test_chart_of_nothing_is_empty(member, portfolio):
    assert member.get("/dashboard/chart/").json()["series"][0]["points"] == []


def test_allocation_groups_across_portfolios(member, portfolio, acme):
    assert "Tools 570.00 EUR 29.25%" in words(member.get("/dashboard/allocation/", {"by": "sector"}))
    assert "EUR 1,000.00 EUR 51.31%" in words(member.get("/dashboard/allocation/", {"by": "currency"}))
    assert "ACME 570.00 EUR" in words(member.get("/dashboard/allocation/", {"by": "nonsense"}))
    assert "No country 570.00 EUR" in words(member.get("/dashboard/allocation/", {"by": "country"}))
    assert "Savings 1,949.05 EUR" in words(member.get("/dashboard/allocation/", {"by": "account"}))


def test_small_slices_become_one(member, portfolio, listed, enter):
    for number in range(12):
        one = listed(f"P{number:02}", "EUR", {"2024-01-02": str(100 + number)})
        enter(portfolio, "transfer_in", "2024-01-03", 1, 100, instrument=one)
    text = words(member.get("/dashboard/allocation/"))
    # the largest seven, and 100 + 101 + 102 + 103 + 104 of the others
    assert "P05 105.00 EUR" in text
    assert "P04" not in text
    assert "5 others 510.00 EUR" in text


def test_position_list_shows_all(member, portfolio, acme):
    assert "ACME Acme 60.00 USD 570.00 EUR" in words(member.get("/portfolios/positions/"))


def test_another_ones_portfolios_are_not_in_the_sum(stranger_client, portfolio, acme):
    assert "Create a portfolio" in words(stranger_client.get("/dashboard/"))


def test_simulated_portfolios_are_not_in_the_sum(member, portfolio, acme):
    Portfolio.objects.filter(pk=portfolio.pk).update(
        kind="simulated", managed_by="01890000-0000-7000-8000-000000000001"
    )
    assert "Create a portfolio" in words(member.get("/dashboard/"))


def queries_of(member: Client, url: str) -> int:
    memory.clear()
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert member.get(url).status_code == 200
    return len(found)


def hold(
    number: int, portfolio: Portfolio, listed: Callable[..., Instrument], enter: Callable[..., Any]
) -> None:
    for at in range(number):
        one = listed(f"Q{number}{at:02}", "EUR", {"2024-01-02": "10", "2024-01-30": "11"})
        enter(portfolio, "buy", "2024-01-03", 1, 10, instrument=one)


def test_dashboard_and_portfolio_cost_the_same_for_many_positions(member, portfolio, listed, enter, acme):
    urls = [
        "/dashboard/",
        "/dashboard/chart/",
        f"/portfolios/{portfolio.pk}/",
        f"/portfolios/{portfolio.pk}/chart/",
    ]
    for url in urls:
        queries_of(member, url)  # sessions and caches of the first visit
    few = [queries_of(member, url) for url in urls]
    hold(20, portfolio, listed, enter)
    many = [queries_of(member, url) for url in urls]
    assert many == few
    assert max(many) <= 25
