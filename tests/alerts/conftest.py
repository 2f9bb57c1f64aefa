"""People, a share and its prices for tests of alerts. All times are of 6 March 2024, UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client

from alerts.domain.conditions import Condition
from alerts.models import Alert
from alerts.services.alerts import AlertData, create_alert
from alerts.services.rules import ClauseData, RuleData, make_rule
from core.actor import Actor
from core.models import LIVE_WORLD
from market.models import Instrument
from market.services.quotes import record_quotes
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.services.portfolios import create_portfolio
from tests.alerts.ground import enter
from tests.market.quotes.told import NOON, told


@pytest.fixture
def traveller() -> Any:
    with time_machine.travel(NOON, tick=False) as found:
        yield found


@pytest.fixture
def ida(db: None) -> Any:
    return get_user_model().objects.create_user("ida@example.org", "x")


@pytest.fixture
def reader(ida: Any, traveller: Any) -> Client:
    """Sign Ida in."""
    client = Client()
    client.force_login(ida)
    return client


@pytest.fixture
def stranger(db: None, traveller: Any) -> Client:
    """Sign somebody else in."""
    client = Client()
    client.force_login(get_user_model().objects.create_user("sven@example.org", "x"))
    return client


@pytest.fixture
def share(db: None) -> Instrument:
    return Instrument.objects.create(symbol="SHR", name="Share", currency="EUR")


@pytest.fixture
def other(db: None) -> Instrument:
    return Instrument.objects.create(symbol="OTH", name="Other", currency="EUR")


@pytest.fixture
def tell(traveller: Any) -> Callable[..., None]:
    """Record a price, so many minutes after noon."""

    def record(share: Instrument, price: str, minutes: int) -> None:
        traveller.move_to(NOON + timedelta(minutes=minutes))
        record_quotes(world_id=LIVE_WORLD, batch=[told(share, price, minutes)])

    return record


@pytest.fixture
def spike(traveller: Any) -> Callable[..., None]:
    """Record several prices of a share in one batch, seconds after another."""

    def record(share: Instrument, *prices: str) -> None:
        now = datetime.now(UTC)
        traveller.move_to(now + timedelta(seconds=len(prices)))
        batch = [told(share, one, at=now + timedelta(seconds=at)) for at, one in enumerate(prices, 1)]
        record_quotes(world_id=LIVE_WORLD, batch=batch)

    return record


@pytest.fixture
def armed(ida: Any, traveller: Any) -> Callable[..., Alert]:
    """Arm an alert of Ida's: ``armed(share, "crosses_up", "10")``."""

    def make(share: Instrument, condition: str, level: str, **more: Any) -> Alert:
        data = AlertData(Condition(condition), Decimal(level), **more)
        return create_alert(actor=Actor.user(ida), user=ida, instrument=share.uuid, data=data)

    return make


@pytest.fixture
def ruled(ida: Any, traveller: Any) -> Callable[..., Alert]:
    """Arm a rule of Ida's: ``ruled("all", clause("above", share, level="10"))``."""

    def make(joined: str, *clauses: ClauseData, **more: Any) -> Alert:
        return make_rule(actor=Actor.user(ida), user=ida, data=RuleData(joined, clauses, **more))

    return make


@pytest.fixture
def coin(db) -> Instrument:
    return Instrument.objects.create(symbol="COIN", name="Coin", currency="EUR", kind="crypto")


@pytest.fixture
def held(ida, coin, tell) -> Portfolio:
    """Hold 50 coins at 10, and 500 EUR."""
    made = create_portfolio(
        actor=Actor.user(ida), owner_id=ida.pk, name="Savings", currency="EUR", time_zone="UTC"
    )
    tell(coin, "10", 1)
    enter(ida, made, EntryKind.DEPOSIT, "1000")
    enter(ida, made, EntryKind.BUY, "50", coin)
    return made
