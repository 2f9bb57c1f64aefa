"""What single entries do to a book."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portfolios.domain.book import Flow, ProblemKind
from portfolios.domain.entries import Split
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod, shortage
from tests.support.ledgers import entry, prices, rates

D = Decimal
USD = {"2024-01-01": "0.90", "2024-02-01": "0.95"}


def book(*rows, splits=(), table=None, **more):
    return fold(rows, splits, table or rates("EUR", USD=USD), base="EUR", **more)


def test_buy_with_fee_and_tax_in_other_currencies_takes_cash_of_each():
    found = book(
        entry("2024-01-02", "buy", 2, 100, instrument=1, fee=3, fee_currency="USD", tax=1, tax_currency="EUR")
    )
    assert found.cash == {"EUR": -201, "USD": -3}
    assert found.cash_base == {"EUR": -201, "USD": D("-2.70")}
    (lot,) = found.holdings[1].lots
    assert (lot.cost, lot.cost_base, lot.charges) == (200, 200, D("3.70"))


def test_own_rate_of_an_entry_wins_over_the_day_and_is_noted():
    row = entry("2024-01-02", "buy", 1, 100, instrument=1, currency="USD", fx_rate="0.88", fee=2)
    found = book(row)
    assert found.holdings[1].lots[0].cost_base == 88
    assert found.charges[0].base == D("1.76")
    used = found.rates_used[row.id]
    assert (used.rate, used.as_of, used.source) == (D("0.88"), date(2024, 1, 2), "own")


def test_day_rate_of_an_entry_is_noted_with_the_day_it_is_of():
    row = entry("2024-01-20", "deposit", 100, currency="USD")
    used = book(row).rates_used[row.id]
    assert (used.rate, used.as_of, used.source) == (D("0.90"), date(2024, 1, 1), "market")


def test_entry_without_any_rate_is_unknown_in_base_and_a_finding():
    row = entry("2023-12-31", "buy", 1, 100, instrument=1, currency="USD")
    found = book(row)
    (lot,) = found.holdings[1].lots
    assert (lot.cost, lot.cost_base) == (100, None)
    assert found.cash == {"USD": -100}
    assert found.cash_base == {"USD": None}
    assert [(p.kind, p.entry_id, p.currency) for p in found.problems] == [
        (ProblemKind.NO_RATE, row.id, "USD")
    ]


def test_share_paid_in_another_currency_costs_in_its_own_at_that_days_rates():
    found = book(entry("2024-01-02", "buy", 1, 90, instrument=1, currency="EUR"), currencies={1: "USD"})
    (lot,) = found.holdings[1].lots
    assert (lot.cost, lot.cost_base) == (100, 90)


def test_sale_of_the_same_instant_finds_the_purchase_typed_after_it():
    sale = entry("2024-01-02", "sell", 1, 120, instrument=1)
    found = book(sale, entry("2024-01-02", "buy", 1, 100, instrument=1))
    assert found.problems == []
    assert [row.price_gain for row in found.disposals] == [20]


def test_sale_earlier_on_the_day_than_its_purchase_lacks_it():
    early, late = (datetime(2024, 1, 2, hour, tzinfo=UTC) for hour in (9, 10))
    sale = entry("2024-01-02", "sell", 1, 120, instrument=1, time=early)
    found = book(sale, entry("2024-01-02", "buy", 1, 100, instrument=1, time=late))
    (problem,) = found.problem(ProblemKind.MISSING_ACQUISITION)
    assert (problem.entry_id, problem.quantity) == (sale.id, 1)
    (row,) = found.disposals
    assert (row.missing, row.lot_id, row.cost_base, row.price_gain) == (True, None, 0, 120)
    assert found.holdings[1].quantity == 1


def test_split_on_the_day_of_a_sale_applies_before_it():
    rows = [
        entry("2024-01-02", "buy", 3, 100, instrument=1),
        entry("2024-02-01", "sell", 1, 55, instrument=1),
    ]
    found = book(*rows, splits=[Split(1, date(2024, 2, 1), 2, 1)])
    assert found.holdings[1].quantity == 5
    assert [row.cost for row in found.disposals] == [50]


def test_split_after_the_last_entry_counts_up_to_the_day_asked_for():
    row, split = entry("2024-01-02", "buy", 3, 100, instrument=1), Split(1, date(2024, 2, 1), 2, 1)
    assert book(row, splits=[split], until=date(2024, 1, 31)).holdings[1].quantity == 3
    assert book(row, splits=[split], until=date(2024, 2, 1)).holdings[1].quantity == 6


def test_split_that_does_not_divide_keeps_the_sum_of_the_lots():
    rows = [entry("2024-01-02", "buy", 1, 90, instrument=1) for _ in range(3)]
    holding = book(*rows, splits=[Split(1, date(2024, 2, 1), 2, 3)]).holdings[1]
    assert holding.quantity == 2
    assert [lot.quantity for lot in holding.lots] == [
        D("0.666666666666666667"),
        D("0.666666666666666666"),
        D("0.666666666666666667"),
    ]
    assert sum(lot.cost for lot in holding.lots) == 270


@pytest.mark.parametrize(("method", "costs"), [("fifo", [100, 60]), ("lifo", [110, 60]), ("hifo", [120, 55])])
def test_hifo_keeps_its_order_over_a_split(method, costs):
    rows = [
        entry("2024-01-02", "buy", 1, 100, instrument=1),
        entry("2024-01-03", "buy", 1, 120, instrument=1),
        entry("2024-01-04", "buy", 1, 110, instrument=1),
        entry("2024-02-02", "sell", 2, 60, instrument=1),
        entry("2024-02-03", "sell", 1, 60, instrument=1),
    ]
    found = book(*rows, splits=[Split(1, date(2024, 2, 1), 2, 1)], method=CostMethod(method))
    assert [row.cost for row in found.disposals] == costs


def test_interest_charged_is_negative_income_and_takes_cash():
    found = book(entry("2024-01-02", "interest", -7))
    assert [(row.amount, row.base) for row in found.incomes] == [(-7, -7)]
    assert found.cash == {"EUR": -7}


def test_deposit_with_a_fee_flows_in_whole_and_pays_from_cash():
    row = entry("2024-01-02", "deposit", 100, fee=1)
    found = book(row)
    assert found.flows == [Flow(row.id, row.day, D(100))]
    assert found.cash == {"EUR": 99}


def test_portfolio_without_cash_turns_every_movement_into_one_flow():
    rows = [
        entry("2024-01-02", "deposit", 500),
        entry("2024-01-03", "buy", 2, 100, instrument=1, fee=5),
        entry("2024-01-04", "dividend", 2, 3, instrument=1, tax=1),
        entry("2024-01-05", "sell", 1, 120, instrument=1, fee=5),
        entry("2024-01-06", "fee", 4),
    ]
    found = book(*rows, tracks_cash=False)
    assert [(flow.entry_id, flow.amount) for flow in found.flows] == [
        (rows[1].id, 205),
        (rows[2].id, -5),
        (rows[3].id, -115),
        (rows[4].id, 4),
    ]
    assert found.cash == {}


def test_transfer_in_at_unknown_cost_has_no_cost_and_flows_at_the_market():
    row = entry("2024-01-02", "transfer_in", 2, None, instrument=1)
    found = book(row, prices=prices({1: "EUR"}, i1={"2024-01-02": 50}))
    (lot,) = found.holdings[1].lots
    assert (lot.cost, lot.cost_base) == (None, None)
    assert found.flows == [Flow(row.id, row.day, D(100), in_kind=True)]
    assert [p.kind for p in found.problems] == [ProblemKind.UNKNOWN_COST]
    sale = entry("2024-01-03", "sell", 1, 60, instrument=1)
    (sold,) = book(row, sale).disposals
    assert (sold.proceeds_base, sold.cost_base, sold.price_gain, sold.missing) == (60, None, None, False)


def test_transfer_out_takes_its_lots_along_and_realises_nothing():
    rows = [
        entry("2024-01-02", "buy", 2, 50, instrument=1),
        entry("2024-01-03", "transfer_out", 1, None, instrument=1),
    ]
    found = book(*rows, prices=prices({1: "EUR"}, i1={"2024-01-03": 70}))
    (moved,) = found.transfers
    assert (moved.value_base, moved.cost_base, moved.incoming) == (70, 50, False)
    assert found.disposals == []
    assert found.flows == [Flow(rows[1].id, rows[1].day, D(-70), in_kind=True)]
    assert found.holdings[1].quantity == 1


@pytest.mark.parametrize("quantity", [0, -5])
@pytest.mark.parametrize("kind", ["buy", "sell", "transfer_in", "transfer_out"])
def test_trade_without_a_positive_quantity_changes_nothing_and_is_a_finding(kind, quantity):
    row = entry("2024-01-02", kind, quantity, 10, instrument=1, fee=3)
    found = book(row)
    assert [(p.kind, p.entry_id) for p in found.problems] == [(ProblemKind.INVALID_QUANTITY, row.id)]
    assert (found.cash, found.holdings, found.charges) == ({}, {}, [])


def test_entries_after_the_day_asked_for_do_not_count():
    rows = [entry("2024-01-02", "deposit", 1), entry("2024-01-03", "deposit", 2)]
    assert book(*rows, until=date(2024, 1, 2)).cash == {"EUR": 1}


@pytest.mark.parametrize(
    ("asked", "held", "lacks"),
    [("1", "0.99999999", "0"), ("1", "0.9999", "0.0001"), ("2", "3", "0"), ("1", "0", "1")],
)
def test_shortage_of_a_hundred_millionth_is_rounding(asked, held, lacks):
    assert shortage(D(asked), D(held)) == D(lacks)


def test_sale_in_parts_of_three_lots_shares_its_fee_without_a_rest():
    rows = [entry("2024-01-02", "buy", 1, price, instrument=1, fee=1) for price in (10, 20, 30)]
    found = book(*rows, entry("2024-01-05", "sell", 3, 40, instrument=1, fee="0.10"))
    assert [row.quantity for row in found.disposals] == [1, 1, 1]
    assert sum(row.charges for row in found.disposals) == D("0.10")
    assert sum(row.acquisition_charges for row in found.disposals) == 3


def test_hifo_goes_by_the_cost_of_a_unit_and_not_of_the_lot():
    rows = [
        entry("2024-01-02", "buy", 5, 100, instrument=1),
        entry("2024-01-03", "buy", 1, 120, instrument=1),
        entry("2024-01-04", "sell", 1, 130, instrument=1),
    ]
    assert [row.cost for row in book(*rows, method=CostMethod.HIFO).disposals] == [120]


def test_fee_in_another_currency_is_part_of_the_basis_at_the_rate_of_its_day():
    rows = [
        entry("2024-01-02", "buy", 10, 50, instrument=1, currency="USD", fee=9, fee_currency="EUR", tax=2),
        entry("2024-01-02", "buy", 1, 50, instrument=2, currency="USD", fee=1, fee_currency="CHF"),
        entry("2024-03-01", "sell", 5, 60, instrument=1, currency="USD", fee=1, tax=30),
    ]
    table = rates("EUR", USD={"2024-01-01": "0.9", "2024-03-01": "0.8"})
    book = fold(rows, [], table, base="EUR", fees_in_basis=True, currencies={1: "USD", 2: "USD"})
    (lot,), (unknown,), (sold,) = book.holdings[1].lots, book.holdings[2].lots, book.disposals
    # 500 USD × 0.9 + 9 EUR + 2 USD × 0.9 = 460.80 EUR, half of it sold; 9 EUR are 10 USD.
    assert (lot.cost_base, lot.cost) == (D("230.4"), 256)
    assert (sold.cost_base, sold.cost, sold.proceeds_base, sold.proceeds) == (
        D("230.4"),
        256,
        D("239.2"),
        299,
    )
    assert sold.price_gain == D("239.2") - 256 * D("0.8")
    # No rate of the franc: the fee is unknown, and so is the cost that holds it.
    assert (unknown.cost_base, unknown.cost) == (None, None)
