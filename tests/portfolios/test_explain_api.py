"""What figures are made of over the REST API: the parts add up to what the statement says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import prod
from typing import Any

import pytest
from rest_framework.test import APIClient

from core.actor import Actor
from market.models import Instrument
from portfolios.models import Portfolio
from portfolios.services.portfolios import create_portfolio

PERIOD = {"start": "2024-01-05", "end": "2024-01-31"}
LINES = (
    "opening_value", "unrealised", "realised", "income", "fees", "taxes", "currency_effect", "net_flows",
    "closing_value", "gain",
)  # fmt: skip


@pytest.fixture
def booked(
    api: APIClient, portfolio: Portfolio, listed: Callable[..., Instrument], rated: Callable[..., None]
) -> Instrument:
    """In EUR: 10 DOLL at 30 USD at an own rate of 0.95, 3 sold in the period, a dividend, a fee, money in."""
    rated("USD", {"2024-01-01": "0.90", "2024-01-20": "0.80"})
    doll = listed("DOLL", "USD", {"2024-01-02": "30", "2024-01-31": "40"})
    key = str(doll.uuid)
    for body in (
        {"kind": "deposit", "date": "2024-01-02", "amount": "1000", "currency": "EUR"},
        {"kind": "buy", "date": "2024-01-02", "instrument": key, "quantity": "10", "price": "30",
         "fee": "1", "fx_rate": "0.95"},
        {"kind": "dividend", "date": "2024-01-10", "instrument": key, "quantity": "10", "price": "0.7",
         "tax": "1"},
        {"kind": "sell", "date": "2024-01-22", "instrument": key, "quantity": "3", "price": "37", "fee": "2",
         "fx_rate": "0.85"},
        {"kind": "deposit", "date": "2024-01-25", "amount": "50", "currency": "USD"},
    ):  # fmt: skip
        answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json")
        assert answer.status_code == 201, answer.content
    return doll


def get(api: APIClient, what: str, **params: str) -> dict[str, Any]:
    answer = api.get(f"/api/v1/{what}", params)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize(
    "scope", [{}, {"cash": "true"}, {"class": "stock"}, {"currency": "USD", "fees": "out"}]
)
def test_parts_add_up_to_each_line_of_the_statement(
    api: APIClient, booked: Instrument, scope: dict[str, str]
) -> None:
    stated = get(api, "statement", **PERIOD, **scope)
    for figure in LINES:
        found = get(api, "explain", figure=figure, **PERIOD, **scope)
        amounts = [Decimal(one["amount"]) for one in found["items"]]
        assert (found["value"], found["rule"], found["total"]) == (stated[figure], "sum", len(amounts))
        assert sum(amounts, Decimal(0)) == Decimal(stated[figure]), figure


def test_own_rate_wins_and_it_is_told_which_was_used(
    api: APIClient, portfolio: Portfolio, booked: Instrument
) -> None:
    sold = get(api, "explain", figure="realised", **PERIOD)["items"][0]
    assert {name: sold[name] for name in ("kind", "symbol", "date", "quantity", "rate", "rate_source")} == {
        "kind": "sale", "symbol": "DOLL", "date": "2024-01-22", "quantity": "3", "rate": "0.85",
        "rate_source": "own",
    }  # fmt: skip
    assert (sold["counted_from"], sold["value"]) == ("81", "94.35")  # 3 × 30 × 0.90; 3 × 37 × 0.85
    paid = get(api, "explain", figure="income", **PERIOD)["items"][0]
    assert (paid["quantity"], paid["rate"], paid["rate_as_of"], paid["rate_age_days"], paid["amount"]) == (
        "7", "0.9", "2024-01-01", 9, "6.3",
    )  # fmt: skip
    assert paid["rate_source"] != "own"
    lot = get(api, "explain", figure="closing_value", **PERIOD)["items"][0]
    assert (lot["acquired"], lot["quantity"], lot["price"], lot["price_as_of"]) == (
        "2024-01-02", "7", "40", "2024-01-31",
    )  # fmt: skip
    assert (lot["rate"], lot["rate_age_days"], lot["amount"]) == ("0.8", 11, "224")
    used = get(api, f"portfolios/{portfolio.pk}/rates-used")["items"]
    assert [(one["date"], one["rate"], one["source"] == "own", one["age_days"]) for one in used] == [
        ("2024-01-02", "0.95", True, 0),
        ("2024-01-10", "0.9", False, 9),
        ("2024-01-22", "0.85", True, 0),
        ("2024-01-25", "0.8", False, 5),
    ]


def test_cost_opens_into_lots(api: APIClient, portfolio: Portfolio, booked: Instrument) -> None:
    found = get(api, "explain", figure="cost", end="2024-01-31")
    assert found["value"] == "199.5"  # 7 × 30 × 0.95
    assert [(one["acquired"], one["quantity"]) for one in found["items"]] == [("2024-01-02", "7")]


def test_returns_follow_from_their_parts(api: APIClient, booked: Instrument) -> None:
    whole = {"start": "2024-01-02", "end": "2025-03-31"}
    earned = get(api, "performance", **whole)
    linked = get(api, "explain", figure="time_weighted", **whole)
    growths = [float(one["amount"]) for one in linked["items"]]
    assert len(growths) == 2  # the deposit of the 25th divides the period
    assert prod(1 + one for one in growths) - 1 == pytest.approx(float(earned["time_weighted"]), rel=1e-12)
    for one in linked["items"]:
        ratio = float(one["value"]) / float(one["counted_from"]) - 1
        assert float(one["amount"]) == pytest.approx(ratio, rel=1e-9)
    flows = get(api, "explain", figure="money_weighted", **whole)
    assert sum(float(one["amount"]) for one in flows["items"]) == pytest.approx(0, abs=1e-6)
    gain, opening, paid = (
        Decimal(one["amount"]) for one in get(api, "explain", figure="simple", **whole)["items"]
    )
    assert float(gain / (opening + paid)) == pytest.approx(float(earned["simple"]), rel=1e-12)
    yearly = get(api, "explain", figure="time_weighted_annualised", **whole)
    total, days, year = (float(one["amount"]) for one in yearly["items"])
    assert float(yearly["value"]) == pytest.approx((1 + total) ** (year / days) - 1, rel=1e-12)
    short = get(api, "explain", figure="time_weighted_annualised", **PERIOD)
    assert (short["value"], short["reason"]) == (None, "short-period")


def test_group_tells_what_was_earned_on_the_way(
    api: APIClient, investor: Any, portfolio: Portfolio, booked: Instrument
) -> None:
    second = create_portfolio(
        actor=Actor.user(investor), owner_id=investor.pk, name="Second", currency="EUR", time_zone="UTC"
    )
    group = "7b0c1a52-0000-4000-8000-000000000001"
    for owner, body in (
        (portfolio, {"kind": "withdrawal", "amount": "100", "currency": "EUR"}),
        (second, {"kind": "deposit", "amount": "99", "currency": "EUR"}),
    ):
        sent = {"date": "2024-01-15", "group": group, **body}
        assert api.post(f"/api/v1/portfolios/{owner.pk}/transactions", sent, format="json").status_code == 201
    stated = get(api, "statement", **PERIOD)
    for figure in LINES:
        found = get(api, "explain", figure=figure, **PERIOD)
        assert sum(Decimal(one["amount"]) for one in found["items"]) == Decimal(stated[figure]), figure
    found = get(api, "explain", figure="currency_effect", **PERIOD)["items"]
    assert [one["amount"] for one in found if one["kind"] == "on-the-way"] == ["-1"]


def test_list_is_cut_and_a_wrong_figure_is_named(api: APIClient, booked: Instrument) -> None:
    found = get(api, "explain", figure="net_flows", skip="0", limit="1")
    assert (len(found["items"]), found["total"], found["limit"]) == (1, 2, 1)
    assert get(api, "explain")["figure"] == "gain"
    answer = api.get("/api/v1/explain", {"figure": "luck"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "figure")
