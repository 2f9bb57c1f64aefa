"""Figures of groups and parts of portfolios over the REST API, against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from core.actor import Actor
from market.models import Instrument
from portfolios.models import Portfolio
from portfolios.services.portfolios import create_portfolio

Listed = Callable[..., Instrument]
YEAR = {"start": "2024-01-01", "end": "2024-01-31"}


def add(api: APIClient, portfolio: Portfolio, **body: Any) -> None:
    answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json")
    assert answer.status_code == 201, answer.content


def get(api: APIClient, what: str, **params: str) -> dict[str, Any]:
    answer = api.get(f"/api/v1/{what}", params)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def second(investor: Any) -> Portfolio:
    return create_portfolio(
        actor=Actor.user(investor), owner_id=investor.pk, name="Second", currency="USD", time_zone="UTC"
    )


@pytest.fixture
def market(listed: Listed, rated: Callable[..., None]) -> dict[str, str]:
    """A euro stock 50 → 60, a dollar stock 10 → 15, a dollar 0.80 → 0.80 EUR."""
    rated("USD", {"2024-01-01": "0.80"})
    euro = listed(
        "EURO", "EUR", {"2024-01-02": "50", "2024-01-31": "60"}, sector="Energy", kind="stock", country="DE"
    )
    dollar = listed(
        "DOLL", "USD", {"2024-01-02": "10", "2024-01-31": "15"}, sector="Health", kind="etf", country="US"
    )
    return {"euro": str(euro.uuid), "dollar": str(dollar.uuid)}


@pytest.fixture
def booked(api: APIClient, portfolio: Portfolio, second: Portfolio, market: dict[str, str]) -> dict[str, str]:
    """Savings: 1,000 EUR in, 10 EURO at 50 (fee 5, tax 1), 80 EUR out. Second: 100 USD in that day."""
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="1000")
    add(
        api, portfolio, kind="buy", date="2024-01-02", instrument=market["euro"], quantity="10", price="50",
        fee="5", tax="1",
    )  # fmt: skip
    add(api, portfolio, kind="dividend", date="2024-01-10", instrument=market["euro"], quantity="10",
        price="2", tax="5")  # fmt: skip
    add(api, portfolio, kind="withdrawal", date="2024-01-15", amount="80", currency="EUR")
    add(api, second, kind="deposit", date="2024-01-15", amount="80", currency="EUR")
    add(
        api, second, kind="buy", date="2024-01-16", instrument=market["dollar"], quantity="4", price="10",
    )  # fmt: skip
    return market


def test_instrument_is_after_fees_and_before_taxes(
    api: APIClient, portfolio: Portfolio, booked: dict[str, str]
) -> None:
    of = {"portfolios": str(portfolio.pk), "instrument": booked["euro"], **YEAR}
    found = get(api, "statement", **of)
    assert {name: found[name] for name in ("unrealised", "income", "fees", "taxes", "net_flows")} == {
        "unrealised": "100", "income": "20", "fees": "5", "taxes": "0", "net_flows": "485",
    }  # fmt: skip
    assert found["closing_value"] == "600"
    # 505 in, 20 out on the 10th: 500 ÷ 505 × 520 ÷ 500 × 600 ÷ 500 − 1
    earned = get(api, "performance", **of)
    assert float(earned["time_weighted"]) == pytest.approx(500 / 505 * 520 / 500 * 600 / 500 - 1, rel=1e-14)
    assert (earned["inflows"], earned["outflows"]) == ("505", "20")
    assert float(earned["simple"]) == pytest.approx(115 / 485, rel=1e-14)
    assert get(api, "statement", **of, fees="out", taxes="in")["net_flows"] == "486"  # 500 + 1 − 15


def test_sector_class_and_country_of_one_instrument_are_that_instrument(
    api: APIClient, booked: dict[str, str]
) -> None:
    one = get(api, "performance", instrument=booked["euro"], **YEAR)
    for name, value in {
        "sector": "energy",
        "class": "stock",
        "country": "DE",
        "quote_currency": "EUR",
    }.items():
        assert get(api, "performance", **{name: value}, **YEAR) == one, name


def test_group_does_not_count_what_moved_between_its_portfolios(
    api: APIClient, booked: dict[str, str]
) -> None:
    found = get(api, "statement", **YEAR)
    assert found["currency"] == "EUR"
    assert (found["net_flows"], found["parts"]["inflows"], found["parts"]["outflows"]) == (
        "1000",
        "1000",
        "0",
    )
    # 600 + 429 EUR there; 80 EUR − 40 USD and 4 × 15 USD here: 80 − 32 + 48
    assert found["closing_value"] == "1125"
    rows = get(api, "series", **YEAR)["items"]
    assert sum(float(row["inflow"]) for row in rows) == 1000
    assert sum(float(row["outflow"]) for row in rows) == 0
    earned = get(api, "performance", **YEAR)
    assert (earned["closing_value"], earned["inflows"]) == ("1125", "1000")
    assert float(earned["time_weighted"]) == pytest.approx(0.125, rel=1e-12)


def test_group_of_one_is_the_portfolio(api: APIClient, portfolio: Portfolio, booked: dict[str, str]) -> None:
    for what in ("performance", "statement", "series"):
        alone = get(api, f"portfolios/{portfolio.pk}/{what}", **YEAR)
        assert get(api, what, portfolios=str(portfolio.pk), **YEAR) == alone


def test_group_of_one_with_an_empty_portfolio_is_the_portfolio(
    api: APIClient, portfolio: Portfolio, second: Portfolio, market: dict[str, str]
) -> None:
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="10")
    alone = get(api, f"portfolios/{portfolio.pk}/statement", **YEAR)
    assert get(api, "statement", **YEAR) == alone


def test_cash_is_a_scope(api: APIClient, portfolio: Portfolio, booked: dict[str, str]) -> None:
    found = get(api, "statement", portfolios=str(portfolio.pk), cash="true", **YEAR)
    assert (found["closing_value"], found["net_flows"], found["fees"]) == ("429", "429", "0")


def test_report_in_another_currency_and_back(
    api: APIClient, portfolio: Portfolio, second: Portfolio, booked: dict[str, str]
) -> None:
    found = get(api, f"portfolios/{portfolio.pk}/statement", **YEAR, currency="usd")
    assert (found["currency"], found["closing_value"]) == ("USD", "1286.25")  # 1,029 ÷ 0.80
    assert found["net_flows"] == "1150"  # 920 ÷ 0.80
    worth = get(api, f"portfolios/{portfolio.pk}/valuation", date="2024-01-31", currency="USD")
    assert (worth["currency"], worth["total"]) == ("USD", "1286.25")
    there = get(api, f"portfolios/{portfolio.pk}/performance", **YEAR, currency="USD")
    here = get(api, f"portfolios/{portfolio.pk}/performance", **YEAR)
    assert float(there["time_weighted"]) == pytest.approx(float(here["time_weighted"]), rel=1e-12)


def test_before_charges_leaves_them_out_of_the_return(
    api: APIClient, portfolio: Portfolio, booked: dict[str, str]
) -> None:
    found = get(api, f"portfolios/{portfolio.pk}/statement", **YEAR, fees="out", taxes="out")
    assert (found["fees"], found["taxes"], found["gain"], found["closing_value"]) == ("0", "0", "120", "1029")
    assert found["net_flows"] == "909"  # 1,000 − 80 − 5 − 1 − 5


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("2024", "2024-01-01", "2024-12-31"), ("all", "2024-01-01", None), ("ytd", None, None)],
)
def test_period_by_name(api: APIClient, asked: str, first: str | None, last: str | None) -> None:
    found = get(api, "performance", period=asked)
    assert first in {None, found["start"]}
    assert last in {None, found["end"]}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"period": "2w"}, "period"),
        ({"period": "1y", "end": "2024-01-01"}, "period"),
        ({"portfolios": "x"}, "portfolios"),
        ({"fees": "no"}, "fees"),
        ({"currency": "QQQ"}, "currency"),
        ({"start": "2024-02-01", "end": "2024-01-01"}, "start"),
        ({"class": "shoes"}, "class"),
    ],
)
def test_refusals_name_the_parameter(
    api: APIClient, portfolio: Portfolio, params: dict[str, str], field: str
) -> None:
    answer = api.get("/api/v1/performance", params)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])


def test_nobody_adds_up_what_they_may_not_see(
    api: APIClient, stranger_api: APIClient, portfolio: Portfolio, second: Portfolio
) -> None:
    ids = f"{portfolio.pk},{second.pk}"
    assert api.get("/api/v1/performance", {"portfolios": ids}).status_code == 200
    assert stranger_api.get("/api/v1/performance", {"portfolios": ids}).status_code == 404
    assert stranger_api.get("/api/v1/performance").status_code == 400  # has no portfolio
    assert APIClient().get("/api/v1/performance", {"portfolios": ids}).status_code == 401


def test_what_nobody_holds_has_no_figures_and_says_why(
    api: APIClient, portfolio: Portfolio, booked: dict[str, str]
) -> None:
    found = get(api, "performance", portfolios=str(portfolio.pk), sector="Nothing")
    assert found["time_weighted"] is None
    assert found["reasons"]["time_weighted"] == "nothing-held"


def test_allocation_by_country_and_account_adds_up(
    api: APIClient, booked: dict[str, str], portfolio: Portfolio, second: Portfolio
) -> None:
    Portfolio.objects.filter(pk=second.pk).update(name="Savings")  # two of one name stay two
    day = {"date": "2024-01-31"}
    countries = get(api, "allocation", by="country", **day)
    shares = {"DE": "0.5333", "Cash": "0.424", "US": "0.0427"}  # 600, 429 + 48 and 48 of 1,125 EUR
    assert {row["key"]: row["share"] for row in countries["items"]} == shares
    accounts = get(api, "allocation", by="account", **day)
    assert [(row["key"], row["value"]) for row in accounts["items"]] == [
        ("Savings", "1029"),
        ("Savings", "96"),
    ]
    assert countries["total"] == accounts["total"] == "1125"
    only = get(api, "allocation", by="account", sector="energy", **day)["items"]
    assert only == [{"key": "Savings", "value": "600", "share": "1"}]
