"""Short positions of the outside cases: what was sold first and bought later."""

from datetime import date

import pytest

from portfolios.domain.ledger import fold
from portfolios.domain.positions import positions
from portfolios.domain.realised import TaxRule, realised_rows
from portfolios.domain.statement import statement
from tests.support.ledgers import entry, money, prices, rates
from tests.support.reference import reference


@reference("pp-trade-short")
def test_short_trade_gains_what_it_brought_less_what_closing_it_cost(case):
    rows = [
        entry(row["date"], row["type"].lower(), row["shares"], row["price"], instrument=1)
        for row in case["inputs"]["transactions"]
    ]
    book = fold(rows, [], rates("EUR"), base="EUR", allow_short=True)
    (row,), expected = realised_rows(book, TaxRule()), case["expected"]
    assert (row.proceeds, row.cost, row.gain) == (
        expected["entry_value"],
        expected["exit_value"],
        expected["profit_loss"],
    )
    assert row.ratio == money(expected["return"])
    assert row.yearly == pytest.approx(expected["irr"], abs=1e-12)
    assert (str(row.sold), str(row.acquired), row.short_sale, row.term) == (
        "2024-01-01",
        "2024-12-31",
        True,
        "short",
    )


def activities(case):
    return [
        entry(row["date"], row["type"].lower(), row["quantity"], row["unit_price"], instrument=1)
        for row in case["activities"]
    ]


@reference("probe-P2", "probe-P2b")
def test_closed_short_leaves_no_investment_behind(case):
    rows, day, correct = activities(case), date.fromisoformat(case["as_of"]), case["correct"]
    table = prices({1: "EUR"}, i1={"2024-01-10": 100, "2024-02-10": 80})
    book = fold(rows, [], rates("EUR"), base="EUR", allow_short=True, tracks_cash=False, until=day)
    (view,) = positions(book, [], rates("EUR"), table, day)
    assert (view.quantity, view.cost_basis) == (correct["quantity"], correct["cost_basis"])
    assert view.market_value == correct.get("market_value", 0)
    assert view.realised + view.unrealised == correct["gross_pl"]
    found = statement(
        rows,
        [],
        rates("EUR"),
        table,
        base="EUR",
        start=date(2024, 1, 1),
        end=day,
        allow_short=True,
        tracks_cash=False,
    )
    assert found.lines.gain() == correct["gross_pl"]
