"""Lots chosen for a sale: taken where they are there, and what is taken never leaks cost."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain.book import ProblemKind
from portfolios.domain.entries import Pick, Split
from portfolios.domain.exact import exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from tests.support.ledgers import entry, money, rates

SINGLE = [method for method in CostMethod if method is not CostMethod.AVERAGE]


def bought():
    return [
        entry("2024-01-01", "buy", 10, 100, instrument=1, id="a"),
        entry("2024-02-01", "buy", 10, 130, instrument=1, id="b"),
        entry("2024-03-01", "buy", 10, 110, instrument=1, id="c"),
    ]


def sold(*picks, quantity=15, day="2024-04-01", number="sale"):
    row = entry(day, "sell", quantity, 140, instrument=1, id=number)
    return row._replace(picks=tuple(Pick(key, money(units)) for key, units in picks))


def taken(book, number="sale"):
    return [(row.lot_id, row.quantity, row.cost) for row in book.disposals if row.entry_id == number]


@pytest.mark.parametrize("method", SINGLE)
def test_sale_takes_the_lots_that_were_chosen_whatever_the_method(method):
    book = fold([*bought(), sold(("c", 10), ("a", 5))], [], rates("EUR"), base="EUR", method=method)
    assert taken(book) == [("c", 10, 1100), ("a", 5, 500)]
    assert [(lot.entry_id, lot.quantity, lot.cost) for lot in book.holdings[1].lots] == [
        ("a", 5, 500),
        ("b", 10, 1300),
    ]
    assert book.problems == []


def test_sale_from_a_pool_has_no_lots_to_choose():
    rows = [*bought(), sold(("c", 10), ("a", 5))]
    book = fold(rows, [], rates("EUR"), base="EUR", method=CostMethod.AVERAGE)
    assert [(row.quantity, row.cost) for row in book.disposals] == [(15, 1700)]


def test_chosen_units_count_as_of_the_day_of_the_sale():
    splits = [Split(1, date(2024, 3, 15), 2, 1)]
    book = fold([*bought(), sold(("b", 20), quantity=20)], splits, rates("EUR"), base="EUR")
    assert taken(book) == [("b", 20, 1300)]


def test_chosen_lot_that_an_earlier_sale_took_is_replaced_by_the_method_and_named():
    rows = [*bought(), sold(("a", 6), quantity=6), sold(quantity=8, day="2024-03-15", number="first")]
    book = fold(rows, [], rates("EUR"), base="EUR")
    assert taken(book) == [("a", 2, 200), ("b", 4, 520)]
    (problem,) = book.problems
    assert (problem.kind, problem.entry_id, problem.quantity) == (ProblemKind.LOTS_NOT_HELD, "sale", 4)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=8), st.sampled_from(SINGLE))
def test_cost_never_leaks_whatever_is_chosen(choices, method):
    rows = bought()
    rows[1] = rows[1]._replace(price=money("3.333333333333333333"))
    sales = [
        sold((key, money(units) / 7), quantity=money(units) / 7, day=f"2024-05-{at:02}", number=f"s{at}")
        for at, (key, units) in enumerate(choices, start=1)
    ]
    book = fold([*rows, *sales], [], rates("EUR"), base="EUR", method=method)
    rest = book.holdings[1].quantity
    last = entry("2024-06-01", "sell", rest, 9, instrument=1)
    closed = fold([*rows, *sales, last], [], rates("EUR"), base="EUR", method=method)
    with exact():
        total = sum(row.quantity * row.price for row in rows)
        assert sum(row.cost for row in closed.disposals) == total
        assert sum(row.quantity for row in closed.disposals) == 30
    assert closed.holdings[1].lots == ()
