"""People, a portfolio and a small market to import into."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from accounts.models import User
from core.actor import Actor
from core.models import Role
from market.models import Instrument
from portfolios.models import PortfolioMember
from portfolios.services.portfolios import create_portfolio


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

    return SimpleNamespace(
        abc=listing("ABC", "EUR", isin="DE0001000001"), usd=listing("USDX", "USD"), saa=listing("SAA", "USD")
    )
