"""A signed-in client, and a small portfolio in two currencies whose numbers are worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client

from core.actor import Actor
from core.models import Role
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, PortfolioMember
from portfolios.services.inputs import TransactionInput
from portfolios.services.transactions import add_transactions

NOW = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def january() -> Iterator[None]:
    """Stop the clock at noon of 31 January 2024."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def member(investor: Any, january: None) -> Client:
    client = Client()
    client.force_login(investor)
    return client


@pytest.fixture
def stranger_client(stranger: Any) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def viewer_client(portfolio: Portfolio) -> Client:
    """The client of somebody who may look at the portfolio, not change it."""
    viewer = get_user_model().objects.create_user("vera@example.org", "correct-horse-battery")
    PortfolioMember.objects.create(portfolio=portfolio, user=viewer, role=Role.VIEWER)
    client = Client()
    client.force_login(viewer)
    return client


@pytest.fixture
def enter(investor: Any) -> Callable[..., Any]:
    """Write a transaction: ``enter(portfolio, "buy", "2024-01-02", 10, 50, instrument=acme)``."""

    def write(
        portfolio: Portfolio, kind: str, day: str, quantity: object, price: object = None, **more: Any
    ) -> Any:
        instrument: Instrument | None = more.pop("instrument", None)
        item = TransactionInput(
            kind=EntryKind(kind),
            time=datetime.fromisoformat(f"{day}T12:00:00+00:00"),
            quantity=Decimal(str(quantity)),
            price=None if price is None else Decimal(str(price)),
            instrument=instrument,
            currency=more.pop("currency", instrument.currency if instrument else portfolio.currency),
            **{
                name: Decimal(str(value)) if name in {"fee", "tax"} else value for name, value in more.items()
            },
        )
        return add_transactions(actor=Actor.user(investor), portfolio_id=portfolio.pk, inputs=[item])[0]

    return write


@pytest.fixture
def acme(
    portfolio: Portfolio,
    listed: Callable[..., Instrument],
    rated: Callable[..., None],
    enter: Callable[..., Any],
    january: None,
) -> Instrument:
    """Hold 10 ACME, bought at 50 USD (fee 1) with 1,000 EUR and 900 USD deposited; a dollar was 0.90 EUR.

    On 31 January ACME stands at 60 USD and a dollar at 0.95 EUR: shares 570, cash 1,379.05, all 1,949.05.
    """
    acme = listed("ACME", "USD", {"2024-01-02": "50", "2024-01-31": "60"}, sector="Tools")
    rated("USD", {"2024-01-02": "0.90", "2024-01-31": "0.95"})
    enter(portfolio, "deposit", "2024-01-02", 1000)
    enter(portfolio, "deposit", "2024-01-02", 900, currency="USD")
    enter(portfolio, "buy", "2024-01-02", 10, 50, instrument=acme, fee=1)
    return acme


def words(response: HttpResponse) -> str:
    """Read a page as it is seen: markup is a space, and every run of white space is one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())
