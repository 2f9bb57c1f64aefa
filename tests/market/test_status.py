"""When what somebody looks at goes on trading."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.cache import cache

from core.models import LIVE_WORLD, World
from market.models import Exchange, Instrument, TradingSession
from market.selectors.status import closed_until

SUNDAY = datetime(2024, 3, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten():
    cache.clear()


def listed(mic: str, opens: int, **fields) -> Instrument:
    """List a share on an exchange that opens at an hour (UTC) of Monday, 11 March 2024."""
    exchange = Exchange.objects.create(mic=mic, name=mic, time_zone="UTC")
    monday = date(2024, 3, 11)
    begins, ends = (datetime(2024, 3, 11, hour, tzinfo=UTC) for hour in (opens, opens + 8))
    TradingSession.objects.create(exchange=exchange, date=monday, opens_at=begins, closes_at=ends)
    return Instrument.objects.create(symbol=mic, name=mic, currency="EUR", exchange=exchange, **fields)


def until(*instruments: Instrument, at: datetime = SUNDAY) -> datetime | None:
    with time_machine.travel(at, tick=False):
        return closed_until(World.objects.get(pk=LIVE_WORLD), instruments)


def test_the_first_that_opens_counts():
    early, late = listed("XEAR", 7), listed("XLAT", 14)
    assert until(early, late) == datetime(2024, 3, 11, 7, tzinfo=UTC)
    assert until(late) == datetime(2024, 3, 11, 14, tzinfo=UTC)


def test_nothing_is_closed_while_one_trades():
    early, late = listed("XEAR", 7), listed("XLAT", 14)
    assert until(early, late, at=datetime(2024, 3, 11, 8, tzinfo=UTC)) is None


def test_coins_and_nothing_at_all_are_never_closed():
    share = listed("XEAR", 7)
    coin = Instrument.objects.create(
        symbol="BTC", name="Bitcoin", currency="EUR", kind=Instrument.Kind.CRYPTO
    )
    assert until(share, coin) is None
    assert until() is None


def test_page_says_until_when(client, django_user_model):
    share = listed("XEAR", 7)
    client.force_login(
        django_user_model.objects.create_user("ida@example.org", "x", time_zone="Europe/Berlin")
    )
    with time_machine.travel(SUNDAY, tick=False):
        page = client.get(f"/market/{share.uuid}/").content.decode()
    assert 'data-closed-until="2024-03-11T08:00:00+01:00"' in page
