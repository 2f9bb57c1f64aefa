"""Two moves between the same two portfolios at once, in opposite directions, on two connections."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.actor import Actor
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.selectors.ledger import units_held
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions
from portfolios.services.transfers import move_in_kind
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BOUGHT, MOVED = datetime(2024, 1, 10, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)


def test_moves_in_opposite_directions_at_once_both_arrive(
    investor: Any, portfolio: Portfolio, listed: Any
) -> None:
    actor, acme = Actor.user(investor), listed("ACME", "EUR")
    other = create_portfolio(actor=actor, owner_id=investor.pk, name="Depot", currency="EUR")
    for one in (portfolio, other):
        item = TransactionInput(
            kind=EntryKind.BUY,
            time=BOUGHT,
            instrument=acme,
            quantity=Decimal(10),
            price=Decimal(100),
            currency="EUR",
        )
        add_transactions(actor=actor, portfolio_id=one.pk, inputs=[item])

    def move(source: Portfolio, target: Portfolio, units: int) -> Any:
        return move_in_kind(
            actor=actor,
            portfolio_id=source.pk,
            to_id=target.pk,
            instrument=acme,
            quantity=Decimal(units),
            times=(MOVED, MOVED),
        )

    at_once(lambda: move(portfolio, other, 4), lambda: move(other, portfolio, 7))
    assert units_held(portfolio, acme, MOVED.date()) == 13
    assert units_held(other, acme, MOVED.date()) == 7
