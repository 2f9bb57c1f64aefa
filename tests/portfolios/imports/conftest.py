"""People, a portfolio and a small market to import into."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from core.actor import Actor
from core.models import Role
from market.models import Instrument
from portfolios.models import Portfolio, PortfolioMember, Transaction, TransactionImport
from portfolios.services import imports
from portfolios.services.portfolios import create_portfolio

HEAD = "date,type,symbol,quantity,price,fee,currency\n"


@pytest.fixture
def people(db):
    names = ("owner", "editor", "viewer", "stranger")
    return SimpleNamespace(**{name: User.objects.create_user(f"{name}@example.org", "x") for name in names})


@pytest.fixture
def portfolio(people):
    made = create_portfolio(
        actor=Actor.user(people.owner),
        owner_id=people.owner.pk,
        name="Broker",
        currency="EUR",
        time_zone="Europe/Berlin",
    )
    PortfolioMember.objects.create(portfolio=made, user=people.editor, role=Role.EDITOR)
    PortfolioMember.objects.create(portfolio=made, user=people.viewer, role=Role.VIEWER)
    return made


@pytest.fixture
def market(db):
    def listing(symbol: str, currency: str, **more: object) -> Instrument:
        return Instrument.objects.create(symbol=symbol, name=f"{symbol} Inc.", currency=currency, **more)

    return SimpleNamespace(abc=listing("ABC", "EUR", isin="DE0001000001"), usd=listing("USDX", "USD"))


@pytest.fixture
def preview(people, portfolio) -> Callable[..., TransactionImport]:
    """Preview rows below the usual header: ``preview("2024-01-02,buy,ABC,1,2,0,EUR")``."""

    def make(*rows: str, head: str = HEAD, user: Any = None, to: Portfolio | None = None, **mapping: Any):
        return imports.preview_import(
            user=user or people.owner,
            portfolio_id=(to or portfolio).pk,
            file_name="broker.csv",
            content=(head + "\n".join(rows)).encode(),
            mapping=mapping,
        )

    return make


@pytest.fixture
def apply(people, portfolio) -> Callable[..., TransactionImport]:
    def work(batch: TransactionImport, **given: Any) -> TransactionImport:
        actor = Actor.user(people.owner)
        return imports.apply_import(actor=actor, portfolio_id=batch.portfolio_id, import_id=batch.pk, **given)

    return work


@pytest.fixture
def undo(people, portfolio) -> Callable[[TransactionImport], TransactionImport]:
    def work(batch: TransactionImport) -> TransactionImport:
        actor = Actor.user(people.owner)
        return imports.undo_import(actor=actor, portfolio_id=batch.portfolio_id, import_id=batch.pk)

    return work


@pytest.fixture
def live(portfolio) -> Callable[[], list[Transaction]]:
    """List the live transactions in the order of booking."""

    def rows() -> list[Transaction]:
        found = Transaction.objects.filter(portfolio=portfolio, deleted_at=None)
        return list(found.select_related("instrument").order_by("day", "time", "sequence"))

    return rows


@pytest.fixture
def desk(people, portfolio, market, preview, apply, undo, live) -> SimpleNamespace:  # noqa: PLR0917
    """Hold everything that a test of an import's life needs."""
    return SimpleNamespace(
        people=people,
        actor=Actor.user(people.owner),
        portfolio=portfolio,
        market=market,
        preview=preview,
        apply=apply,
        undo=undo,
        live=live,
    )


@pytest.fixture
def client_of() -> Callable[[Any], APIClient]:
    def make(user: Any) -> APIClient:
        client = APIClient()
        if user is not None:
            client.force_authenticate(user)
        return client

    return make
