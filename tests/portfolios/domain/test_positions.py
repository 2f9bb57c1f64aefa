"""Positions, cash and allocation: every figure, or None with the reason."""

from datetime import date
from decimal import Decimal

from portfolios.domain.allocation import Slice, allocation
from portfolios.domain.entries import Split
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.positions import CashView, cash, positions
from portfolios.domain.reasons import Reason
from tests.support.ledgers import entry, prices, rates

D = Decimal
DAY = date(2024, 3, 8)
TABLE = rates("EUR", USD={"2024-01-01": "0.90", "2024-03-08": "0.95"})


def view(*rows, market=None, table=TABLE, splits=(), quoted="USD", **more):
    book = fold(rows, splits, table, base="EUR", until=DAY, currencies={1: quoted}, **more)
    (found,) = positions(book, splits, table, prices({1: quoted}, i1=market or {}), DAY)
    return found


def test_position_in_a_foreign_currency_splits_its_gain_and_adds_up():
    found = view(
        entry("2024-01-02", "buy", 10, 80, instrument=1, currency="USD", fee=1),
        entry("2024-02-02", "sell", 4, 100, instrument=1, currency="USD", tax=2),
        entry("2024-02-03", "dividend", 6, 1, instrument=1, currency="USD"),
        market={"2024-03-07": 90, "2024-03-08": 91},
    )
    assert (found.quantity, found.average_cost) == (6, 80)
    assert (found.cost_basis, found.cost_basis_quote) == (432, 480)
    assert (found.market_value, found.market_value_quote) == (D("518.70"), 546)
    assert (found.unrealised, found.unrealised_price, found.unrealised_currency) == (
        D("86.70"),
        D("62.70"),
        24,
    )
    assert (found.realised, found.realised_price, found.realised_currency) == (72, 72, 0)
    assert (found.income, found.fees, found.taxes, found.charges) == (
        D("5.40"),
        D("0.90"),
        D("1.80"),
        D("0.54"),
    )
    assert found.day_change == D("518.70") - 6 * 90 * D("0.90")
    assert dict(found.reasons) == {}


def test_position_without_a_price_keeps_its_cost_and_says_why_the_rest_is_none():
    found = view(entry("2024-01-02", "transfer_in", 2, None, instrument=1, currency="USD"))
    assert (found.market_value, found.unrealised, found.cost_basis) == (None, None, None)
    assert found.reasons["price"] is Reason.NO_PRICE
    assert found.reasons["market_value"] is Reason.NO_PRICE
    assert found.reasons["cost_basis"] is Reason.UNKNOWN_COST


def test_position_of_unknown_cost_has_a_value_and_no_gain():
    row = entry("2024-01-02", "transfer_in", 2, None, instrument=1, currency="USD")
    found = view(row, market={"2024-03-07": 40})
    assert found.market_value == 76
    assert (found.unrealised, found.reasons["unrealised"]) == (None, Reason.UNKNOWN_COST)
    assert (found.realised, found.income) == (0, 0)


def test_position_without_a_rate_is_known_in_its_own_currency_only():
    row = entry("2024-01-02", "buy", 2, 10, instrument=1, currency="USD")
    found = view(row, market={"2024-03-07": 40}, table=rates("EUR"))
    assert (found.market_value_quote, found.cost_basis_quote, found.average_cost) == (80, 20, 10)
    names = ("rate", "market_value", "cost_basis", "unrealised", "day_change")
    assert [(getattr(found, name), found.reasons[name]) for name in names] == [(None, Reason.NO_RATE)] * 5


def test_closed_position_is_worth_nothing_without_any_price_and_has_no_average():
    found = view(
        entry("2024-01-02", "buy", 2, 10, instrument=1),
        entry("2024-01-03", "sell", 2, 13, instrument=1),
        quoted="EUR",
    )
    assert (found.quantity, found.market_value, found.unrealised, found.realised) == (0, 0, 0, 6)
    assert (found.average_cost, found.reasons["average_cost"]) == (None, Reason.NOTHING_HELD)
    assert found.day_change == 0


def test_position_that_sold_more_than_it_had_is_incomplete():
    rows = [entry("2024-01-02", "buy", 2, 10, instrument=1), entry("2024-01-03", "sell", 5, 13, instrument=1)]
    found = view(*rows, quoted="EUR")
    assert (found.incomplete, found.quantity, found.realised) == (True, 0, 45)


def test_day_change_counts_what_was_traded_today_from_its_price():
    found = view(
        entry("2024-03-01", "buy", 10, 90, instrument=1),
        entry("2024-03-08", "buy", 5, 98, instrument=1),
        entry("2024-03-08", "sell", 3, 101, instrument=1),
        market={"2024-03-07": 95, "2024-03-08": 100},
        quoted="EUR",
    )
    assert found.day_change == 10 * 5 + 5 * 2 + 3 * 1


def test_day_change_over_a_split_of_today_compares_like_units():
    found = view(
        entry("2024-03-01", "buy", 10, 90, instrument=1),
        market={"2024-03-07": 95, "2024-03-08": 50},
        splits=[Split(1, DAY, 2, 1)],
        quoted="EUR",
    )
    assert (found.quantity, found.day_change) == (20, 50)


def test_day_change_of_an_average_pool_counts_only_yesterdays_units_from_yesterday():
    rows = [entry("2024-03-01", "buy", 1, 90, instrument=1), entry("2024-03-08", "buy", 1, 99, instrument=1)]
    market = {"2024-03-07": 95, "2024-03-08": 100}
    assert view(*rows, market=market, quoted="EUR", method=CostMethod.AVERAGE).day_change == 6


def test_cash_is_listed_by_currency_and_unknown_without_a_rate():
    rows = [
        entry("2024-01-02", "deposit", 100, currency="USD"),
        entry("2024-01-02", "deposit", 5, currency="CHF"),
        entry("2024-01-02", "deposit", 7),
        entry("2024-01-03", "withdrawal", 7),
    ]
    book = fold(rows, [], TABLE, base="EUR", until=DAY)
    assert cash(book, TABLE, DAY) == [CashView("CHF", D(5), None), CashView("USD", D(100), D(95))]


def test_allocation_groups_sorts_and_its_shares_add_up_to_one():
    found = allocation([("a", D(1)), ("b", D(1)), ("c", D("0.5")), ("c", D("0.5")), ("d", D(0))])
    assert found == [
        Slice("a", D(1), D("0.3334")),
        Slice("b", D(1), D("0.3333")),
        Slice("c", D(1), D("0.3333")),
    ]
    assert sum(one.share for one in found) == 1


def test_allocation_gives_an_overdrawn_group_no_share():
    found = allocation([("debt", D(-50)), ("shares", D(150))])
    assert found == [Slice("shares", D(150), D(1)), Slice("debt", D(-50), None)]
    assert allocation([]) == []
