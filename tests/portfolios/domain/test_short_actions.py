"""Corporate actions reach what is sold short too: units, cost, value and the statement agree."""

from datetime import date

import pytest

from portfolios.domain.ledger import fold
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
