"""The pages of the market in a browser: find, order, price an instrument of one's own, look at its chart."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.market.builders import bar

pytestmark = pytest.mark.django_db(transaction=True)
PRICES = "date;open;high;low;close;volume\n" + "\n".join(
    f"2024-03-{day:02};{day + 10};{day + 12};{day + 9};{day + 11};1000" for day in range(1, 9)
)


@pytest.fixture
def ida_page(page, live_server, ida):
    client = Client()
    client.force_login(ida)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return page


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [1440, 390])
def test_own_instrument_is_made_priced_and_drawn(ida_page, live_server, width):
    ida_page.set_viewport_size({"width": width, "height": 900})
    ida_page.goto(f"{live_server.url}/market/")
    ida_page.locator(".page-head").get_by_role("link", name="Add my own instrument").click()
    ida_page.get_by_label("Symbol").fill("hut")
    ida_page.get_by_label("Name").fill("My Hut")
    ida_page.get_by_role("button", name="Create").click()
    ida_page.get_by_role("link", name="Enter prices").first.click()
    ida_page.get_by_label("Prices").fill(PRICES)
    ida_page.get_by_role("button", name="Store").click()
    expect(ida_page.get_by_role("heading", name="HUT My Hut")).to_be_visible()
    slider = ida_page.get_by_role("slider", name="HUT")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("Open 18.00.*Close 19.00.*Volume 1,000"))
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("Open 17.00.*Close 18.00"))
    expect(ida_page.locator("#bars tbody tr")).to_have_count(8)
    ida_page.get_by_role("button", name="Delete the prices of March 1, 2024").click()
    expect(ida_page.locator("#bars tbody tr")).to_have_count(7)
    ida_page.get_by_role("button", name="Undo").click()
    expect(ida_page.locator("#bars tbody tr")).to_have_count(8)
    assert overflow(ida_page) == 0


def test_list_is_searched_while_typing_and_keeps_its_order(ida_page, live_server, instrument):
    for symbol, close in (("ACME", "2"), ("ACNE", "3"), ("OTHER", "9")):
        one = instrument(symbol)
        bar(one, date(2024, 3, 6), "1")
        bar(one, date(2024, 3, 7), close)
    ida_page.goto(f"{live_server.url}/market/")
    rows = ida_page.locator("#instrument-table tbody th")
    expect(rows).to_have_text(["ACME", "ACNE", "OTHER"])
    ida_page.get_by_role("link", name="Day").click()
    expect(rows).to_have_text(["OTHER", "ACNE", "ACME"])
    search = ida_page.get_by_role("searchbox", name="Search", exact=True)
    search.press_sequentially("ac")
    expect(rows).to_have_text(["ACNE", "ACME"])
    expect(search).to_be_focused()
    expect(ida_page).to_have_url(re.compile(r"q=ac&.*sort=-change"))
    ida_page.go_back()
    expect(ida_page.locator("#instrument-table")).to_be_visible()
