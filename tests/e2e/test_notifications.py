"""A price moves, an alert fires, and every page of its person says so: read out, counted, listed, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from alerts.domain.conditions import Condition
from alerts.services.alerts import AlertData, create_alert
from alerts.services.evaluation import evaluate
from core import clock
from core.actor import Actor
from core.models import LIVE_WORLD
from market.domain.bars import BarRow
from market.domain.quotes import NewQuote
from market.models import Instrument
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument
from market.services.quotes import record_quotes
from tests.support.chromium import Watch

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
SOON = 10_000
TITLE = "SHR rose through 110.00\xa0EUR: it is at 112.00\xa0EUR"


@pytest.fixture
def ida() -> Any:
    return get_user_model().objects.create_user("ida@example.org", "x", base_currency="EUR")


@pytest.fixture
def share(ida: Any) -> Instrument:
    """A coin, which trades on every day of the week, with an alert that waits for 110.00 EUR."""
    actor = Actor.user(ida)
    data = InstrumentData(symbol="SHR", name="Share", currency="EUR", kind=Instrument.Kind.CRYPTO)
    made = create_instrument(actor=actor, data=data)
    yesterday = clock.today("UTC") - timedelta(days=1)
    set_bars(actor=actor, uuid=made.uuid, rows=[BarRow(day=yesterday, close=Decimal(100))])
    tell(made, "101")
    waits = AlertData(Condition.CROSSES_UP, Decimal(110))
    create_alert(actor=actor, user=ida, instrument=made.uuid, data=waits)
    return made


def tell(share: Instrument, price: str) -> None:
    quote = NewQuote(share.pk, Decimal(price), clock.now(), "test", currency="EUR")
    assert record_quotes(world_id=LIVE_WORLD, batch=[quote]).held == 0
    evaluate(world_id=LIVE_WORLD)


def test_alert_that_fires_is_told_on_the_open_page(site, enter, ida, share):
    page = enter(site, ida)
    watch = Watch(page)
    page.goto(f"{site.url}/notifications/")
    bell = page.locator(".bell > summary")
    expect(bell).to_have_accessible_name("Notifications: nothing unread")
    expect(page.get_by_text("stand here")).to_be_visible()
    before = page.locator(".bar").bounding_box()

    tell(share, "112")
    told = page.get_by_role("status").filter(has_text=TITLE)
    expect(told).to_have_count(1, timeout=SOON)
    expect(told).to_have_attribute("aria-live", "polite")
    expect(bell).to_have_accessible_name("Notifications: 1 unread")
    expect(page).to_have_title("(1) Notifications · Florin")
    row = page.locator("#notifications .told-row")
    expect(row).to_have_count(1)
    expect(row.get_by_role("link", name=TITLE)).to_be_visible()
    assert page.locator(".bar").bounding_box() == before

    bell.click()
    listed = page.locator("[data-bell-rows] .told-row.is-unread")
    expect(listed).to_contain_text(TITLE)
    page.locator("[data-bell-all]").click()
    expect(bell).to_have_accessible_name("Notifications: nothing unread")
    expect(page.locator("#notifications .told-row.is-unread")).to_have_count(0)
    expect(page).to_have_title("Notifications · Florin")

    page.goto(f"{site.url}/alerts/")
    expect(page.locator(".bell > summary")).to_have_accessible_name("Notifications: nothing unread")
    expect(page.locator("[data-toast]")).to_have_count(0)
    assert watch.offences == []
