"""Open pages move: a price that is recorded anywhere shows within a second, and after the server was away."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Locator, Page, expect

from core import clock
from core.actor import Actor
from core.models import LIVE_WORLD
from market.domain.bars import BarRow
from market.domain.quotes import NewQuote
from market.models import Instrument
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument
from market.services.quotes import record_quotes
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import create_portfolio
from portfolios.services.transactions import add_transactions

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
# of the page, whose processors are busy with other tests
SOON = 5_000


@pytest.fixture
def ida() -> Any:
    return get_user_model().objects.create_user("ida@example.org", "x", base_currency="EUR")


@pytest.fixture
def share(ida: Any) -> Instrument:
    """A coin of Ida's, which trades on every day of the week, that closed at 100.00 EUR yesterday."""
    actor = Actor.user(ida)
    data = InstrumentData(symbol="SHR", name="Share", currency="EUR", kind=Instrument.Kind.CRYPTO)
    made = create_instrument(actor=actor, data=data)
    yesterday = clock.today("UTC") - timedelta(days=1)
    set_bars(actor=actor, uuid=made.uuid, rows=[BarRow(day=yesterday, close=Decimal(100))])
    return made


@pytest.fixture
def savings(ida: Any, share: Instrument) -> Portfolio:
    """Ten of it, bought for 900.00 EUR."""
    actor = Actor.user(ida)
    made = create_portfolio(
        actor=actor, owner_id=ida.pk, name="Savings", currency="EUR", time_zone="UTC", tracks_cash=False
    )
    bought = purchase(share, clock.now() - timedelta(days=30), "10", "90")
    add_transactions(actor=actor, portfolio_id=made.pk, inputs=[bought])
    return made


def purchase(share: Instrument, at: datetime, quantity: str, price: str) -> TransactionInput:
    return TransactionInput(
        kind=EntryKind.BUY,
        time=at,
        quantity=Decimal(quantity),
        price=Decimal(price),
        currency="EUR",
        instrument=share,
    )


def tell(share: Instrument, price: str) -> None:
    quote = NewQuote(share.pk, Decimal(price), clock.now(), "test", currency="EUR")
    assert record_quotes(world_id=LIVE_WORLD, batch=[quote]).moved == 1


def shown(page: Page, path: str) -> Locator:
    return page.locator(f'[data-live="{path}"]')


def test_portfolio_moves_as_it_would_read_after_a_reload(site, enter, ida, share, savings):
    page = enter(site, ida)
    page.goto(f"{site.url}/portfolios/{savings.pk}/")
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    tell(share, "123.456")
    expect(shown(page, "total")).to_have_text("1,234.56\xa0EUR", timeout=SOON)
    paths = [
        "day_change",
        "day_return",
        f"positions/{share.uuid}/value",
        f"positions/{share.uuid}/gain_ratio",
    ]
    paths += [f"positions/{share.uuid}/price", "totals/unrealised", "allocation/items/0/value"]
    moved = [shown(page, path).inner_text() for path in paths]
    page.reload()
    assert [shown(page, path).inner_text() for path in paths] == moved
    assert moved[0] == "▲+234.56\xa0EUR"


def test_dashboard_comes_back_by_itself_after_the_server_was_away(site, enter, ida, share, savings):
    page = enter(site, ida)
    page.goto(f"{site.url}/dashboard/")
    line = page.locator("[data-connection]")
    expect(line).to_have_attribute("data-state", "live")
    tell(share, "110")
    expect(shown(page, "total")).to_have_text("1,100.00\xa0EUR", timeout=SOON)
    site.stop(signal.SIGKILL)
    expect(line).to_have_attribute("data-state", "reconnecting")
    tell(share, "120")
    site.start()
    expect(shown(page, "total")).to_have_text("1,200.00\xa0EUR", timeout=40_000)
    expect(shown(page, f"portfolios/{savings.pk}/value")).to_have_text("1,200.00\xa0EUR")
    expect(line).to_have_attribute("data-state", "live")


def test_transaction_that_a_program_enters_shows_on_the_open_page(site, enter, ida, share, savings):
    page = enter(site, ida)
    page.goto(f"{site.url}/portfolios/{savings.pk}/")
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    more = purchase(share, clock.now(), "1", "100")
    add_transactions(actor=Actor.user(ida), portfolio_id=savings.pk, inputs=[more])
    expect(shown(page, "total")).to_have_text("1,100.00\xa0EUR", timeout=SOON)
