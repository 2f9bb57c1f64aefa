"""The wizard in a browser: unclear rows decided by hand, filters, import, undo."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)
LINES = (
    "Datum;Typ;Symbol;Stück;Kurs;Gebühren;Währung\n"
    "13.04.2024;Kauf;ABC;10;1.234,50;5,00;EUR\n"
    "14.04.2024;Kauf;NOPE;2;7,00;0,00;EUR\n"
    "15.04.2024;Unfug;;3;1,00;0,00;EUR\n"
)


@pytest.fixture
def wizard(page, live_server, people, portfolio, market):
    client = Client()
    client.force_login(people.owner)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/portfolios/{portfolio.pk}/import/")
    return page


@pytest.mark.parametrize("width", [1280, 390])
def test_file_is_read_decided_imported_and_undone(wizard, width):
    wizard.set_viewport_size({"width": width, "height": 800})
    wizard.get_by_label("Or paste the lines").fill(LINES)
    wizard.get_by_role("button", name="Read the file").click()
    expect(wizard.get_by_role("heading", name="One transaction can be imported")).to_be_visible()

    wizard.get_by_label("Another instrument").press_sequentially("usd")
    wizard.get_by_role("option", name="USDX").click()
    wizard.get_by_label("Unfug").select_option("deposit")
    wizard.locator("section", has_text="Please tell").get_by_role("button", name="Read again").click()
    expect(wizard.get_by_role("heading", name="3 transactions can be imported")).to_be_visible()

    wizard.get_by_role("link", name="New").click()
    expect(wizard).to_have_url(re.compile("verdict=new"))
    expect(wizard.locator("#import-rows tbody tr")).to_have_count(3)

    wizard.get_by_role("button", name="Import", exact=True).click()
    expect(wizard.get_by_role("heading", name="3 transactions imported")).to_be_visible()
    wizard.get_by_role("button", name="Undo this import").click()
    expect(wizard.get_by_role("heading", name="Undone: 3 transactions are out again")).to_be_visible()
    overflow = wizard.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
