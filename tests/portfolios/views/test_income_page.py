"""Income over the page and the REST API, against numbers worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from market.models import CorporateAction
from portfolios.selectors import income
from portfolios.selectors.ledger import load
from portfolios.views.income import bars
from tests.portfolios.views.conftest import words


@pytest.fixture
def paid(portfolio, acme, enter):
    """ACME pays 0.40 USD for each of 10 on 15 January (0.90 EUR a dollar) less 0.60 of tax; the bank 2."""
    enter(portfolio, "dividend", "2024-01-15", 10, "0.4", instrument=acme, tax="0.6")
    enter(portfolio, "interest", "2024-01-20", 2)
    return acme


@pytest.fixture
def coming(acme):
    """ACME has announced 0.50 USD a unit, ex tomorrow."""
    return CorporateAction.objects.create(
        instrument=acme,
        kind="dividend",
        ex_date=date(2024, 2, 1),
        pay_date=date(2024, 2, 15),
        amount=Decimal("0.5"),
        currency="USD",
        source="test",
    )


def test_api_answers_months_sources_and_what_is_announced(portfolio, investor, paid, coming):
    api = APIClient()
    api.force_authenticate(investor)
    url = f"/api/v1/portfolios/{portfolio.pk}/income"
    found = api.get(url).json()
    # 4 USD and 2 EUR; 0.6 USD of tax; ten shares cost 450 EUR and are worth 570
    amounts = {"payments": 2, "gross": "5.6", "taxes": "0.54", "fees": "0", "net": "5.06"}
    assert {name: found[name] for name in amounts} == amounts
    assert found["months"] == [{"month": "2024-01", **amounts}]
    paper, cash = found["sources"]
    assert (paper["symbol"], paper["gross"], paper["net"], paper["cost_basis"]) == (
        "ACME",
        "3.6",
        "3.06",
        "450",
    )
    assert (paper["yield_on_cost"], found["yield_on_cost"]) == ("0.008", "0.008")
    assert paper["yield_on_value"] == "0.00631578947368421"
    assert (cash["instrument"], cash["gross"], cash["yield_on_cost"]) == (None, "2", None)
    assert cash["reasons"]["yield_on_cost"] == "nothing-held"
    [announced] = found["announced"]
    # the rate of 31 January is 0.95
    assert (announced["quantity"], announced["amount"], announced["value"]) == ("10", "5", "4.75")
    assert (announced["ex_date"], announced["rate_date"]) == ("2024-02-01", "2024-01-31")
    rows = api.get(f"{url}/payments").json()
    assert [(one["date"], one["kind"], one["gross"]) for one in rows["items"]] == [
        ("2024-01-20", "interest", "2"),
        ("2024-01-15", "dividend", "3.6"),
    ]
    none = api.get(url, {"start": "2024-01-21", "end": "2024-01-31"}).json()
    assert (none["payments"], none["gross"], none["months"], none["sources"]) == (0, "0", [], [])
    assert none["yield_on_cost"] == "0"


def test_units_sold_before_the_ex_date_are_not_announced(portfolio, acme, coming, enter):
    enter(portfolio, "sell", "2024-01-31", 4, 60, instrument=acme)
    [row] = income.announced(load(portfolio), date(2024, 1, 31))
    assert (row.quantity, row.amount) == (6, 3)
    enter(portfolio, "sell", "2024-01-31", 6, 60, instrument=acme)
    portfolio.refresh_from_db()
    assert income.announced(load(portfolio), date(2024, 1, 31)) == []


def test_page_shows_what_came_and_its_yield(member, portfolio, paid, coming):
    text = words(member.get(f"/portfolios/{portfolio.pk}/income/"))
    assert "Since the start 5.60 EUR 5.06 EUR after taxes and fees" in text
    assert "Yield on cost 0.80%" in text
    assert "2024 5.60 " in text
    assert "Announced" in text
    assert "Interest on cash" in text


def test_page_without_income_teaches(member, portfolio, acme):
    text = words(member.get(f"/portfolios/{portfolio.pk}/income/"))
    assert "No dividend or interest yet." in text
    assert "Yield on cost" not in text


def test_viewer_is_not_asked_to_add(viewer_client, portfolio, acme):
    page = viewer_client.get(f"/portfolios/{portfolio.pk}/income/")
    assert "Add a transaction" not in words(page)


def test_bars_end_with_this_month(portfolio, paid):
    drawn = bars(income.all_payments(load(portfolio), date(2024, 1, 31)), date(2024, 1, 31))
    assert (len(drawn), drawn[0]) == (24, ("Feb 2022", Decimal(0)))
    assert drawn[-1] == ("Jan 2024", Decimal("5.6"))


def test_page_of_days_of_ones_own_shows_what_came_in_them(member, portfolio, paid):
    url = f"/portfolios/{portfolio.pk}/income/"
    shown = member.get(url, {"range": "dates", "from": "2024-01-15", "to": "2024-01-31"})
    text = words(shown)
    # the dividend came before the close of the 15th
    assert "These days 2.00 EUR 2.00 EUR after taxes and fees" in text
    assert "Since Jan. 15, 2024 5.60 EUR" in text
    assert [row.payment.kind.value for row in shown.context["page"]] == ["interest"]
    wrong = member.get(url, {"range": "dates", "from": "soon", "to": "2024-01-31"})
    assert (wrong.status_code, "Enter a valid date." in words(wrong)) == (400, True)
