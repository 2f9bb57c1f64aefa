"""What risk figures are made of over the REST API: the parts make the figure again by its rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from market.models import Instrument
from portfolios.models import Portfolio
from portfolios.selectors.risk_explain import RULES

# Monday to Friday: 25 %, −50 %, 25 %, 0 %
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
CLOSES = ("160", "200", "100", "125", "125")


@pytest.fixture
def held(api: APIClient, portfolio: Portfolio, listed: Callable[..., Instrument]) -> Instrument:
    acme = listed("ACME", "EUR", dict(zip(DAYS, CLOSES, strict=True)))
    for body in (
        {"kind": "deposit", "amount": "1600"},
        {"kind": "buy", "instrument": str(acme.uuid), "quantity": "10", "price": "160"},
    ):
        url = f"/api/v1/portfolios/{portfolio.pk}/transactions"
        assert api.post(url, body | {"date": DAYS[0]}, format="json").status_code == 201
    return acme


def explain(api: APIClient, figure: str, **more: str) -> tuple[float, list[dict[str, Any]]]:
    params = {"figure": figure, "start": DAYS[0], "end": DAYS[-1], **more}
    found = api.get("/api/v1/explain", params).json()
    assert found["rule"] == RULES[figure]
    for one in found["items"]:
        for name in ("amount", "value", "counted_from", "weight"):
            one[name] = None if one[name] is None else float(one[name])
    return float(found["value"]), found["items"]


def same(first: float, second: float) -> bool:
    return format(first, ".12g") == format(second, ".12g")


def test_deviations_are_the_squares_of_the_returns(api: APIClient, held: Instrument) -> None:
    value, rows = explain(api, "volatility")
    # the mean is 0
    assert [(one["date"], one["value"], one["amount"]) for one in rows] == [
        (DAYS[1], 0.25, 0.0625), (DAYS[2], -0.5, 0.25), (DAYS[3], 0.25, 0.0625), (DAYS[4], 0.0, 0.0),
    ]  # fmt: skip
    assert rows[0]["since"] == DAYS[0]
    assert same(value, math.sqrt(0.375 / 3 * 252))
    value, rows = explain(api, "downside_deviation")
    assert [one["amount"] for one in rows] == [0, 0.25, 0, 0]
    assert same(value, math.sqrt(0.25 / 4 * 252))


def test_the_target_and_the_risk_free_rate_are_what_was_asked(api: APIClient, held: Instrument) -> None:
    _value, rows = explain(api, "downside_deviation", target="0.1")
    assert same(rows[0]["counted_from"], 1.1 ** (1 / 252) - 1)
    value, rows = explain(api, "sharpe", risk_free="0.1")
    mean, deviation, periods = (one["amount"] for one in rows)
    assert same(mean, 1 - 1.1 ** (1 / 252))
    assert same(deviation, math.sqrt(0.375 / 3))
    assert same(value, mean / deviation * math.sqrt(periods))
    value, rows = explain(api, "sortino", target="0.1")
    mean, below, periods = (one["amount"] for one in rows)
    assert same(value, mean * periods / below)


def test_drawdowns_are_their_high_and_low(api: APIClient, held: Instrument) -> None:
    value, rows = explain(api, "max_drawdown")
    assert [(one["kind"], one["date"], one["amount"]) for one in rows] == [
        ("peak", DAYS[1], 1.25), ("trough", DAYS[2], 0.625),
    ]  # fmt: skip
    assert value == 0.625 / 1.25 - 1
    value, rows = explain(api, "drawdown")
    assert [(one["kind"], one["date"]) for one in rows] == [("peak", DAYS[1]), ("last", DAYS[4])]
    assert value == rows[1]["amount"] / rows[0]["amount"] - 1
    value, (annual, deepest) = explain(api, "calmar")
    assert same(value, annual["amount"] / -deepest["amount"])


@pytest.mark.parametrize(
    ("asked", "expected", "weights"),
    [
        # (4 − 1) × 0.25 = 0.75: a quarter of −50 % and three quarters of 0 %
        (("value_at_risk", "0.75"), -0.125, [0.25, 0.75, 0, 0]),
        # the worst ⌊0.75⌋ + 1
        (("conditional_value_at_risk", "0.75"), -0.5, [1]),
        # the worst ⌊1.5⌋ + 1
        (("conditional_value_at_risk", "0.5"), -0.25, [0.5, 0.5]),
        (("best", "0.95"), 0.25, [1]),
        (("worst", "0.95"), -0.5, [1]),
    ],
)
def test_quantiles_are_weighed_sums_of_the_sorted_returns(
    api: APIClient, held: Instrument, asked: tuple[str, str], expected: float, weights: list[float]
) -> None:
    value, rows = explain(api, asked[0], confidence=asked[1])
    assert [one["weight"] for one in rows] == weights
    assert value == expected == sum(one["amount"] * one["weight"] for one in rows)
    assert [one["value"] for one in rows] == sorted(one["value"] for one in rows)


def test_a_part_of_a_portfolio_is_explained_alike_and_nothing_has_no_parts(
    api: APIClient, held: Instrument
) -> None:
    whole = explain(api, "volatility")
    assert explain(api, "volatility", instrument=str(held.uuid)) == whole
    none = api.get("/api/v1/explain", {"figure": "volatility", "sector": "Energy"}).json()
    assert (none["value"], none["reason"], none["items"]) == (None, "nothing-held", [])
