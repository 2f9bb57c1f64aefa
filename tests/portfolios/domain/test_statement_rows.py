"""The rows of a statement: what its lines are the sums of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.domain.exact import exact
from portfolios.domain.statement import statement
from tests.support.ledgers import FIRST, LENGTH, QUOTED, World, worlds


@settings(max_examples=60)
@given(worlds(), st.integers(0, LENGTH - 2), st.integers(1, LENGTH))
def test_rows_add_up_to_their_lines(world: World, at: int, length: int) -> None:
    start = FIRST + timedelta(days=at)
    found = statement(
        world.entries,
        world.splits,
        world.rates,
        world.prices,
        base="EUR",
        start=start,
        end=start + timedelta(days=length),
        tracks_cash=world.tracks_cash,
        currencies=QUOTED,
    )
    lines, rows = found.lines, found.rows
    moved = [*rows.disposals, *rows.transfers]
    with exact():
        assert (
            sum((units * price * rate for _, units, price, rate in rows.opening), Decimal(0)) == lines.opening
        )
        assert sum((one.price_gain for one in rows.held), Decimal(0)) == lines.unrealised
        assert sum((one.price_gain for one in moved), Decimal(0)) == lines.realised
        assert sum((one.base for one in rows.incomes), Decimal(0)) == lines.income
        assert sum((one.value for one in [*rows.held, *rows.cash]), Decimal(0)) == lines.closing
        effects = [one.currency_effect for one in [*rows.held, *moved, *rows.cash]]
        assert sum(effects, Decimal(0)) == lines.currency_effect
        for one in rows.held:
            assert one.value - one.start_value == one.price_gain + one.currency_effect
