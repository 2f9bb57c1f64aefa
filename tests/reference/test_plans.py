"""What outside cases say of plans, yields, debts and values at a rate, and where we decided otherwise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portfolios.domain import income
from portfolios.domain.ledger import fold
from portfolios.domain.positions import positions
from portfolios.domain.rebalancing import Asset, Funding, Wishes, plan
from portfolios.domain.returns import xirr
from tests.support.ledgers import entry, money, prices, rates
from tests.support.reference import reference

ONE, DAY = Decimal(1), date(2022, 1, 31)


@reference("pp-rebalance-two-classes")
def test_plan_counts_an_instrument_in_one_class(case):
    wanted = [row["target"] for row in case["inputs"]["constraints"]]
    assert (wanted, case["expected"]["A"], case["expected"]["B"]) == ([1000, 2000], 875, 2125)
    # There A is nine tenths of the first class and one tenth of the second, and two equations are solved.
    # Here each belongs to one class, whose target it is.
    assets = [Asset(1, "first", Decimal(0), ONE, ONE), Asset(2, "second", Decimal(0), ONE, ONE)]
    targets = {"first": money("0.3333"), "second": money("0.6667")}
    found = plan(assets, Decimal(3000), Wishes(targets, Funding.CASH, bought={"first": 1, "second": 2}))
    assert {one.key: one.units for one in found.trades} == dict(enumerate(wanted, start=1))


@reference("pp-dividend-yield-on-cost")
def test_yield_on_cost_of_each_year_is_that_of_portfolio_performance(case):
    given, expected = case["inputs"]["A"], case["expected"]
    shares, cost = given["buy"]["shares"], money(given["buy"]["cost"])
    paid = [entry(day, "dividend", amount, 1, instrument=1) for day, amount in given["dividends"]]
    book = fold([entry("2019-01-01", "buy", shares, cost / shares, instrument=1), *paid],
                [], rates("EUR"), base="EUR")  # fmt: skip
    for year in (2019, 2020):
        of_year = [row for row in income.payments(book) if row.day.year == year]
        (source,) = income.by_source(of_year, {1: (cost, cost)})
        assert source.yield_on_cost.value == money(expected["A_rate_per_year"])


@reference("pp-dividend-yield-on-cost")
def test_yield_on_cost_has_both_sides_in_the_portfolios_currency(case):
    given, expected = case["inputs"]["B"], case["expected"]
    (bought, cost), (paid_on, paid) = given["buy"], given["dividend"]
    rows = [
        entry(bought, "buy", 1, cost, instrument=1, currency="USD"),
        entry(paid_on, "dividend", paid, 1, instrument=1, currency="USD"),
    ]
    table = rates("EUR", USD={bought: "0.85"})
    book = fold(rows, [], table, base="EUR")
    lots = sum(lot.cost_base for lot in book.holdings[1].lots)
    (source,) = income.by_source(income.payments(book), {1: (lots, lots)})
    assert source.yield_on_cost.value == money(expected["B_rate_per_year"])


@reference("pyxirr-xnfv")
def test_xirr_of_flows_less_their_net_future_value_is_the_rate_of_that_value(case):
    flows = [(date.fromisoformat(row["date"]), row["amount"]) for row in case["inputs"]["cash_flows"]]
    last = max(day for day, _ in flows)
    found = xirr([*flows, (last, -case["expected"]["xnfv"])])
    assert found.value == pytest.approx(case["inputs"]["rate"], abs=1e-11)


@reference("liability")
def test_liability_is_a_debt_that_lowers_what_one_has(case):
    (row,) = case["activities"]
    sold = entry(DAY, "sell", row["quantity"], row["unit_price"], instrument=1, currency="USD")
    table = prices({1: "USD"}, i1={DAY.isoformat(): row["unit_price"]})
    book = fold([sold], [], rates("USD"), base="USD", allow_short=True, tracks_cash=False)
    (view,) = positions(book, [], rates("USD"), table, DAY)
    # There it stands beside the holdings and lowers nothing: a net worth of 0.
    expected = case["expected"]["method_independent"]["portfolio"]
    assert (view.market_value, view.cost_basis) == (-3000, -3000)
    assert expected["total_liabilities_with_currency_effect"] == -view.market_value
    assert expected["current_value_in_base_currency"] == 0
