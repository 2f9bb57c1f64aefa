"""What a transaction was before, digit by digit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.actor import Actor
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.selectors.entries import history
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions, change_transaction

LONG = Decimal("12345678901234567890.123456789012345678")
LONGER = Decimal("12345678901234567890.123456789012345679")


def test_history_tells_a_change_in_the_last_of_38_digits(portfolio: Portfolio, investor: Any) -> None:
    actor = Actor.user(investor)
    row = add_transactions(
        actor=actor,
        portfolio_id=portfolio.pk,
        inputs=[
            TransactionInput(
                kind=EntryKind.DEPOSIT,
                time=datetime(2024, 1, 2, 12, tzinfo=UTC),
                quantity=LONG,
                price=None,
                currency="EUR",
            )
        ],
    )[0]
    change_transaction(
        actor=actor, portfolio_id=portfolio.pk, transaction_id=row.pk, changes={"quantity": LONGER}
    )
    changes = history(investor, portfolio.pk, row.pk)[1]
    assert [one.fields for one in changes] == [[("quantity", LONG, LONGER)]]
