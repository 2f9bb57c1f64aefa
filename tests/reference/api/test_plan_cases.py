"""Plans, yields, debts and values at a rate of the outside cases, over the REST API."""

from __future__ import annotations

from datetime import date

import pytest

from tests.reference.api.program import text
from tests.support.ledgers import money
from tests.support.reference import reference

TODAY = "2024-01-31"
PAIR = (("A", "etf"), ("B", "stock"))


@reference("pp-rebalance-two-classes")
def test_plan_over_the_api_counts_an_instrument_in_one_class(case, program):
    wanted = {
        "A": case["inputs"]["constraints"][0]["target"],
        "B": case["inputs"]["constraints"][1]["target"],
    }
    held = {name: program.instrument(name, closes={TODAY: 1}, kind=kind) for name, kind in PAIR}
    portfolio = program.portfolio()
    portfolio.money(TODAY, "deposit", sum(wanted.values()))
    rows = [{"key": kind, "weight": weight, "instrument": held[name]}
            for (name, kind), weight in zip(PAIR, ("0.3333", "0.6667"), strict=True)]  # fmt: skip
    program.done("PUT", f"{portfolio.path}/targets", {"by": "class", "targets": rows})
    orders = portfolio.read("rebalancing", by="class")["orders"]
    # There 875 and 2,125: each belongs to both classes, by nine tenths and by one.
    assert {one["symbol"]: money(one["quantity"]) for one in orders} == wanted


@reference("pp-rebalance-two-classes")
def test_target_of_an_instrument_over_the_api_needs_its_id_once(case, program):
    held = {name: program.instrument(name, closes={TODAY: 1}) for name in "AB"}
    portfolio, found = program.portfolio(), case["expected"]
    portfolio.money(TODAY, "deposit", 3000)
    weights = {"A": "0.2917", "B": "0.7083"}  # 875 and 2,125 of 3,000, in hundredths of a percent
    rows = [{"key": held[name], "weight": weight} for name, weight in weights.items()]
    path = f"{portfolio.path}/targets"
    made = program.done("PUT", path, {"by": "instrument", "targets": rows})
    assert {one["instrument"] for one in made["targets"]} == set(held.values())
    orders = portfolio.read("rebalancing", by="instrument")["orders"]
    assert {one["symbol"]: money(one["quantity"]) for one in orders} == {name: found[name] for name in "AB"}
    for key in ("A", "00000000-0000-7000-8000-000000000000"):
        body = {"by": "instrument", "targets": [rows[0], {"key": key, "weight": "0.7083"}]}
        assert program.call("PUT", path, body).fields() == ["targets[1].key"]


@reference("pp-dividend-yield-on-cost")
def test_yield_on_cost_over_the_api_of_each_year_is_that_of_portfolio_performance(case, program):
    given, expected = case["inputs"]["A"], case["expected"]["A_rate_per_year"]
    held, portfolio = program.instrument("SEC", closes={"2019-01-01": 1}), program.portfolio()
    shares = given["buy"]["shares"]
    portfolio.trade("2019-01-01", "buy", held, shares, money(given["buy"]["cost"]) / shares)
    for day, amount in given["dividends"]:
        portfolio.money(day, "dividend", amount, instrument=held)
    for year in ("2019", "2020"):
        assert money(portfolio.read("income", period=year)["yield_on_cost"]) == money(expected)


@reference("pp-dividend-yield-on-cost")
def test_yield_on_cost_over_the_api_has_both_sides_in_one_currency(case, program):
    (bought, cost), (paid_on, paid) = case["inputs"]["B"]["buy"], case["inputs"]["B"]["dividend"]
    held, portfolio = program.instrument("SEC", "USD", {bought: cost}), program.portfolio()
    program.rates("USD", "EUR", {bought: "0.85"})
    portfolio.trade(bought, "buy", held, 1, cost)
    portfolio.money(paid_on, "dividend", paid, instrument=held, currency="USD")
    found = portfolio.read("income", start=bought, end=paid_on)
    assert money(found["yield_on_cost"]) == money(case["expected"]["B_rate_per_year"])


@reference("pyxirr-xnfv")
def test_flows_over_the_api_have_the_net_future_value_of_the_source(case, program):
    portfolio, flows = program.portfolio(), case["inputs"]["cash_flows"]
    end = flows[-1]["date"]
    for row in flows[:-1]:
        kind = "deposit" if row["amount"] < 0 else "withdrawal"
        portfolio.money(row["date"], kind, abs(row["amount"]))
    portfolio.money(end, "interest", sum(money(row["amount"]) for row in flows))
    found = program.get("/api/v1/explain", figure="money_weighted", end=end)
    last, growth = date.fromisoformat(end), 1 + case["inputs"]["rate"]
    future = sum(
        float(one["value"]) * growth ** ((last - date.fromisoformat(one["date"])).days / 365)
        for one in found["items"]
    )
    assert future == pytest.approx(case["expected"]["xnfv"], abs=case["tolerance"])
    # Lost on the last day, it leaves exactly the rate at which it was counted.
    portfolio.money(end, "fee", text(case["expected"]["xnfv"]))
    rate = portfolio.read("performance", end=end)["money_weighted"]
    assert float(rate) == pytest.approx(case["inputs"]["rate"], abs=1e-9)


@reference("liability")
def test_liability_over_the_api_is_a_debt_that_lowers_what_one_has(case, program):
    (row,), whole = case["activities"], case["expected"]["method_independent"]["portfolio"]
    day = case["as_of"]
    loan = program.instrument("LOAN", "USD", {day: row["unit_price"]})
    portfolio = program.portfolio("USD", allow_short=True, tracks_cash=False)
    portfolio.trade(day, "sell", loan, row["quantity"], row["unit_price"])
    found = portfolio.read("valuation", date=day)
    # There it stands beside the holdings and lowers nothing.
    assert money(found["total"]) == -whole["total_liabilities_with_currency_effect"] == -3000
    assert whole["current_value_in_base_currency"] == 0
