"""Ghostfolio's own cases, set up and read over the REST API.

Its `*_with_currency_effect` values every flow at its own day's rate, as we do; its figures without are
at the current rate. Its performance leaves dividends out. No case here tells average cost from FIFO.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.reference.api.program import text
from tests.support.ledgers import money
from tests.support.reference import reference

POSITIONS = (
    "baln-buy-and-buy",
    "baln-buy-and-sell",
    "baln-buy",
    "baln-buy-lower-than-close",
    "baln-buy-lower-than-close-on-buy-date",
    "btceur",
    "btcusd-buy-and-sell-partially",
    "btcusd",
    "cash-base-currency-with-holding",
    "msft-buy-with-dividend",
    "novn-buy-and-sell",
    "stock-split-2-for-1-with-provider-prices",
    "valuable",
)
WHOLE = (
    "baln-buy-and-buy",
    "baln-buy-and-sell",
    "baln-buy",
    "baln-buy-lower-than-close",
    "baln-buy-lower-than-close-on-buy-date",
    "btceur",
    "btcusd-buy-and-sell-partially",
    "btcusd",
    "novn-buy-and-sell",
    "valuable",
    "no-activities",
    "msft-buy-with-dividend",
)


def same(ours, theirs):
    """Compare to what is recorded there: 20 digits of a decimal, or a JSON number."""
    return float(ours) == pytest.approx(float(theirs), rel=1e-14, abs=1e-14)


def set_up(program, case):
    """Create the case's instruments, prices, rates, splits and activities; cash is not tracked."""
    base = case.get("base_currency") or case["currency"]
    activities = case.get("raw_activities_before_split_adjustment") or case["activities"]
    activities = [row for row in activities if row.get("asset_sub_class") != "CASH"]
    for row in activities:
        symbol = row.get("symbol", case.get("symbol"))
        if symbol not in program.symbols:
            prices = case.get("market_prices", {}).get(symbol, {})
            prices = {"2023-12-31": 100} if "every day" in prices else prices
            program.instrument(symbol, row.get("currency", base), prices)
    for pair, rates in case.get("exchange_rates", {}).items():
        program.rates(pair[:3], pair[3:], rates)
    for row in case.get("splits", []):
        program.split(program.symbols[row["symbol"]], row["date"], row["numerator"], row["denominator"])
    portfolio = program.portfolio(base, tracks_cash=False)
    for row in activities:
        held = program.symbols[row.get("symbol", case.get("symbol"))]
        fee = text(row["fee"])
        if row["type"] == "FEE":
            portfolio.money(row["date"], "fee", fee, instrument=held)
        else:
            kind = row["type"].lower()
            portfolio.trade(row["date"], kind, held, row["quantity"], row["unit_price"], fee=fee)
    return portfolio


def in_entry_order(case):
    """Give activities in the order of their days: a program that books a sale first is refused."""
    return {**case, "activities": sorted(case["activities"], key=lambda row: row["date"])}


@reference(*POSITIONS)
def test_position_over_the_api_of_a_ghostfolio_case_has_its_method_independent_figures(case, program):
    portfolio = set_up(program, in_entry_order(case))
    (expected,) = (
        row
        for row in case["expected"]["method_independent"]["positions"]
        if row["symbol"] != case["base_currency"]
    )
    view = portfolio.position(date=case["as_of"], closed="true")
    net = money(view["unrealised"]) + money(view["realised"]) - money(view["fees"])
    rate = money(view["rate"])
    sold = sum((money(row["proceeds"]) - money(row["cost"]) for row in portfolio.rows("disposals")), money(0))
    in_quote = money(view["market_value_quote"]) - money(view["cost_basis_quote"]) + sold
    ours = {
        "quantity": view["quantity"],
        "average_price": view["average_cost"] or 0,
        "investment": money(view["cost_basis_quote"]) * rate,
        "investment_with_currency_effect": view["cost_basis"],
        "fee_in_base_currency": view["fees"],
        "dividend_in_base_currency": view["income"],
        "value_in_base_currency": view["market_value"],
        "gross_performance": in_quote * rate,
        "gross_performance_with_currency_effect": net + money(view["fees"]),
        "net_performance_with_currency_effect": net,
    }
    assert {name: value for name, value in ours.items() if not same(value, expected[name])} == {}


@reference(*WHOLE)
def test_portfolio_over_the_api_of_a_ghostfolio_case_has_its_value_and_performance(case, program):
    portfolio = set_up(program, in_entry_order(case))
    expected = case["expected"]["method_independent"]
    found = portfolio.read("valuation", date=case["as_of"])
    statement = portfolio.read("statement", start=case["window"]["start"], end=case["as_of"])
    whole = expected["portfolio"]
    assert same(found["total"], whole["current_value_in_base_currency"])
    assert same(found["cost_basis"], whole["total_investment_with_currency_effect"])
    assert same(found["fees"], whole["total_fees_with_currency_effect"])
    assert same(statement["closing_value"], whole["current_value_in_base_currency"])
    if last := expected.get("last_day"):
        net = money(statement["gain"]) - money(statement["income"])
        assert same(net, last["net_performance_with_currency_effect"])


@reference("fee")
def test_fee_over_the_api_of_no_asset_lowers_the_gain(case, program):
    statement = set_up(program, case).read("statement", start=case["window"]["start"], end=case["as_of"])
    # There it does not enter performance; a method by cash flows says -49 (the case's own note).
    assert (statement["fees"], statement["gain"], statement["closing_value"]) == ("49", "-49", "0")
    assert case["expected"]["method_independent"]["last_day"]["net_performance"] == 0


