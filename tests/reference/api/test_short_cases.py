"""Short positions of the outside cases, over the REST API."""

from __future__ import annotations

import pytest

from tests.support.ledgers import money
from tests.support.reference import reference


@reference("pp-trade-short")
def test_short_trade_over_the_api_gains_what_it_brought_less_what_closing_it_cost(case, program):
    portfolio, held = program.portfolio(allow_short=True), program.instrument("SEC")
    for row in case["inputs"]["transactions"]:
        portfolio.trade(row["date"], row["type"].lower(), held, row["shares"], row["price"])
    (row,), expected = portfolio.rows("realised-gains"), case["expected"]
    assert money(row["proceeds"]) == expected["entry_value"]
    assert money(row["cost"]) == expected["exit_value"]
    assert money(row["gain"]) == expected["profit_loss"]
    assert float(row["return"]) == pytest.approx(expected["return"], abs=case["tolerance"])
    assert float(row["return_annualised"]) == pytest.approx(expected["irr"], abs=case["tolerance"])
    assert (row["sold"], row["acquired"], row["short_sale"]) == ("2024-01-01", "2024-12-31", True)


@reference("probe-P2", "probe-P2b")
def test_closed_short_over_the_api_leaves_no_investment_behind(case, program):
    closes = {"2024-01-10": 100, "2024-02-10": 80}
    held = program.instrument("AAA", "USD", closes)
    portfolio = program.portfolio("USD", allow_short=True, tracks_cash=False)
    for row in case["activities"]:
        portfolio.trade(row["date"], row["type"].lower(), held, row["quantity"], row["unit_price"])
    correct = case["correct"]
    view = portfolio.position(date=case["as_of"], closed="true")
    assert money(view["quantity"]) == correct["quantity"]
    assert money(view["cost_basis"]) == correct["cost_basis"]
    assert money(view["market_value"]) == correct.get("market_value", 0)
    assert money(view["realised"]) + money(view["unrealised"]) == correct["gross_pl"]
    assert portfolio.read("statement", end=case["as_of"])["gain"] == str(correct["gross_pl"])
    # While it was open, a month before it was closed, it was a debt at the price of the day.
    opened = portfolio.position(date="2024-01-31")
    assert (opened["quantity"], opened["market_value"], opened["cost_basis"]) == ("-1", "-100", "-100")
    (lot,) = portfolio.rows("lots", date="2024-01-31")
    assert (lot["quantity"], lot["cost"]) == ("-1", "-100")


def test_short_sale_over_the_api_is_refused_until_the_portfolio_allows_it(program):
    portfolio, held = program.portfolio(), program.instrument("SEC")
    sale = {"instrument": held, "quantity": "3", "price": "20"}
    assert portfolio.try_add("2024-01-01", "sell", **sale).problem() == (400, "oversold", ["quantity"])
    program.done("PATCH", portfolio.path, {"allow_short": True})
    assert portfolio.add("2024-01-01", "sell", **sale)["quantity"] == "3"
    # What is handed over in kind must be held all the same.
    answer = portfolio.try_add("2024-01-02", "transfer_out", instrument=held, quantity="1")
    assert answer.problem() == (400, "oversold", ["quantity"])
    # Taken back, the sale stays and lacks its purchase, visibly.
    program.done("PATCH", portfolio.path, {"allow_short": False})
    (problem,) = portfolio.read("valuation")["problems"]
    assert (problem["kind"], problem["quantity"]) == ("missing-acquisition", "3")
