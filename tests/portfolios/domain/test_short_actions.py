"""Corporate actions reach what is sold short too: units, cost, value and the statement agree."""

from datetime import date
from decimal import Decimal

import pytest

from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod
from portfolios.domain.statement import statement
from tests.support.corporate import action
from tests.support.ledgers import entry, prices, rates

QUOTED = {1: "EUR", 2: "EUR"}
MARKET = prices(QUOTED, i1={"2024-01-10": 20, "2024-02-01": 30}, i2={"2024-03-01": 50})


@pytest.mark.parametrize(
    ("kind", "more", "units", "cost", "gain"),
    [
        ("merger", {"target": 2, "ratio": (1, 2)}, {1: 0, 2: -5}, -200, 0),
        ("delisting", {"cash": 0, "pays_out": True}, {1: 0}, 0, 200),
        ("delisting", {"cash": 35, "pays_out": True}, {1: 0}, 0, -150),
    ],
)
def test_action_reshapes_a_short_position(kind, more, units, cost, gain):
    rows = [entry("2024-01-10", "sell", 10, 20, instrument=1)]
    actions = [action("2024-03-01", kind, 1, **more)]
    book = fold(
        rows,
        [],
        rates("EUR"),
        base="EUR",
        allow_short=True,
        currencies=QUOTED,
        actions=actions,
        prices=MARKET,
    )
    assert {key: one.quantity for key, one in book.holdings.items()} == units
    assert sum(lot.cost for one in book.holdings.values() for lot in one.lots) == cost
    assert sum(row.price_gain for row in book.disposals) == gain
    found = statement(
        rows,
        [],
        rates("EUR"),
        MARKET,
        base="EUR",
        start=date(2024, 1, 31),
        end=date(2024, 3, 31),
        allow_short=True,
        currencies=QUOTED,
        actions=actions,
    )
    assert found.lines.adds_up()
    assert found.left_out == ()


LONG = entry("2024-01-02", "buy", 10, 100, instrument=1, id="long")
SHORT = entry("2024-01-02", "sell", 10, 100, instrument=1, id="short")


def other(kind, quantity, price, **more):
    return entry("2024-02-01", kind, quantity, price, instrument=2, id="other", **more)


def netted(rows, *, ratio=(1, 2), kind="merger", method=CostMethod.FIFO, **more):
    merged = action("2024-03-01", kind, 1, target=2, ratio=ratio, **more.pop("action", {}))
    table, quoted = more.pop("rates", rates("EUR")), more.pop("quoted", QUOTED)
    found = fold(
        rows, [], table, base="EUR", allow_short=True, currencies=quoted, actions=[merged], method=method
    )
    sales = [(one.quantity, one.proceeds, one.cost, one.lot_id) for one in found.disposals]
    left = [(lot.entry_id, lot.quantity, lot.cost) for at in (1, 2) for lot in found.holdings[at].lots]
    assert {one.entry_id for one in found.disposals} == {f"action:{merged.id}"}
    return sales, left, [(one.price_gain, one.currency_effect) for one in found.disposals]


@pytest.mark.parametrize(
    ("rows", "sales", "left", "gain"),
    [
        # 5 units that cost 1000 buy back 5 of the 8 that brought 720
        ([LONG, other("sell", 8, 90)], [(-5, -1000, -450, "other")], [("other", -3, -270)], -550),
        # 2 of them, for 400, buy back all that was sold short; 3 are left
        ([LONG, other("sell", 2, 90)], [(-2, -400, -180, "other")], [("long", 3, 600)], -220),
        ([LONG, other("sell", 5, 90)], [(-5, -1000, -450, "other")], [], -550),
        # 5 units that brought 1000 sell 5 of the 8 that cost 720
        ([SHORT, other("buy", 8, 90)], [(5, 1000, 450, "other")], [("other", 3, 270)], 550),
        ([SHORT, other("buy", 2, 90)], [(2, 400, 180, "other")], [("short", -3, -600)], 220),
    ],
)
def test_merger_nets_with_what_is_open_the_other_way_round(rows, sales, left, gain):
    assert netted(rows) == (sales, left, [(gain, 0)])


@pytest.mark.parametrize(
    ("method", "first"), [(CostMethod.FIFO, "one"), (CostMethod.LIFO, "two"), (CostMethod.HIFO, "one")]
)
def test_netting_takes_lots_of_both_sides_in_the_order_of_the_method(method, first):
    rows = [
        entry("2024-01-02", "buy", 4, 100, instrument=1, id="one"),
        entry("2024-01-03", "buy", 4, 50, instrument=1, id="two"),
        other("sell", 3, 90),
    ]
    cost = {"one": (400, 100), "two": (200, 200)}[first]
    sales, left, _gains = netted(rows, method=method)
    assert sales == [(-2, -cost[0], -180, "other"), (-1, -cost[1], -90, "other")]
    assert sum(lot[2] for lot in left) == 600 - sum(cost)


def test_spin_off_nets_the_new_units_with_a_short_position_in_them():
    spun = {"cost_share": "0.2"}
    found = netted([LONG, other("sell", 2, 150)], kind="spin_off", ratio=(1, 5), action=spun)
    assert found == ([(-2, -200, -300, "other")], [("long", 10, 800)], [(100, 0)])


def test_netting_tells_what_the_rate_did_to_both_sides():
    table = rates("EUR", USD={"2024-01-01": "0.8", "2024-02-01": "0.85", "2024-03-01": "0.9"})
    rows = [LONG._replace(currency="USD"), other("sell", 5, 240, currency="USD")]
    found = netted(rows, rates=table, quoted={1: "USD", 2: "USD"})
    # 1200 - 1000 USD at 0.9, and 1020 - 800 EUR in all
    assert found == ([(-5, -1000, -1200, "other")], [], [(180, 40)])


def test_what_rounding_leaves_of_two_sides_goes_with_the_last_piece():
    rows = [entry("2024-01-02", "buy", 100, 3, instrument=1, id="long"), other("sell", "33.33333333", 9)]
    sales, left, gains = netted(rows, ratio=(1, 3))
    assert (sales[0][0], sales[0][1], left) == (Decimal("-33.33333333"), -300, [])
    assert gains == [(Decimal("-0.00000003"), 0)]
