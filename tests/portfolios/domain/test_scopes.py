"""Scopes: a part adds up like the whole, the parts add up to the whole, and a currency there and back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain.exact import ONE, exact, share
from portfolios.domain.groups import summed_statement
from portfolios.domain.rates import RateUsed
from portfolios.domain.scopes import WHOLE, Crossing, Scope, moves_within, restated, within
from portfolios.domain.statement import Lines, statement
from tests.support.ledgers import FIRST, LENGTH, QUOTED, days, entry, prices, rates, worlds

LAST = FIRST + timedelta(days=LENGTH)
EVE = FIRST - timedelta(days=1)
CASH = Scope(frozenset())
EARNED = ("opening", "unrealised", "realised", "income", "fees", "taxes", "currency_effect", "closing")


def stated(world, scope, start, end, *, entries=None, base="EUR", table=None):
    return statement(
        within(world.entries if entries is None else entries, scope, tracks_cash=world.tracks_cash),
        world.splits,
        table or world.rates,
        world.prices,
        base=base,
        start=start,
        end=end,
        tracks_cash=world.tracks_cash and scope.cash,
        currencies=QUOTED,
    ).lines


scopes = st.builds(
    Scope,
    st.one_of(st.none(), st.frozensets(st.sampled_from(list(QUOTED)))),
    cash=st.booleans(),
    fees=st.booleans(),
    taxes=st.booleans(),
)


@settings(max_examples=50)
@given(worlds(complete=False), scopes, days(), days())
def test_statement_of_any_scope_adds_up(world, scope, one, other):
    assert stated(world, scope, min(one, other), max(one, other)).adds_up()


@settings(max_examples=50)
@given(worlds(), days(), days(), st.booleans(), st.booleans())
def test_instruments_and_cash_add_up_to_the_portfolio(world, one, other, fees, taxes):
    start, end = min(one, other), max(one, other)
    parts = [Scope(frozenset({key}), cash=False, fees=fees, taxes=taxes) for key in QUOTED]
    parts.append(replace(CASH, fees=fees, taxes=taxes))
    whole = stated(world, Scope(fees=fees, taxes=taxes), start, end)
    found = [stated(world, part, start, end) for part in parts]
    with exact():
        for name in EARNED:
            assert sum(getattr(part, name) for part in found) == getattr(whole, name), name
        if fees and taxes:  # what a view before charges leaves to the cash is a flow of the whole alone
            assert sum(part.net_flows for part in found) == whole.net_flows


@settings(max_examples=50)
@given(worlds(), days())
def test_charges_that_are_left_out_are_flows_and_change_no_value(world, end):
    after, before = stated(world, WHOLE, EVE, end), stated(world, Scope(fees=False, taxes=False), EVE, end)
    assert before.fees == before.taxes == 0
    assert before.closing == after.closing
    with exact():
        assert before.gain() == after.gain() + after.fees + after.taxes


class Through:
    """Rates into another currency by way of one pivot at a rate that has an exact inverse."""

    def __init__(self, table, factor, base):
        self.table, self.factor, self.base = table, factor, base

    def rate(self, currency, day):
        if currency == self.base:
            return RateUsed(ONE, day, "identity")
        used = self.table.rate(currency, day)
        with exact():
            return used and RateUsed(used.rate * self.factor, used.as_of, used.source)


@settings(max_examples=50)
@given(worlds(), days(), days())
def test_currency_there_and_back_gives_the_same_statement(world, one, other):
    start, end = min(one, other), max(one, other)
    there = Through(world.rates, Decimal("1.25"), "XXX")
    back = Through(there, Decimal("0.8"), "EUR")
    abroad = restated(world.entries, there, "EUR", "XXX")
    home = restated(abroad, back, "XXX", "EUR")
    plain = stated(world, WHOLE, start, end)
    # An own rate of the portfolio's currency means nothing there, and is all that is lost on the way.
    assert stated(world, WHOLE, start, end, entries=home, table=back) == plain
    shown = stated(world, WHOLE, start, end, entries=abroad, base="XXX", table=there)
    with exact():
        for name in Lines.__slots__:
            assert getattr(shown, name) == getattr(plain, name) * Decimal("1.25")


def test_instrument_counts_purchases_in_and_dividends_out():
    rows = [
        entry("2024-01-01", "deposit", 1000),
        entry("2024-01-02", "buy", 10, 50, instrument=1, fee=2, tax=3),
        entry("2024-01-03", "dividend", 10, 1, instrument=1, tax=4),
        entry("2024-01-04", "fee", 1, instrument=1),
    ]
    scope = Scope(frozenset({1}), cash=False, taxes=False)
    found = statement(
        within(rows, scope, tracks_cash=True),
        [],
        rates("EUR"),
        prices({1: "EUR"}, i1={"2024-01-05": 60}),
        base="EUR",
        start=EVE,
        end=rows[-1].day + timedelta(days=1),
        tracks_cash=False,
    )
    assert [flow.amount for flow in found.flows] == [502, -10, 1]
    assert (found.lines.unrealised, found.lines.income, found.lines.fees) == (100, 10, 3)
    assert (found.lines.taxes, found.lines.closing) == (0, 600)


def test_cash_is_what_trades_moved():
    rows = [
        entry("2024-01-02", "buy", 10, 50, instrument=1, fee=2),
        entry("2024-01-03", "sell", 0, 9, instrument=1),
    ]
    assert [(row.kind, row.quantity) for row in within(rows, CASH, tracks_cash=True)] == [
        ("withdrawal", 500),
        ("withdrawal", 2),
    ]


def test_moves_are_paired_by_amount_and_day_between_two_ledgers_only():
    out = entry("2024-01-02", "withdrawal", 100)
    late = entry("2024-01-03", "deposit", 100)
    came, twin = entry("2024-01-02", "deposit", 100), entry("2024-01-02", "deposit", 100)
    units_out = entry("2024-01-02", "transfer_out", 5, None, instrument=1)
    units_in = entry("2024-01-02", "transfer_in", 5, 10, instrument=1)
    assert moves_within([[out, units_out], [late, came, twin, units_in]]) == [
        (out.id, came.id),
        (units_out.id, units_in.id),
    ]
    assert moves_within([[out, came]]) == []


def test_moves_linked_by_hand_may_differ_in_amount():
    out, came = entry("2024-01-02", "withdrawal", 100), entry("2024-01-02", "deposit", 90, currency="USD")
    assert moves_within([[out], [came]]) == []
    assert moves_within([[out], [came]], {out.id: "one", came.id: "one"}) == [(out.id, came.id)]


@pytest.mark.parametrize(("out", "came"), [(100, 100), (100, 90)])
def test_group_counts_what_is_lost_on_the_way_as_earned_and_not_as_a_flow(out, came):
    def part(*rows):
        return statement(
            rows, [], rates("EUR"), prices({}), base="EUR", start=EVE, end=LAST, tracks_cash=True
        )

    first, second = entry("2024-01-01", "deposit", 500), entry("2024-01-05", "withdrawal", out)
    third = entry("2024-01-05", "deposit", came)
    ends = [(second, -out), (third, came)]
    crossings = [Crossing(row.id, row.day, Decimal(amount), in_kind=False) for row, amount in ends]
    found = summed_statement([part(first, second), part(third)], EVE, LAST, crossings)
    assert found.lines.adds_up()
    assert (found.lines.net_flows, found.lines.currency_effect) == (500, came - out)
    assert [flow.amount for flow in found.flows] == [500]


def test_own_rate_is_carried_on_at_the_rate_of_the_day():
    row = entry("2024-01-02", "buy", 1, 10, instrument=1, currency="USD", fx_rate="0.9")
    table = rates("GBP", EUR={"2024-01-01": "0.8"})
    assert restated([row], table, "EUR", "GBP")[0].fx_rate == share(Decimal("0.72"), ONE, ONE)
    assert restated([row], table, "EUR", "USD")[0].fx_rate is None