@reference("baln-buy-and-buy", "baln-buy-and-sell", "baln-buy", "btcusd", "novn-buy-and-sell")
def test_cost_over_the_api_after_each_day_of_a_ghostfolio_case_is_its_investment(case, program):
    portfolio = set_up(program, in_entry_order(case))
    for row in case["expected"]["method_independent"]["cost_basis_after_each_transaction_day"]:
        found = portfolio.read("valuation", date=row["date"])
        assert money(found["cost_basis"]) == money(row["investment"])


@reference("btceur", "btcusd")
def test_series_over_the_api_has_the_days_that_ghostfolio_asserts(case, program):
    portfolio = set_up(program, case)
    rows = {row["date"]: row for row in portfolio.rows("series", end=case["as_of"])}
    for expected in case["chart_days_asserted_by_the_spec"]:
        found = rows[expected["date"]]
        assert same(found["value"], expected["value_with_currency_effect"])
        gain = portfolio.read("statement", start=case["window"]["start"], end=expected["date"])["gain"]
        assert same(gain, expected["net_performance_with_currency_effect"])


@reference("novn-buy-and-sell")
def test_value_over_the_api_before_the_first_price_is_the_own_trade_and_no_look_ahead(case, program):
    portfolio = set_up(program, in_entry_order(case))
    view = portfolio.position(date="2022-03-07")
    assert (view["market_value"], view["price_source"]) == ("151.6", "trade")
    assert case["chart_days_asserted_by_the_spec"][1]["value"] == 175.6


@reference("cash-base-currency", "cash-base-currency-with-holding")
def test_cash_over_the_api_of_a_ghostfolio_case_is_its_last_balance(case, program):
    portfolio, held = program.portfolio(case["base_currency"]), money(0)
    for row in case["account_balances"]:
        portfolio.money(row["date"], "deposit", money(row["value"]) - held)
        held = money(row["value"])
    for row in case["activities"]:
        if row.get("asset_sub_class") != "CASH":  # there a purchase leaves the account's balance alone
            security = program.instrument(row["symbol"], row["currency"], {"2023-12-31": 100})
            portfolio.money(row["date"], "deposit", money(row["quantity"]) * money(row["unit_price"]))
            portfolio.trade(row["date"], "buy", security, row["quantity"], row["unit_price"])
    found = portfolio.read("valuation", date=case["as_of"])
    last = case["expected"]["method_independent"]["last_day"]
    assert money(found["cash_value"]) == last["total_cash_in_base_currency"]
    assert money(found["total"]) == last["net_worth"]
    assert money(portfolio.read("statement")["gain"]) == last["net_performance"]


@reference("btceur-in-base-currency-eur")
def test_fee_over_the_api_in_another_currency_is_at_the_rate_of_its_day(case, program):
    view = set_up(program, case).position(date=case["as_of"])
    (expected,) = case["expected"]["method_independent"]["positions"]
    assert money(view["fees"]) == money("4.46") * money("0.8855")
    assert money(view["cost_basis"]) == money(expected["investment_with_currency_effect"])
    # The spec falls back to a rate of 1 a month later; ours is the last one known.
    assert money(view["market_value"]) == money("43099.7") * money("0.8855")
    assert money(expected["value_in_base_currency"]) == money("43099.7")


@reference("msft-buy-and-sell")
def test_share_over_the_api_bought_in_thirds_is_sold_whole(case, program):
    portfolio = set_up(program, case)
    (expected,) = case["expected"]["method_independent"]["positions"]
    view = portfolio.position(closed="true", date=case["as_of"])
    assert (money(view["quantity"]), view["incomplete"]) == (expected["quantity"], False)
    assert sum(money(row["quantity"]) for row in portfolio.rows("disposals")) == 1
    assert portfolio.rows("lots") == []


@reference(
    "stock-split-2-for-1",
    "stock-split-reverse-1-for-10",
    "stock-split-closed-after-split",
    "stock-split-no-splits",
)
def test_split_over_the_api_changes_units_and_never_the_cost(case, program):
    view = set_up(program, case).position(date="2023-01-01", closed="true")
    (expected,) = case["expected"]["method_independent"]["positions"]
    assert money(view["quantity"]) == expected["quantity"]
    assert money(view["cost_basis"]) == expected["investment"]
    if "average_price" in expected:
        assert money(view["average_cost"]) == expected["average_price"]


@reference("probe-P4")
def test_dividend_over_the_api_and_its_fee_both_enter_the_gain(case, program):
    portfolio = set_up(program, case | {"market_prices": {"AAA": {"2024-01-10": 100}}})
    found, correct = portfolio.read("statement", end=case["as_of"]), case["correct"]
    ours = {
        "market_value": money(found["closing_value"]),
        "dividends": money(found["income"]),
        "fees": money(found["fees"]),
        "net_pl_with_dividends": money(found["gain"]),
        "quantity": money(portfolio.position(date=case["as_of"])["quantity"]),
    }
    assert ours == correct


@reference("probe-P5", "probe-P8")
def test_value_over_the_api_before_a_price_is_known_never_takes_a_later_one(case, program):
    known = {"probe-P5": {"2024-06-01": 200}, "probe-P8": {"2024-01-10": 100, "2024-07-01": 200}}[case["id"]]
    portfolio = set_up(program, case | {"market_prices": {"AAA": known}})
    for days in (0, 1, 30, 140):
        day = (date(2024, 1, 10) + timedelta(days=days)).isoformat()
        found = portfolio.read("valuation", date=day)
        assert (found["total"], found["unrealised"]) == ("1000", "0")
    view, correct = portfolio.position(date=case["as_of"]), case["correct"]
    assert money(view["quantity"]) == correct["quantity"]
    assert money(view["cost_basis"]) == correct["cost_basis"]
    assert money(view["market_value"]) == correct["market_value"]
    assert money(view["unrealised"]) == correct["gross_pl"]
