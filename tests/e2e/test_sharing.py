"""Two people and one portfolio: invite, mail, accept, look without touching, removed, gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PASSWORD
from tests.support import chromium


@pytest.fixture
def guest(browser: Browser) -> Iterator[Page]:
    """Open a second browser, of somebody else."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    opened = context.new_page()
    watch = chromium.Watch(opened)
    yield opened
    context.close()
    assert watch.offences == []


@pytest.fixture
def owner(signed_up: Page) -> Page:
    """Create a portfolio with one payment, by somebody whose address is proven."""
    EmailAddress.objects.update(verified=True)
    page = signed_up
    page.get_by_role("link", name="Create a portfolio").click()
    page.get_by_label("Name").fill("Household")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Add transaction").click()
    form = page.locator("#new-transaction form")
    form.get_by_label("Kind").select_option("deposit")
    form.get_by_label("Amount").fill("1234.50")
    form.get_by_role("button", name="Add").click()
    expect(page.locator("#transaction-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Sharing").click()
    return page


def link_in_mail_to(address: str, kind: str) -> str:
    letter = next(one for one in reversed(mail.outbox) if one.to == [address] and kind in one.body)
    return re.search(rf"http\S+/{kind}/\S+", letter.body)[0]


def invite(page: Page, address: str, role: str) -> None:
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Role", exact=True).select_option(role)
    page.get_by_role("button", name="Send the invitation", exact=True).click()
    expect(page.locator("#invitations tbody tr", has_text=address)).to_be_visible()


def test_from_invitation_to_removal(owner: Page, guest: Page, live_server) -> None:
    invite(owner, "bob@example.org", "viewer")
    guest.goto(link_in_mail_to("bob@example.org", "invitations"))
    expect(guest.get_by_role("heading", name="You are invited to “Household”")).to_be_visible()
    guest.get_by_role("link", name="Sign up").click()
    guest.get_by_label("Email").fill("bob@example.org")
    guest.get_by_label("Password", exact=False).first.fill(PASSWORD)
    guest.get_by_role("button", name="Sign up").click()
    # back at the invitation, which waits for the proof of the address
    expect(guest.get_by_text("One more step: prove your address")).to_be_visible()
    guest.goto(link_in_mail_to("bob@example.org", "confirm-email"))
    guest.get_by_role("button", name="Yes, it is mine").click()
    guest.get_by_role("button", name="Accept").click()

    expect(guest.get_by_role("heading", name="Household")).to_contain_text("shared by ida@example.org")
    expect(guest.get_by_role("heading", name="Household")).to_contain_text("you may look, not change")
    expect(guest.locator(".figure").first).to_contain_text("1,234.50")
    address = guest.url
    tabs = guest.get_by_role("navigation", name="Pages of this portfolio").get_by_role("link")
    expect(tabs).to_have_text(
        [
            "Overview",
            "Performance",
            "Risk",
            "Holdings",
            "Realised gains",
            "Income",
            "Transactions",
            "Rebalancing",
            "Quality",
            "Sharing",
        ]
    )
    expect(guest.get_by_role("link", name="Add transaction")).to_have_count(0)
    tabs.get_by_text("Transactions").click()
    expect(guest.locator("#transaction-table tbody tr")).to_have_count(1)
    for name in ("Edit", "Delete", "Import", "Add transaction"):
        expect(guest.get_by_label(name, exact=True)).to_have_count(0)
        expect(guest.get_by_role("link", name=name, exact=True)).to_have_count(0)
    guest.get_by_role("navigation", name="Main").get_by_role("link", name="Dashboard").click()
    expect(guest.locator("#shared")).to_contain_text("Household")
    expect(guest.get_by_role("link", name="Create a portfolio")).to_be_visible()  # nothing of one's own

    owner.reload()
    row = owner.locator("#members tbody tr", has_text="bob@example.org")
    row.get_by_role("combobox").select_option("editor")
    row.get_by_role("button", name="Change the role of bob@example.org").click()
    expect(owner.get_by_text("The role is changed.")).to_be_visible()
    guest.goto(address)
    expect(guest.get_by_role("link", name="Add transaction")).to_be_visible()

    owner.get_by_role("link", name="Remove bob@example.org").click()
    owner.get_by_role("button", name="Remove").click()
    expect(owner.locator("#members tbody tr")).to_have_count(1)
    answer = guest.goto(address)
    assert answer is not None
    assert answer.status == 404


def test_owner_sends_again_and_withdraws(owner: Page, guest: Page) -> None:
    invite(owner, "bob@example.org", "editor")
    first = link_in_mail_to("bob@example.org", "invitations")
    owner.get_by_role("button", name="Send the invitation to bob@example.org again").click()
    expect(owner.get_by_text("A new link is on its way")).to_be_visible()
    second = link_in_mail_to("bob@example.org", "invitations")
    guest.goto(first)
    expect(guest.get_by_role("heading", name="There is no such invitation")).to_be_visible()
    guest.goto(second)
    expect(guest.get_by_role("heading", name="You are invited to “Household”")).to_be_visible()
    owner.get_by_role("button", name="Withdraw the invitation to bob@example.org").click()
    expect(owner.locator("#invitations")).to_have_count(0)
    guest.reload()
    expect(guest.get_by_role("heading", name="This invitation was withdrawn")).to_be_visible()


def test_wrong_address_is_said_at_the_field(owner: Page) -> None:
    owner.get_by_label("E-mail address").fill("nobody")
    owner.get_by_role("button", name="Send the invitation", exact=True).click()
    expect(owner.locator("[data-error-summary]")).to_be_focused()
    expect(owner.get_by_label("E-mail address")).to_have_value("nobody")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sharing_fits_a_phone(owner: Page, scheme: str) -> None:
    invite(owner, "somebody.with.a.long.name@subdomain.example.org", "viewer")
    owner.emulate_media(color_scheme=scheme)
    owner.set_viewport_size({"width": 390, "height": 844})
    owner.goto(owner.url)
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
    owner.goto(link_in_mail_to("somebody.with.a.long.name@subdomain.example.org", "invitations"))
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
