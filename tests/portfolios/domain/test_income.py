"""Dividends and interest: payments with their own charges, sums that add up, yields that say why not."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain import income
from portfolios.domain.exact import exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.reasons import Figure, Reason
from tests.portfolios.domain.test_algorithm_pages import ledger, tables
from tests.support.ledgers import entry, rates


def book_of(entries):
    return fold(entries, [], rates("EUR"), base="EUR", method=CostMethod.FIFO)


def test_worked_example_of_the_page():
    entries, months, yields = tables("income.md")
    rows = income.payments(book_of(ledger(entries)))
    assert [
        (f"{year}-{month:02}", sums.gross, sums.taxes, sums.fees, sums.net)
        for (year, month), sums in income.by_month(rows).items()
    ] == [
        (row["Month"], *(Decimal(row[name]) for name in ("Gross", "Taxes", "Fees", "Net"))) for row in months
    ]
    shown = {name: Decimal(text) for name, text in yields[0].items()}
    paper, cash = income.by_source(rows, {1: (shown["Cost"], shown["Value"])})
    assert (paper.instrument, paper.received.gross, paper.received.count) == (1, shown["Gross"], 2)
    assert paper.yield_on_cost == Figure(shown["Yield on cost"])
    assert paper.yield_on_value == Figure(shown["Yield on value"])
    assert (cash.instrument, cash.received.gross) == (None, 3)
    assert cash.yield_on_cost == Figure(None, Reason.NOTHING_HELD)


def test_payment_without_a_rate_is_unknown_and_so_is_its_sum():
    entries = [
        entry("2024-02-01", "dividend", 10, 1, instrument=1, currency="XAU"),
        entry("2024-02-02", "dividend", 10, 1, instrument=1),
    ]
    rows = income.payments(book_of(entries))
    assert [(row.amount, row.gross, row.net) for row in rows] == [(10, None, None), (10, 10, 10)]
    assert income.total(rows) == income.Received(2, None, 0, 0, None)
    [source] = income.by_source(rows, {1: (Decimal(5), Decimal(6))})
    assert source.yield_on_cost == Figure(None, Reason.NO_RATE)


def test_yield_says_why_there_is_none():
    part = Decimal(5)
    assert income.ratio(part, None, Reason.UNKNOWN_COST) == Figure(None, Reason.UNKNOWN_COST)
    assert income.ratio(part, Decimal(0), Reason.NO_PRICE) == Figure(None, Reason.NOTHING_HELD)
    assert income.ratio(part, Decimal(-1), Reason.NO_PRICE) == Figure(None, Reason.NOTHING_HELD)


def test_tax_of_its_own_belongs_to_no_payment_and_interest_may_be_charged():
    entries = [
        entry("2024-02-01", "interest", 4, -1),
        entry("2024-02-01", "tax", 7, 1),
    ]
    [paid] = income.payments(book_of(entries))
    assert (paid.gross, paid.taxes, paid.net) == (-4, 0, -4)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 300), st.integers(1, 3), st.decimals(0, 99, places=4), st.decimals(0, 9, places=4)
        ),
        max_size=12,
    )
)
def test_months_and_sources_add_up_to_the_total(rows):
    entries = [
        entry(f"2024-{1 + day // 28:02}-{1 + day % 28:02}", "dividend", 3, price, instrument=key, tax=tax)
        for day, key, price, tax in rows
    ]
    paid = income.payments(book_of(entries))
    whole = income.total(paid)
    with exact():
        for parts in (income.by_month(paid).values(), [one.received for one in income.by_source(paid, {})]):
            assert sum(one.count for one in parts) == whole.count
            for name in ("gross", "taxes", "fees", "net"):
                assert sum(getattr(one, name) for one in parts) == getattr(whole, name)
        assert whole.gross - whole.taxes - whole.fees == whole.net
