"""The markets in a browser: search, star, prices that move while one looks, and a chart that answers."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from core import clock
from core.models import LIVE_WORLD
from market.domain.quotes import NewQuote
from market.models import DailyBar, Instrument
from market.services.quotes import record_quotes
from tests.support import axe

TODAY = clock.today("UTC")


@pytest.fixture
def acme(transactional_db: None) -> Instrument:
    """ACME closed at 1 … 100 on the last hundred days, with volume, and now stands at 101."""
    one = Instrument.objects.create(
        symbol="ACME", name="Acme Tools", currency="USD", isin="US0378331005", kind="crypto"
    )
    other = Instrument.objects.create(symbol="ZETA", name="Zeta Works", currency="USD")
    for instrument in (one, other):
        DailyBar.objects.bulk_create(
            DailyBar(
                instrument=instrument,
                date=TODAY - timedelta(days=101 - number),
                open=number,
                high=number,
                low=number,
                close=number,
                volume=10,
                source="test",
            )
            for number in range(1, 101)
        )
        quote(instrument, "101", "5")
    return one


@pytest.fixture
def ida(page: Page, live_server: Any, django_user_model: Any) -> Page:
    """Sign Ida in, without the way that other tests go."""
    user = django_user_model.objects.create_user("ida@example.org", "correct-horse-battery")
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return page


def quote(instrument: Instrument, price: str, volume: str) -> None:
    new = NewQuote(instrument.pk, Decimal(price), clock.now(), "test", volume=Decimal(volume))
    assert record_quotes(world_id=LIVE_WORLD, batch=[new]).held == 0


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_search_hides_the_overview_and_a_star_fills_the_watchlist(ida: Page, live_server, acme) -> None:
    ida.goto(f"{live_server.url}/market/")
    overview = ida.locator(".market-overview")
    expect(overview.get_by_role("heading", name="Movers")).to_be_visible()
    find = ida.get_by_role("searchbox", name="Search", exact=True)
    find.press_sequentially("US0378331005")
    rows = ida.locator("#instrument-table tbody tr")
    expect(rows).to_have_count(1)
    expect(overview).to_be_hidden()
    star = ida.get_by_role("button", name="Watch ACME")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(ida.get_by_text("ACME is on “Watchlist”.")).to_be_visible()
    ida.get_by_role("link", name="Watchlists").click()
    expect(ida.locator(".watchlist tbody tr")).to_contain_text("Acme Tools")
    ida.get_by_role("button", name="Take ACME off the list").click()
    ida.get_by_role("button", name="Undo").click()
    expect(ida.locator(".watchlist tbody tr")).to_have_count(1)


def test_means_and_a_comparison_are_laid_over_the_chart(ida: Page, live_server, acme) -> None:
    Instrument.objects.filter(symbol="ZETA").update(kind="index")
    ida.goto(f"{live_server.url}/market/{acme.uuid}/")
    legend = ida.locator(".chart-legend")
    ida.get_by_role("button", name="MA 20", exact=True).click()
    # the mean of 82 … 101
    expect(legend).to_contain_text(re.compile("MA 20.*91.50"))
    ida.get_by_role("button", name="Show as a table").click()
    expect(ida.locator("florin-chart thead")).to_contain_text("MA 20")
    ida.get_by_label("Compare with").select_option(label="ZETA · Zeta Works")
    ida.get_by_role("button", name="1W", exact=True).click()
    # from 94 seven days before to 101
    expect(legend).to_contain_text(re.compile(r"ZETA.*\+7\.45%"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_are_accessible(ida: Page, live_server, acme, checker, scheme) -> None:
    ida.emulate_media(color_scheme=scheme)
    ida.set_viewport_size({"width": 390, "height": 844})
    ida.goto(f"{live_server.url}/market/{acme.uuid}/")
    ida.get_by_role("button", name="Watch", exact=True).click()
    expect(ida.get_by_role("button", name="Watched")).to_be_visible()
    found = {}
    for path in ("/market/", "/market/watchlists/", f"/market/{acme.uuid}/"):
        ida.goto(live_server.url + path)
        expect(ida.locator("main h1")).to_be_visible()
        found[path] = (overflow(ida), axe.violations(ida, checker))
    assert found == dict.fromkeys(found, (0, []))
