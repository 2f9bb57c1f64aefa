"""The reader's own trades of an instrument, as charts of the market mark them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from core import ports
from core.actor import Actor
from core.ports import OwnTrade
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PortfolioMember
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions, delete_transaction


def trade(kind: EntryKind, day: int, quantity: str, instrument: Instrument) -> TransactionInput:
    return TransactionInput(
        kind=kind,
        time=datetime(2024, 1, day, 23, 30, tzinfo=UTC),
        quantity=Decimal(quantity),
        price=Decimal("9.5"),
        currency="EUR",
        instrument=instrument,
    )


def test_own_purchases_and_sales_are_told_and_nobody_elses(
    portfolio: Portfolio, investor: Any, stranger: Any, listed: Callable[..., Instrument]
) -> None:
    one, other = listed("ONE"), listed("OTHER")
    actor = Actor.user(investor)
    rows = add_transactions(
        actor=actor,
        portfolio_id=portfolio.pk,
        inputs=[
            trade(EntryKind.BUY, 2, "3", one),
            trade(EntryKind.BUY, 3, "1", one),
            trade(EntryKind.BUY, 3, "8", other),
            trade(EntryKind.SELL, 9, "2", one),
        ],
    )
    delete_transaction(actor=actor, portfolio_id=portfolio.pk, transaction_id=rows[1].pk)
    PortfolioMember.objects.create(portfolio=portfolio, user=stranger, role="viewer")
    # half past eleven at night, UTC, is the next day in Berlin
    assert ports.own_trades.ask("portfolios", investor, one.pk) == [
        OwnTrade(date(2024, 1, 3), "buy", Decimal(3), Decimal("9.5"), "EUR", "Savings"),
        OwnTrade(date(2024, 1, 10), "sell", Decimal(2), Decimal("9.5"), "EUR", "Savings"),
    ]
    assert ports.own_trades.ask("portfolios", stranger, one.pk) == []
