"""What a person holds of one instrument, as its page tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from core.actor import Actor
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.selectors.held import held_in
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions


@pytest.fixture
def acme(portfolio: Portfolio, investor: Any, listed: Callable[..., Instrument]) -> Instrument:
    """Ten bought at 8 and four of them sold, now at 12; a second portfolio sold all it had."""
    one = listed("ACME", "EUR", {"2024-01-02": "8", "2024-03-07": "12"})
    actor = Actor.user(investor)
    other = create_portfolio(actor=actor, owner_id=investor.pk, name="Past", currency="EUR", time_zone="UTC")
    for where, sold in ((portfolio, "4"), (other, "10")):
        rows = [(EntryKind.BUY, 2, "10"), (EntryKind.SELL, 3, sold)]
        inputs = [
            TransactionInput(
                kind=kind,
                time=datetime(2024, 1, day, 12, tzinfo=UTC),
                quantity=Decimal(quantity),
                price=Decimal(8),
                currency="EUR",
                instrument=one,
            )
            for kind, day, quantity in rows
        ]
        add_transactions(actor=actor, portfolio_id=where.pk, inputs=inputs)
    return one


def test_portfolios_that_hold_it_are_told_with_value_and_gain(
    acme: Instrument, portfolio: Portfolio, investor: Any, stranger: Any
) -> None:
    with time_machine.travel(datetime(2024, 3, 8, 12, tzinfo=UTC), tick=False):
        [found] = held_in(investor, acme)
        assert found.portfolio == portfolio
        assert (found.row.view.quantity, found.row.value) == (Decimal(6), Decimal(72))
        assert found.row.gain_ratio == Decimal("0.5")
        assert held_in(stranger, acme) == []


def test_page_asks_for_the_piece_and_it_is_no_page(acme: Instrument, investor: Any, stranger: Any) -> None:
    url = f"/portfolios/positions/{acme.uuid}/"
    mine, theirs = Client(), Client()
    mine.force_login(investor)
    theirs.force_login(stranger)
    assert f'hx-get="{url}"' in mine.get(f"/market/{acme.uuid}/").content.decode()
    assert mine.get(url)["Location"] == f"/market/{acme.uuid}/"
    htmx = {"HX-Request": "true"}
    assert "Savings" in mine.get(url, headers=htmx).content.decode()
    assert "Savings" not in theirs.get(url, headers=htmx).content.decode()
