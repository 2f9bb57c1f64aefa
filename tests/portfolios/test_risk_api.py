"""Risk figures over the REST API: beside a benchmark, by month, with their reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from market.models import CorporateAction, Instrument
from portfolios.models import BenchmarkPart, Portfolio

Listed = Callable[..., Instrument]
# Tuesday to Friday
DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
WHOLE = {"start": DAYS[0], "end": DAYS[-1]}


def ask(api: APIClient, portfolio: Portfolio, what: str = "risk", **params: str) -> Any:
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/{what}", WHOLE | params)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def held(api: APIClient, portfolio: Portfolio, listed: Listed) -> Instrument:
    """Hold all money in ACME: +20 %, −10 %, +20 %."""
    acme = listed("ACME", "EUR", dict(zip(DAYS, ("100", "120", "108", "129.6"), strict=True)))
    for body in (
        {"kind": "deposit", "date": DAYS[0], "amount": "1000"},
        {"kind": "buy", "date": DAYS[0], "instrument": str(acme.uuid), "quantity": "10", "price": "100"},
    ):
        answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, format="json")
        assert answer.status_code == 201
    return acme


@pytest.fixture
def rival(listed: Listed) -> Instrument:
    """A benchmark that earns half of it: +10 %, −5 % of which 4 % are its dividend's day, +10 %."""
    found = listed("INDEX", "EUR", dict(zip(DAYS, ("100", "110", "100.1", "110.11"), strict=True)))
    CorporateAction.objects.create(
        instrument=found, kind="dividend", ex_date=date(2024, 1, 4), amount="4.4", currency="EUR", source="x"
    )
    return found


def test_figures_beside_a_benchmark_with_its_dividends(
    api: APIClient, portfolio: Portfolio, held: Instrument, rival: Instrument
) -> None:
    found = ask(api, portfolio, benchmark=str(rival.uuid))
    assert found["observations"] == 3
    # it moves by twice what the benchmark does, dividends included
    assert float(found["beta"]) == pytest.approx(2)
    assert float(found["alpha"]) == pytest.approx(0)
    assert float(found["correlation"]) == pytest.approx(1)
    assert float(found["benchmark_return"]) == pytest.approx(1.1 * 0.95 * 1.1 - 1)
    assert float(found["active_return"]) == pytest.approx(1.2 * 0.9 * 1.2 - 1.1 * 0.95 * 1.1)
    assert float(found["max_drawdown"]) == pytest.approx(-0.1)
    assert float(found["benchmark"]["max_drawdown"]) == pytest.approx(-0.05)
    assert found["benchmark"]["known_from"] == DAYS[0]
    (fall,) = found["drawdowns"]
    assert float(fall.pop("depth")) == pytest.approx(-0.1)
    assert fall == {"from": DAYS[1], "to": DAYS[2], "recovered": DAYS[3], "days": 2}
    assert [(row["year"], row["month"], row["partial"]) for row in found["months"]] == [(2024, 1, True)]
    assert float(found["months"][0]["time_weighted"]) == pytest.approx(0.296)


def test_a_blend_and_no_benchmark(
    api: APIClient, portfolio: Portfolio, held: Instrument, rival: Instrument
) -> None:
    both = ask(api, portfolio, benchmark=f"{held.uuid}:0.25,{rival.uuid}:0.75")
    assert both["benchmark"]["name"] == "25 % ACME + 75 % INDEX"
    none = ask(api, portfolio, benchmark="none")
    assert (none["benchmark"], none["beta"], none["reasons"]["beta"]) == (None, None, "no-benchmark")


def test_rolling_figures_have_a_row_a_window(
    api: APIClient, portfolio: Portfolio, held: Instrument, rival: Instrument
) -> None:
    found = ask(api, portfolio, "rolling-risk", window="2", benchmark=str(rival.uuid))
    assert [row["date"] for row in found["items"]] == [DAYS[2], DAYS[3]]
    assert [float(row["time_weighted"]) for row in found["items"]] == pytest.approx([0.08, 0.08])
    assert [float(row["beta"]) for row in found["items"]] == pytest.approx([2, 2])
    assert ask(api, portfolio, "rolling-risk", window="5")["reason"] == "too-few-observations"


