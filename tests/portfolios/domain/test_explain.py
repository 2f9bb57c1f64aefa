"""Explanations: what a figure is said to be made of adds up to it, exactly, in every scope and period."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings

from portfolios.domain.exact import ZERO, exact
from portfolios.domain.explain import AMOUNTS, figure_of, parts_of, rate_of
from portfolios.domain.rates import RateUsed
from portfolios.domain.scopes import within
from portfolios.domain.statement import statement
from tests.portfolios.domain.test_scopes import scopes
from tests.support.ledgers import QUOTED, days, entry, rates, worlds


@settings(max_examples=50, deadline=None)
@given(worlds(complete=False), scopes, days(), days())
def test_parts_add_up_to_every_figure(world, scope, one, other):
    entries = within(world.entries, scope, tracks_cash=world.tracks_cash)
    found = statement(
        entries,
        world.splits,
        world.rates,
        world.prices,
        base="EUR",
        start=min(one, other),
        end=max(one, other),
        tracks_cash=world.tracks_cash and scope.cash,
        currencies=QUOTED,
    )
    by_id = {row.id: row for row in world.entries}
    with exact():
        for figure in AMOUNTS:
            parts = parts_of(figure, found)
            assert sum((part.amount for part in parts), ZERO) == figure_of(figure, found.lines), figure
        for figure in ("income", "fees", "taxes"):
            for part in parts_of(figure, found):
                used = rate_of(by_id[part.entry_id], part.currency, world.rates, "EUR")
                assert part.amount == part.quantity * (used.rate if used else 1)


def test_rate_of_the_transaction_wins_and_it_is_told_which_was_used():
    table = rates("EUR", USD={"2024-01-01": "0.9"}, GBP={"2024-01-01": "1.2"})
    plain = entry("2024-01-05", "buy", 1, 10, instrument=1, currency="USD")
    own = entry("2024-01-05", "buy", 1, 10, instrument=1, currency="USD", fx_rate="0.95")
    assert rate_of(own, "USD", table, "EUR") == RateUsed(Decimal("0.95"), date(2024, 1, 5), "own")
    assert rate_of(own, "GBP", table, "EUR") == table.rate("GBP", date(2024, 1, 5))
    assert rate_of(plain, "USD", table, "EUR") == table.rate("USD", date(2024, 1, 5))
    assert rate_of(plain, "EUR", table, "EUR") is None
