"""Alerts in a browser: one is made by clicking a chart, the price moves, and the list changes by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from alerts.domain.conditions import Condition
from alerts.models import Alert, Trigger
from alerts.services.alerts import AlertData, create_alert
from alerts.services.evaluation import evaluate
from core import clock
from core.actor import Actor
from core.models import LIVE_WORLD
from market.domain.quotes import NewQuote
from market.models import DailyBar, Instrument
from market.services.quotes import record_quotes
from tests.support import axe
from tests.support.site import Site

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
TODAY = clock.today("UTC")


@pytest.fixture
def coin(transactional_db: None) -> Instrument:
    """A coin, which trades on every day of the week, that stood between 90 and 110 and is at 100."""
    one = Instrument.objects.create(symbol="COIN", name="A coin", currency="USD", kind="crypto")
    DailyBar.objects.bulk_create(
        DailyBar(
            instrument=one,
            date=TODAY - timedelta(days=31 - number),
            open=100,
            high=110,
            low=90,
            close=100,
            source="test",
        )
        for number in range(1, 31)
    )
    tell(one, "100")
    return one


def tell(instrument: Instrument, price: str) -> None:
    record_quotes(world_id=LIVE_WORLD, batch=[NewQuote(instrument.pk, Decimal(price), clock.now(), "test")])


def test_alert_of_a_clicked_price_fires_and_leaves_the_list_of_the_armed(
    site: Site, enter: Callable[[Site, Any], Page], django_user_model: Any, coin: Instrument, checker: str
) -> None:
    page = enter(site, django_user_model.objects.create_user("ida@example.org", "x"))
    page.goto(f"{site.url}/market/{coin.uuid}/")
    expect(page.locator("#chart-alerts")).to_contain_text("Click a price on the chart")
    plot = page.locator(".chart-plot")
    expect(plot).to_have_attribute("aria-valuetext", re.compile("Close 100.00"))
    plot.click(position={"x": 200, "y": 60})
    level = page.get_by_label("Level")
    expect(level).to_be_focused()
    clicked = Decimal(level.input_value())
    assert Decimal(100) < clicked < Decimal(115)
    page.keyboard.press("Escape")
    expect(level).to_be_hidden()
    # by the keyboard: the price that is there now
    expect(plot).to_be_focused()
    plot.press("a")
    expect(level).to_have_value("100")
    level.fill("nonsense")
    page.get_by_role("button", name="Make the alert").click()
    expect(page.get_by_text("Enter a number, such as 12.5 or 12,5.")).to_be_visible()
    level.fill("105,5")
    page.get_by_role("button", name="Make the alert").click()
    expect(page.get_by_text("Alert made: COIN crosses 105.50")).to_be_visible()
    expect(page.locator("#chart-alerts")).to_contain_text("crosses 105.50")
    assert [str(one.level.normalize()) for one in Alert.objects.all()] == ["105.5"]

    page.get_by_role("link", name="Alerts", exact=True).click()
    row = page.locator(".alert-table tbody tr")
    expect(row).to_contain_text("+5.50%")
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    assert axe.violations(page, checker) == []
    tell(coin, "104")
    expect(row).to_contain_text("+1.44%")
    tell(coin, "106")
    evaluate(world_id=LIVE_WORLD)
    expect(row).to_have_count(0)
    expect(page.get_by_role("link", name="Done 1")).to_be_visible()
    assert Trigger.objects.count() == 1
    # the page of one that fires while somebody looks
    alert = Alert.objects.get()
    waiting = create_alert(
        actor=Actor.user(alert.owner),
        user=alert.owner,
        instrument=coin.uuid,
        data=AlertData(Condition.ABOVE, Decimal(108)),
    )
    page.goto(f"{site.url}/alerts/{waiting.uuid}/")
    expect(page.get_by_text("It has not fired yet.")).to_be_visible()
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    tell(coin, "109")
    evaluate(world_id=LIVE_WORLD)
    expect(page.locator("#triggers tbody tr")).to_contain_text("109.00")
    expect(page.locator("#alert-head")).to_contain_text("fired")