def test_an_empty_portfolio_has_reasons_and_no_zeros(api: APIClient, portfolio: Portfolio) -> None:
    found = ask(api, portfolio)
    names = set(found["reasons"])
    assert {"volatility", "max_drawdown", "beta", "value_at_risk"} <= names
    assert {found[name] for name in names} == {None}
    assert found["drawdowns"] == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"frequency": "hourly"}, "frequency"),
        ({"risk_free": "much"}, "risk_free"),
        ({"risk_free": "NaN"}, "risk_free"),
        ({"confidence": "1"}, "confidence"),
        ({"benchmark": "x"}, "benchmark"),
        ({"benchmark": "01990000-0000-7000-8000-000000000000"}, "benchmark"),
        ({"worst": "-1"}, "worst"),
    ],
)
def test_wrong_parameters_are_named(
    api: APIClient, portfolio: Portfolio, params: dict[str, str], field: str
) -> None:
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/risk", params)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_weights_must_add_up_and_anothers_instrument_is_refused(
    api: APIClient, portfolio: Portfolio, held: Instrument, stranger: Any, listed: Listed
) -> None:
    secret = listed("SECRET", "EUR", {DAYS[0]: "1"}, owner=stranger)
    for text in (f"{held.uuid}:0.5", f"{held.uuid}:-1", f"{held.uuid}:0.5,{held.uuid}:0.5", f"{secret.uuid}"):
        answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/risk", {"benchmark": text})
        assert answer.status_code == 400, text
        assert answer.json()["errors"][0]["field"] == "benchmark"


def choose(api: APIClient, portfolio: Portfolio, *parts: tuple[Instrument, str]) -> Any:
    body = {"parts": [{"instrument": str(one.uuid), "weight": weight} for one, weight in parts]}
    return api.put(f"/api/v1/portfolios/{portfolio.pk}/benchmark", body, format="json")


def test_a_blend_is_kept_until_another_is_chosen(
    api: APIClient, portfolio: Portfolio, held: Instrument, rival: Instrument
) -> None:
    assert choose(api, portfolio, (held, "0.4"), (rival, "0.6")).json()["name"] == "40 % ACME + 60 % INDEX"
    # another setting leaves it
    api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"name": "Renamed"}, format="json")
    assert ask(api, portfolio)["benchmark"]["name"] == "40 % ACME + 60 % INDEX"
    # the setting of a single one takes its place
    api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"benchmark": str(rival.uuid)}, format="json")
    assert ask(api, portfolio)["benchmark"]["name"] == "INDEX"
    assert choose(api, portfolio).json() == {"name": "", "parts": []}
    assert BenchmarkPart.objects.count() == 0
    refused = choose(api, portfolio, (held, "0.4"), (rival, "0.5"))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "parts")


def test_a_blend_that_lost_an_instrument_is_none(
    api: APIClient, portfolio: Portfolio, held: Instrument, rival: Instrument
) -> None:
    choose(api, portfolio, (held, "0.4"), (rival, "0.6"))
    rival.delete()
    assert api.get(f"/api/v1/portfolios/{portfolio.pk}/benchmark").json()["parts"] == []


def test_the_same_flows_in_the_benchmark(
    api: APIClient, portfolio: Portfolio, held: Instrument, rival: Instrument
) -> None:
    choose(api, portfolio, (rival, "1"))
    whole = {"start": "2023-12-31", "end": DAYS[-1]}
    found = ask(api, portfolio, "benchmark-comparison", **whole)
    # 1,000 at 100; 110; (100.1 + 4.4) / 110; 110.11 / 100.1
    assert float(found["same_flows"]) == pytest.approx(1149.5)
    assert float(found["value"]) == 1296
    assert float(found["difference"]) == pytest.approx(146.5)
    assert float(found["benchmark_time_weighted"]) == pytest.approx(0.1495)
    assert [row["date"] for row in found["items"]] == ["2024-01-01", *DAYS]
    assert found["items"][0]["same_flows"] == "0"
    none = ask(api, portfolio, "benchmark-comparison", benchmark="none")
    assert (none["same_flows"], none["reasons"]["same_flows"]) == (None, "no-benchmark")
