"""The markets in a browser: search, star, prices that move while one looks, and a chart that answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.models import LIVE_WORLD
from market.domain.quotes import NewQuote
from market.models import DailyBar, Instrument
from market.services.quotes import record_quotes
from tests.support import axe
from tests.support.site import Site

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
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
def ida(site: Site, enter: Callable[[Site, Any], Page], django_user_model: Any) -> Page:
    """Let Ida in, at the platform with its sockets."""
    return enter(site, django_user_model.objects.create_user("ida@example.org", "correct-horse-battery"))


def quote(instrument: Instrument, price: str, volume: str) -> None:
    new = NewQuote(instrument.pk, Decimal(price), clock.now(), "test", volume=Decimal(volume))
    assert record_quotes(world_id=LIVE_WORLD, batch=[new]).held == 0


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_search_hides_the_overview_and_a_star_fills_the_watchlist(ida: Page, site, acme) -> None:
    ida.goto(f"{site.url}/market/")
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


def test_candle_price_and_figures_follow_the_quotes(ida: Page, site, acme) -> None:
    ida.goto(f"{site.url}/market/{acme.uuid}/")
    slider = ida.get_by_role("slider", name="ACME")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("Close 101.00.*Volume 5"))
    expect(ida.locator("[data-connection]")).to_have_attribute("data-state", "live")
    quote(acme, "111", "9")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("High 111.00.*Close 111.00.*Volume 9"))
    price = ida.locator(".figure--lead .figure-value")
    expect(price).to_have_text("111.00\xa0USD")
    # 100 the day before
    expect(ida.locator("[data-live-change]")).to_have_text("▲+11.00%")
    expect(ida.locator("[data-live-field=high]")).to_have_text("111.00\xa0USD")
    slider.press("ArrowLeft")
    yesterday = re.compile("Close 100.00")
    expect(slider).to_have_attribute("aria-valuetext", yesterday)
    quote(acme, "112", "9")
    expect(price).to_have_text("112.00\xa0USD")
    # whoever reads another day is not torn away from it
    expect(slider).to_have_attribute("aria-valuetext", yesterday)


def test_movers_and_watchlist_move_with_the_prices(ida: Page, site, acme) -> None:
    ida.goto(f"{site.url}/market/")
    ida.get_by_role("button", name="Watch ACME").click()
    expect(ida.get_by_text("ACME is on “Watchlist”.")).to_be_visible()
    ida.reload()
    expect(ida.locator("[data-connection]")).to_have_attribute("data-state", "live")
    quote(acme, "150", "9")
    for part in ("#movers-gainers + ol li", "section[aria-labelledby=watched-title] tbody tr"):
        row = ida.locator(part, has_text="ACME")
        expect(row).to_contain_text("150.00")
        expect(row).to_contain_text("+50.00%")


def test_means_and_a_comparison_are_laid_over_the_chart(ida: Page, site, acme) -> None:
    Instrument.objects.filter(symbol="ZETA").update(kind="index")
    ida.goto(f"{site.url}/market/{acme.uuid}/")
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
def test_pages_fit_a_phone_and_are_accessible(ida: Page, site, acme, checker, scheme) -> None:
    ida.emulate_media(color_scheme=scheme)
    ida.set_viewport_size({"width": 390, "height": 844})
    ida.goto(f"{site.url}/market/{acme.uuid}/")
    ida.get_by_role("button", name="Watch", exact=True).click()
    expect(ida.get_by_role("button", name="Watched")).to_be_visible()
    found = {}
    for path in ("/market/", "/market/watchlists/", f"/market/{acme.uuid}/"):
        ida.goto(site.url + path)
        expect(ida.locator("main h1")).to_be_visible()
        found[path] = (overflow(ida), axe.violations(ida, checker))
    assert found == dict.fromkeys(found, (0, []))
