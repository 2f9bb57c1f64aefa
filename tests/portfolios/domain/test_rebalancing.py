"""Rebalancing: worked numbers, and what no plan may ever do."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain.exact import ZERO, exact
from portfolios.domain.rebalancing import CASH, Asset, Funding, Wishes, drifts, plan

GROUPS = ("a", "b", "c")
AMOUNTS = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)


def asset(key, group, units, price, lot="1"):
    return Asset(key, group, Decimal(units), Decimal(price), Decimal(lot))


def wishes(funding, new_money="0", bought=None, **targets):
    named = {CASH if group == "cash" else group: Decimal(weight) for group, weight in targets.items()}
    return Wishes(named, funding, Decimal(new_money), bought)


def orders(found):
    return {one.key: one.units for one in found.trades}


@st.composite
def scenes(draw):
    """Draw up to six assets of three groups, cash that may be owed, and wishes."""
    assets = [
        Asset(
            key,
            draw(st.sampled_from(GROUPS)),
            Decimal(draw(st.integers(0, 5000))) / draw(st.sampled_from([1, 1000])),
            Decimal(draw(st.integers(1, 10**6))) / 100,
            draw(st.sampled_from([Decimal(1), Decimal(10), Decimal("0.001"), Decimal("0.00000001")])),
        )
        for key in range(draw(st.integers(1, 6)))
    ]
    cuts = sorted(draw(st.lists(st.integers(0, 1000), min_size=3, max_size=3)))
    weights = [Decimal(high - low) / 1000 for low, high in zip([0, *cuts], [*cuts, 1000], strict=True)]
    targets = dict(zip((*GROUPS, CASH), weights, strict=True))
    cash = draw(AMOUNTS) - draw(st.sampled_from([0, 0, 5000]))
    bought = {one.group: one.key for one in assets} if draw(st.booleans()) else None
    return assets, cash, Wishes(targets, draw(st.sampled_from(Funding)), draw(AMOUNTS), bought)


@settings(max_examples=50, deadline=None)
@given(scenes())
def test_plan_spends_and_sells_only_what_is_there(scene):
    assets, cash, wanted = scene
    found, by_key = plan(assets, cash, wanted), {one.key: one for one in assets}
    with exact():
        sold = -sum((one.amount for one in found.trades if one.amount < 0), ZERO)
        assert found.spent == sum((one.amount for one in found.trades if one.amount > 0), ZERO)
        assert found.proceeds == sold
        assert found.spent <= max(cash + wanted.new_money + sold, ZERO)
        assert found.cash_after == cash + wanted.new_money + sold - found.spent
        for one in found.trades:
            assert one.units % by_key[one.key].lot == 0
            assert -one.units <= by_key[one.key].units
        if wanted.funding is not Funding.TRADES:
            assert sold == 0
        if wanted.funding is Funding.NEW_MONEY:
            assert found.spent <= wanted.new_money


@settings(max_examples=50, deadline=None)
@given(scenes())
def test_weights_add_up_and_no_group_ends_further_from_its_target(scene):
    assets, cash, wanted = scene
    found = plan(assets, cash, wanted)
    with exact():
        for rows in (found.before, found.after):
            if rows[0].weight is not None:
                assert sum((one.weight for one in rows), ZERO) == 1
                assert sum((one.drift for one in rows), ZERO) == 0
        richer = {one.group: one.gap for one in drifts(assets, cash + wanted.new_money, wanted.targets)}
        for one in found.after:
            if one.group != CASH:
                assert abs(one.gap) <= abs(richer[one.group])
        before = sum((one.value for one in found.before), ZERO)
        assert sum((one.value for one in found.after), ZERO) == before + wanted.new_money


def test_trades_reach_the_targets_where_lots_allow():
    assets = [asset(1, "a", 60, 100), asset(2, "b", 30, 100)]
    found = plan(assets, Decimal(1000), wishes(Funding.TRADES, a="0.5", b="0.4", cash="0.1"))
    assert orders(found) == {1: -10, 2: 10}
    assert [one.drift for one in found.after] == [0, 0, 0]


def test_new_money_goes_where_most_is_lacking_until_all_lack_equally():
    assets = [asset(1, "a", 10, 10, "0.01"), asset(2, "b", 40, 10, "0.01"), asset(3, "c", 70, 10, "0.01")]
    targets = {"a": "0.4", "b": "0.3", "c": "0.3"}
    # 1,350: a lacks 440 and b 5, so that the 150 all go to a
    assert orders(plan(assets, ZERO, wishes(Funding.NEW_MONEY, "150", **targets))) == {1: 15}
    # 1,800: a lacks 620, b 140; with 600 both end 80 below
    assert orders(plan(assets, ZERO, wishes(Funding.NEW_MONEY, "600", **targets))) == {1: 54, 2: 6}


def test_cash_above_its_target_is_spent_and_cash_below_it_filled():
    assets = [asset(1, "a", 50, 10)]
    cash = plan(assets, Decimal(500), wishes(Funding.CASH, a="0.8", cash="0.2"))
    assert (orders(cash), cash.cash_after) == ({1: 30}, 200)
    assert plan(assets, Decimal(500), wishes(Funding.NEW_MONEY, a="0.8", cash="0.2")).trades == []
    sold = plan(assets, ZERO, wishes(Funding.TRADES, a="0.8", cash="0.2"))
    assert (orders(sold), sold.cash_after) == ({1: -10}, 100)


def test_debt_is_paid_back_first():
    found = plan([asset(1, "a", 100, 10)], Decimal(-100), wishes(Funding.NEW_MONEY, "150", a="1"))
    assert (orders(found), found.cash_after) == ({1: 5}, 0)


def test_what_a_lot_costs_more_than_there_is_stays_cash():
    assets = [asset(1, "a", 0, 400), asset(2, "b", 10, 10)]
    found = plan(assets, ZERO, wishes(Funding.NEW_MONEY, "399", {"a": 1}, a="0.9", b="0.1"))
    assert (found.trades, found.cash_after) == ([], 399)


def test_group_that_nothing_is_known_to_buy_of_is_named():
    found = plan([asset(1, "a", 10, 10)], Decimal(100), wishes(Funding.CASH, a="0.5", b="0.5"))
    assert (found.unplaced, found.trades, found.cash_after) == (["b"], [], 100)


@pytest.mark.parametrize("cash", ["0", "-50"])
def test_nothing_of_value_has_no_weights(cash):
    found = plan([asset(1, "a", 0, 10)], Decimal(cash), wishes(Funding.TRADES, a="1"))
    assert [one.weight for one in found.before] == [None, None]
    assert found.trades == []
