"""A token for a program: made and seen once on the page, used over HTTP, revoked, refused."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD

SECRET = re.compile(r"^florin_pat_[\w-]{43}$")


def call(live_server, secret: str, method: str = "GET") -> httpx.Response:
    with httpx.Client(base_url=live_server.url, trust_env=False) as http:
        header = {"Authorization": f"Bearer {secret}"}
        return http.request(method, "/api/v1/portfolios", headers=header, json={})


def make_token(page: Page, live_server) -> str:
    """Make a token that reads portfolios; its secret."""
    page.goto(f"{live_server.url}/settings/")
    page.get_by_role("link", name="Tokens", exact=True).click()
    form = page.get_by_role("region", name="New token")
    form.get_by_label("Name", exact=True).fill("Spreadsheet")
    form.get_by_label("portfolios:read").check()
    form.get_by_label("It ends after").select_option("30")
    form.get_by_role("button", name="Create the token").click()
    page.get_by_label("Password").fill(PASSWORD)  # asked once more
    page.get_by_role("button", name="Go on").click()
    shown = page.get_by_role("textbox", name="Token", exact=True)
    expect(shown).to_have_value(SECRET)
    return shown.input_value()


def test_token_is_made_seen_once_used_revoked_and_refused(signed_up: Page, live_server) -> None:
    page = signed_up
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    secret = make_token(page, live_server)
    expect(page.get_by_role("heading", name="The token “Spreadsheet”")).to_be_focused()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret

    assert call(live_server, secret).status_code == 200
    assert call(live_server, secret, "POST").json()["type"] == "insufficient-scope"

    page.reload()  # asks for the page and sends no form again
    expect(page).to_have_url(f"{live_server.url}/settings/tokens/")
    expect(page.get_by_text(secret)).to_have_count(0)
    assert secret not in page.content()
    row = page.get_by_role("row", name="Spreadsheet")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(secret[:15])
    expect(row).not_to_contain_text("not yet")  # it was used

    row.get_by_role("link", name="Revoke Spreadsheet").click()
    page.get_by_role("button", name="Revoke the token").click()
    expect(page.get_by_text("“Spreadsheet” is revoked.").first).to_be_visible()
    expect(page.get_by_role("row", name="Spreadsheet")).to_have_count(0)
    assert call(live_server, secret).status_code == 401


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tokens_page_fits_a_phone(signed_up: Page, live_server, scheme) -> None:
    page = signed_up
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    make_token(page, live_server)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{live_server.url}/settings/tokens/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
