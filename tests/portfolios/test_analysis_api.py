"""What the REST API says of a portfolio, against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rest_framework.test import APIClient

from market.models import CorporateAction, Instrument
from portfolios.models import Portfolio

Listed = Callable[..., Instrument]


def add(api: APIClient, portfolio: Portfolio, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def get(api: APIClient, portfolio: Portfolio, what: str, **params: str) -> dict[str, Any]:
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/{what}", params)
    assert answer.status_code == 200, answer.content
    return answer.json()


def bought_in_dollars(
    api: APIClient, portfolio: Portfolio, listed: Listed, rated: Callable[..., None]
) -> Instrument:
    """Deposit 1,000 EUR and 900 USD; buy 10 at 50 USD (fee 1) when a dollar is 0.90, then 0.95 EUR."""
    acme = listed("ACME", "USD", {"2024-01-02": "50", "2024-01-31": "60"})
    rated("USD", {"2024-01-02": "0.90", "2024-01-31": "0.95"})
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="1000")
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="900", currency="USD")
    add(
        api,
        portfolio,
        kind="buy",
        date="2024-01-02",
        instrument=str(acme.uuid),
        quantity="10",
        price="50",
        fee="1",
    )
    return acme


def test_valuation_in_two_currencies(
    api: APIClient, portfolio: Portfolio, listed: Listed, rated: Callable[..., None]
) -> None:
    bought_in_dollars(api, portfolio, listed, rated)
    found = get(api, portfolio, "valuation", date="2024-01-31")
    # 10 × 60 USD × 0.95 = 570; cash 1000 EUR + (900 − 500 − 1) USD × 0.95 = 1379.05
    assert found["market_value"] == "570"
    assert found["cash_value"] == "1379.05"
    assert found["total"] == "1949.05"
    assert found["cost_basis"] == "450"
    assert found["unrealised"] == "120"
    assert found["fees"] == "0.9"
    assert found["as_of"] == "2024-01-31"
    assert found["incomplete"] is False
    assert found["problems"] == []


def test_statement_adds_up_in_two_currencies(
    api: APIClient, portfolio: Portfolio, listed: Listed, rated: Callable[..., None]
) -> None:
    bought_in_dollars(api, portfolio, listed, rated)
    found = get(api, portfolio, "statement", start="2024-01-01", end="2024-01-31")
    assert found["opening_value"] == "0"
    assert found["net_flows"] == "1810"  # 1000 + 900 × 0.90
    assert found["unrealised"] == "95"  # 10 × (60 − 50) × 0.95
    assert found["fees"] == "0.9"
    # position 10 × 50 × 0.05 = 25; cash 399 × 0.95 − (810 − 450 − 0.90) = 19.95
    assert found["currency_effect"] == "44.95"
    assert found["closing_value"] == "1949.05"
    parts = [
        Decimal(found[name]) for name in ("unrealised", "realised", "income", "currency_effect", "net_flows")
    ]
    assert sum(parts) - Decimal(found["fees"]) - Decimal(found["taxes"]) == Decimal(found["closing_value"])


def test_position_shows_price_and_currency_gain(
    api: APIClient, portfolio: Portfolio, listed: Listed, rated: Callable[..., None]
) -> None:
    acme = bought_in_dollars(api, portfolio, listed, rated)
    page = get(api, portfolio, "positions", date="2024-01-31")
    assert (page["total"], page["skip"], page["limit"]) == (1, 0, 100)
    found = page["items"][0]
    assert found["instrument"] == str(acme.uuid)
    assert found["quantity"] == "10"
    assert found["price"] == "60"
    assert found["average_cost"] == "50"
    assert found["market_value"] == "570"
    assert found["unrealised_price"] == "95"
    assert found["unrealised_currency"] == "25"
    assert found["reasons"] == {}


def test_split_keeps_cost_and_value(api: APIClient, portfolio: Portfolio, listed: Listed) -> None:
    acme = listed("ACME", "EUR", {"2024-01-02": "100", "2024-02-01": "51"})
    CorporateAction.objects.create(
        instrument=acme, kind="split", ex_date="2024-02-01", numerator=2, denominator=1, source="test"
    )
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="1000")
    add(api, portfolio, kind="buy", date="2024-01-02", instrument=str(acme.uuid), quantity="10", price="100")
    found = get(api, portfolio, "positions", date="2024-02-01")["items"][0]
    assert found["quantity"] == "20"
    assert found["cost_basis"] == "1000"
    assert found["average_cost"] == "50"
    assert found["market_value"] == "1020"


def test_returns_since_inception(api: APIClient, portfolio: Portfolio, listed: Listed) -> None:
    acme = listed("ACME", "EUR", {"2023-01-02": "100", "2024-01-02": "110"})
    add(api, portfolio, kind="deposit", date="2023-01-02", amount="1000")
    add(api, portfolio, kind="buy", date="2023-01-02", instrument=str(acme.uuid), quantity="10", price="100")
    found = get(api, portfolio, "performance", end="2024-01-02", start="2023-01-02")
    assert found["days"] == 365
    assert found["time_weighted"] == "0.1"
    assert found["time_weighted_annualised"] == "0.1"
    assert found["money_weighted"] == "0.1"
    assert found["simple"] == "0.1"
    assert found["reasons"] == {}


def test_returns_of_an_empty_portfolio_are_null_with_a_reason(api: APIClient, portfolio: Portfolio) -> None:
    found = get(api, portfolio, "performance")
    assert found["time_weighted"] is None
    assert found["money_weighted"] is None
    assert found["reasons"]["time_weighted"] == "nothing-held"


def test_allocation_shares_add_up_to_one(
    api: APIClient, portfolio: Portfolio, listed: Listed, rated: Callable[..., None]
) -> None:
    bought_in_dollars(api, portfolio, listed, rated)
    found = get(api, portfolio, "allocation", date="2024-01-31", by="currency")
    assert {row["key"]: row["value"] for row in found["items"]} == {"EUR": "1000", "USD": "949.05"}
    assert sum(Decimal(row["share"]) for row in found["items"]) == 1


def test_series_opens_with_the_day_before(api: APIClient, portfolio: Portfolio, listed: Listed) -> None:
    acme = listed("ACME", "EUR", {"2024-01-02": "100", "2024-01-04": "120"})
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="1000")
    add(api, portfolio, kind="buy", date="2024-01-02", instrument=str(acme.uuid), quantity="10", price="100")
    found = get(api, portfolio, "series", end="2024-01-04")
    rows = {row["date"]: (row["value"], row["inflow"], row["time_weighted"]) for row in found["items"]}
    assert rows == {
        "2024-01-01": ("0", "0", "0"),
        "2024-01-02": ("1000", "1000", "0"),
        "2024-01-03": ("1000", "0", "0"),
        "2024-01-04": ("1200", "0", "0.2"),
    }


def test_net_worth_converts_each_portfolio(
    api: APIClient, portfolio: Portfolio, rated: Callable[..., None]
) -> None:
    rated("USD", {"2024-01-02": "0.90"})
    add(api, portfolio, kind="deposit", date="2024-01-02", amount="100")
    other = api.post("/api/v1/portfolios", {"name": "Dollars", "currency": "USD"}, format="json").json()
    api.post(
        f"/api/v1/portfolios/{other['id']}/transactions",
        {"kind": "deposit", "date": "2024-01-02", "amount": "50"},
        format="json",
    )
    found = api.get("/api/v1/net-worth").json()
    assert (found["currency"], found["total"]) == ("EUR", "145")
    assert [part["value"] for part in found["portfolios"]] == ["45", "100"]


def test_period_that_ends_before_it_starts_names_the_parameter(api: APIClient, portfolio: Portfolio) -> None:
    answer = api.get(
        f"/api/v1/portfolios/{portfolio.pk}/series", {"start": "2024-02-01", "end": "2024-01-01"}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "start"


def test_strangers_get_404_on_every_figure(stranger_api: APIClient, portfolio: Portfolio) -> None:
    for what in (
        "valuation",
        "positions",
        "lots",
        "disposals",
        "series",
        "performance",
        "statement",
        "allocation",
    ):
        answer = stranger_api.get(f"/api/v1/portfolios/{portfolio.pk}/{what}")
        assert (what, answer.status_code) == (what, 404)


def three_purchases_and_a_sale(api: APIClient, portfolio: Portfolio, listed: Listed) -> None:
    """Buy 10 at 100, at 130 and at 110; sell 15 at 140: the example of docs/algorithms/cost-basis.md."""
    acme = listed("ACME", "EUR", {"2024-04-30": "120"})
    add(api, portfolio, kind="deposit", date="2024-01-01", amount="5000")
    for day, kind, quantity, price in [
        ("2024-01-10", "buy", "10", "100"),
        ("2024-02-10", "buy", "10", "130"),
        ("2024-03-10", "buy", "10", "110"),
        ("2024-04-10", "sell", "15", "140"),
    ]:
        add(api, portfolio, kind=kind, date=day, instrument=str(acme.uuid), quantity=quantity, price=price)


# method: realised, unrealised (15 × 120 = 1800 less the cost left), cost left
BY_METHOD = {
    "fifo": ("450", "50", "1750"),
    "lifo": ("350", "150", "1650"),
    "hifo": ("250", "250", "1550"),
    "average": ("400", "100", "1700"),
}


def test_each_cost_method_is_compared_and_the_sum_is_the_same(
    api: APIClient, portfolio: Portfolio, listed: Listed
) -> None:
    three_purchases_and_a_sale(api, portfolio, listed)
    found = get(api, portfolio, "cost-methods", date="2024-04-30")
    assert (found["date"], found["currency"]) == ("2024-04-30", "EUR")
    shown = {
        row["cost_method"]: (row["realised"], row["unrealised"], row["cost_basis"])
        for row in found["methods"]
    }
    assert shown == BY_METHOD
    assert [row["cost_method"] for row in found["methods"] if row["in_use"]] == ["fifo"]
    assert {Decimal(row["realised"]) + Decimal(row["unrealised"]) for row in found["methods"]} == {500}


def test_switching_the_cost_method_recomputes_and_switching_back_restores(
    api: APIClient, portfolio: Portfolio, listed: Listed
) -> None:
    three_purchases_and_a_sale(api, portfolio, listed)
    before = get(api, portfolio, "positions", date="2024-04-30")
    for method in ("lifo", "hifo", "average", "fifo"):
        answer = api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"cost_method": method}, format="json")
        assert answer.json()["cost_method"] == method
        (row,) = get(api, portfolio, "positions", date="2024-04-30")["items"]
        assert (row["realised"], row["unrealised"], row["cost_basis"]) == BY_METHOD[method]
    assert get(api, portfolio, "positions", date="2024-04-30") == before


def test_fees_in_the_basis_are_previewed_and_then_counted(
    api: APIClient, portfolio: Portfolio, listed: Listed
) -> None:
    acme = listed("ACME", "EUR", {"2024-04-30": "120"})
    money_in = {"kind": "deposit", "date": "2024-01-01", "amount": "2000"}
    add(api, portfolio, **money_in)
    trade = {"instrument": str(acme.uuid), "fee": "5"}
    add(api, portfolio, kind="buy", date="2023-12-10", quantity="10", price="100", tax="3", **trade)
    add(api, portfolio, kind="sell", date="2024-04-10", quantity="5", price="140", tax="9", **trade)
    preview = get(api, portfolio, "cost-methods", date="2024-04-30", fees_in_basis="true")["methods"][0]
    # Half of 1000 + 5 + 3 is 504; the sale brought 700 less its fee of 5; its tax stays beside it.
    assert (preview["realised"], preview["unrealised"], preview["cost_basis"]) == ("191", "96", "504")
    assert preview["years"] == [{"year": 2024, "realised": "191"}]
    assert (preview["fees_in_basis"], preview["in_use"]) == (True, False)
    (row,) = get(api, portfolio, "positions", date="2024-04-30")["items"]
    assert (row["realised"], row["unrealised"], row["cost_basis"]) == ("200", "100", "500")
    before = get(api, portfolio, "statement", end="2024-04-30")
    answer = api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"fees_in_basis": True}, format="json")
    assert answer.json()["fees_in_basis"] is True
    (row,) = get(api, portfolio, "positions", date="2024-04-30")["items"]
    assert (row["realised"], row["unrealised"], row["cost_basis"]) == ("191", "96", "504")
    assert (row["average_cost"], row["fees"], row["taxes"]) == ("100.8", "10", "12")
    assert get(api, portfolio, "valuation", date="2024-04-30")["fees_in_basis"] is True
    assert get(api, portfolio, "statement", end="2024-04-30") == before


def test_unknown_cost_method_is_refused(api: APIClient, portfolio: Portfolio) -> None:
    answer = api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"cost_method": "best"}, format="json")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["cost_method"]
