"""People, instruments and prices that tests of portfolios share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import DailyBar, FxRate, Instrument, RateRevision
from portfolios.models import Portfolio
from portfolios.selectors.ledger import memory
from portfolios.services.portfolios import create_portfolio


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Start each test without ledgers in memory: ids are new, but be sure."""
    memory.clear()
    yield
    memory.clear()


@pytest.fixture
def investor(db: None) -> Any:
    return get_user_model().objects.create_user(
        "ida@example.org", "correct-horse-battery", base_currency="EUR"
    )


@pytest.fixture
def stranger(db: None) -> Any:
    return get_user_model().objects.create_user("sven@example.org", "correct-horse-battery")


@pytest.fixture
def api(investor: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(investor)
    return client


@pytest.fixture
def stranger_api(stranger: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(stranger)
    return client


@pytest.fixture
def portfolio(investor: Any) -> Portfolio:
    return create_portfolio(
        actor=Actor.user(investor),
        owner_id=investor.pk,
        name="Savings",
        currency="EUR",
        time_zone="Europe/Berlin",
    )


@pytest.fixture
def listed(db: None) -> Callable[..., Instrument]:
    """Make a public instrument with closes: ``listed("ACME", "EUR", {"2024-01-02": "10"})``."""

    def make(
        symbol: str, currency: str = "EUR", closes: dict[str, str] | None = None, **fields: Any
    ) -> Instrument:
        instrument = Instrument.objects.create(
            symbol=symbol, name=symbol.title(), currency=currency, **fields
        )
        for day, close in (closes or {}).items():
            DailyBar.objects.create(
                world_id=LIVE_WORLD,
                instrument=instrument,
                date=date.fromisoformat(day),
                close=Decimal(close),
                source="test",
            )
        return instrument

    return make


@pytest.fixture
def rated(db: None) -> Callable[..., None]:
    """Make public rates: ``rated("USD", {"2024-01-02": "0.90"})`` is EUR for one USD."""

    def make(currency: str, rates: dict[str, str], *, quote: str = "EUR") -> None:
        for day, rate in rates.items():
            FxRate.objects.create(
                world_id=LIVE_WORLD,
                base=currency,
                quote=quote,
                date=date.fromisoformat(day),
                rate=Decimal(rate),
                source="test",
            )
        revision, _ = RateRevision.objects.get_or_create(owner=None)
        revision.value += 1
        revision.save()

    return make
