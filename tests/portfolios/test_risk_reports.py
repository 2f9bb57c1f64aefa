"""Risk of groups and parts of portfolios over the REST API, against numbers worked out by hand."""

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
# Tuesday, Wednesday, Friday (Thursday is a holiday), Monday
DAYS = ("2024-01-02", "2024-01-03", "2024-01-05", "2024-01-08")
WHOLE = {"start": DAYS[0], "end": DAYS[-1]}


def get(api: APIClient, what: str, status: int = 200, **params: str) -> Any:
    answer = api.get(f"/api/v1/{what}", WHOLE | params)
    assert answer.status_code == status, answer.content
    return answer.json()


def hold(api: APIClient, portfolio: Portfolio, instrument: Instrument, price: str) -> None:
    """Put 800 in, all of it in 8 units."""
    for body in (
        {"kind": "deposit", "amount": "800"},
        {"kind": "buy", "instrument": str(instrument.uuid), "quantity": "8", "price": price},
    ):
        answer = api.post(
            f"/api/v1/portfolios/{portfolio.pk}/transactions", body | {"date": DAYS[0]}, format="json"
        )
        assert answer.status_code == 201, answer.content


@pytest.fixture
def second(investor: Any) -> Portfolio:
    return create_portfolio(
        actor=Actor.user(investor), owner_id=investor.pk, name="Second", currency="EUR", time_zone="UTC"
    )


@pytest.fixture
def held(api: APIClient, portfolio: Portfolio, second: Portfolio, listed: Listed) -> dict[str, Instrument]:
    """Savings hold RISE: 800, 1000, 500, 1000. Second holds FALL: 800, 1000, 500, 250."""
    rise = listed(
        "RISE", "EUR", dict(zip(DAYS, ("100", "125", "62.5", "125"), strict=True)), sector="Energy",
        country="DE", kind="stock",
    )  # fmt: skip
    fall = listed(
        "FALL", "EUR", dict(zip(DAYS, ("100", "125", "62.5", "31.25"), strict=True)), sector="Health",
        country="US", kind="etf",
    )  # fmt: skip
    hold(api, portfolio, rise, "100")
    hold(api, second, fall, "100")
    return {"rise": rise, "fall": fall}


def test_a_group_is_measured_by_its_own_days(
    api: APIClient, portfolio: Portfolio, second: Portfolio, held: dict[str, Instrument]
) -> None:
    found = get(api, "risk", portfolios=f"{portfolio.pk},{second.pk}")
    # 1600, 2000, 1000, 1250: +25 %, −50 %, +25 %; the holiday is linked into the day after it
    assert found["observations"] == 3
    assert (found["best"], found["worst"], found["max_drawdown"]) == ("0.25", "-0.5", "-0.5")
    # the mean is 0: √((0.25² + 0.5² + 0.25²) ÷ 2) × √252
    assert found["volatility"] == "6.87386354243376"
    assert found["sharpe"] == "0"
    assert found["drawdown"] == "-0.375"
    (fall,) = found["drawdowns"]
    # the last day at the high is the holiday
    assert fall == {"depth": "-0.5", "from": "2024-01-04", "to": DAYS[2], "recovered": None, "days": 4}
    assert [row["time_weighted"] for row in found["months"]] == ["-0.21875"]
    # all of one's own, unless some are named
    assert get(api, "risk") == found


def test_a_part_is_measured_by_the_returns_of_the_part(
    api: APIClient, held: dict[str, Instrument], portfolio: Portfolio
) -> None:
    """The time-weighted returns of RISE are 25 %, −50 %, 100 %, whatever else was held."""
    api.put(f"/api/v1/instruments/{held['rise'].uuid}/tags", {"tags": ["Core"]}, format="json")
    one = get(api, "risk", instrument=str(held["rise"].uuid))
    assert (one["observations"], one["best"], one["worst"], one["drawdown"]) == (3, "1", "-0.5", "0")
    assert one["positive_share"] == "0.666666666666667"
    parts = {
        "sector": "energy", "class": "stock", "country": "DE", "tag": "core", "portfolios": str(portfolio.pk),
    }  # fmt: skip
    for name, value in parts.items():
        assert get(api, "risk", **{name: value}) == one, name
    assert get(api, "risk", instrument=str(held["fall"].uuid))["drawdown"] == "-0.75"
    # both are quoted in euros
    assert get(api, "risk", quote_currency="EUR")["volatility"] == "6.87386354243376"
    nothing = get(api, "risk", sector="Utilities")
    assert (nothing["volatility"], nothing["reasons"]["volatility"]) == (None, "nothing-held")


def test_rolling_figures_and_a_benchmark_beside_a_group(api: APIClient, held: dict[str, Instrument]) -> None:
    rise = str(held["rise"].uuid)
    found = get(api, "rolling-risk", window="2", benchmark=rise)
    assert [row["date"] for row in found["items"]] == [DAYS[2], DAYS[3]]
    assert [row["time_weighted"] for row in found["items"]] == ["-0.375", "-0.375"]
    # ours moves by 0.75 where RISE moves by 0.75, then by 0.75 where it moves by 1.5
    assert [row["beta"] for row in found["items"]] == ["1", "0.5"]
    beside = get(api, "benchmark-comparison", benchmark=rise)
    assert (beside["value"], beside["same_flows"], beside["difference"]) == ("1250", "2000", "-750")
    assert beside["benchmark_time_weighted"] == "0.25"
    assert get(api, "risk", benchmark=rise)["active_return"] == "-0.46875"


def test_a_group_has_the_benchmark_that_all_of_it_have(
    api: APIClient, portfolio: Portfolio, second: Portfolio, held: dict[str, Instrument]
) -> None:
    body = {"benchmark": str(held["rise"].uuid)}
    api.patch(f"/api/v1/portfolios/{portfolio.pk}", body, format="json")
    assert get(api, "risk")["benchmark"] is None
    assert get(api, "risk", portfolios=str(portfolio.pk), sector="Energy")["benchmark"]["name"] == "RISE"
    api.patch(f"/api/v1/portfolios/{second.pk}", body, format="json")
    assert get(api, "risk")["benchmark"]["name"] == "RISE"
    assert get(api, "risk", benchmark="none")["benchmark"] is None


@pytest.mark.parametrize("what", ["risk", "rolling-risk", "benchmark-comparison"])
def test_anothers_portfolio_is_not_there(
    api: APIClient, stranger_api: APIClient, portfolio: Portfolio, what: str
) -> None:
    get(stranger_api, what, status=404, portfolios=str(portfolio.pk))
    get(api, what, status=400, benchmark="x")
