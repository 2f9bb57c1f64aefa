"""How people sign in, in a browser: passkeys with a virtual authenticator, an app, another account."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, Page, expect

from tests.accounts.test_sign_in import code_of
from tests.e2e.conftest import PASSWORD
from tests.support.oidc import Provider, settings_for

ADDRESS = "ida@example.org"


def add_authenticator(cdp: CDPSession, *, present: bool = True) -> str:
    """Put a device that holds passkeys and knows its owner into the browser."""
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": present,
        "automaticPresenceSimulation": True,
    }
    answer = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return answer["authenticatorId"]


@pytest.fixture
def authenticator(page: Page) -> CDPSession:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    add_authenticator(cdp)
    return cdp


@pytest.fixture
def ida(signed_up: Page) -> Page:
    """Ida, signed up by the pages, her address proven."""
    EmailAddress.objects.filter(email=ADDRESS).update(verified=True)
    return signed_up


def tab_to(page: Page, name: str, role: str = "") -> None:
    """Press Tab until what has the focus is called `name`."""
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "() => { const at = document.activeElement;"
            " const label = at.labels && at.labels[0] ? at.labels[0].innerText : '';"
            " return [at.getAttribute('aria-label') || label || at.innerText || '', at.tagName]; }"
        )
        if told[0].strip().startswith(name) and role in {"", told[1].lower()}:
            return
    raise AssertionError(f"Tab never reaches “{name}” on {page.url}")


def press(page: Page, name: str, role: str = "") -> None:
    tab_to(page, name, role)
    page.keyboard.press("Enter")


def confirm_password(page: Page) -> None:
    """Type the password once more, by keyboard: its field is the first."""
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    tab_to(page, "Password", "input")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def test_passkey_is_added_and_signs_in_by_keyboard_alone(ida, authenticator, live_server):
    page = ida
    page.goto(f"{live_server.url}/settings/security/")
    press(page, "Change the second factor")
    expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    press(page, "Add a passkey")
    confirm_password(page)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    tab_to(page, "Name", "input")
    page.keyboard.press("Control+A")
    page.keyboard.type("My laptop")
    tab_to(page, "Sign in with it alone", "input")
    expect(page.get_by_label("Sign in with it alone")).to_be_checked()
    press(page, "Add the passkey", "button")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator("main code")).to_have_count(10)
    assert Authenticator.objects.get(type="webauthn").wrap().is_passwordless is True

    page.goto(f"{live_server.url}/accounts/logout/")
    tab_to(page, "Sign out", "button")
    while page.evaluate("document.activeElement.closest('main') === null"):
        tab_to(page, "Sign out", "button")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/accounts/login/?next=/settings/sessions/")
    press(page, "Sign in with a passkey", "button")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert page.url == f"{live_server.url}/settings/sessions/"
    expect(page.get_by_text("this one")).to_be_visible()


def test_passkey_that_is_not_there_says_so_and_the_password_still_works(ida, authenticator, live_server):
    page = ida
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    said = page.get_by_role("alert").filter(has_text="No passkey was used")
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_focused()
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_second_passkey_on_one_device_is_refused_with_a_sentence(ida, authenticator, live_server):
    page = ida
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    confirm_password(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(
        page.get_by_role("alert").filter(has_text="has a passkey for your account already")
    ).to_be_visible()


def test_passkey_after_the_password_and_to_prove_oneself_once_more(ida, authenticator, live_server):
    page = ida
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    confirm_password(page)
    page.get_by_label("Sign in with it alone").uncheck()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    page.goto(f"{live_server.url}/accounts/2fa/recovery-codes/")
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_app_is_turned_on_and_a_recovery_code_signs_in(ida, live_server):
    page = ida
    page.goto(f"{live_server.url}/settings/security/")
    page.get_by_role("link", name="Change the second factor").click()
    page.get_by_role("link", name="Turn on").click()
    confirm_password(page)
    secret = page.locator("dd code").inner_text()
    page.get_by_label(re.compile("code", re.IGNORECASE)).fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    code = page.locator("main code").first.inner_text()
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_label(re.compile("code", re.IGNORECASE)).fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    page.goto(f"{live_server.url}/settings/security/")
    expect(page.get_by_text("Recovery codes left")).to_be_visible()
    expect(page.locator("dd", has_text=re.compile(r"^9$"))).to_be_visible()


def test_account_elsewhere_signs_in_past_the_content_policy(page, live_server, settings):
    provider = Provider()
    settings.SOCIALACCOUNT_PROVIDERS = settings_for(provider.url)
    settings.OIDC_NAME = "Example ID"
    try:
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_role("button", name="Sign in with Example ID").click()
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        page.goto(f"{live_server.url}/settings/security/")
        expect(page.get_by_role("link", name="Set a password")).to_be_visible()
        expect(page.get_by_role("heading", name="Connected accounts")).to_be_visible()
    finally:
        provider.close()


def test_session_ended_elsewhere_is_signed_out(ida, live_server, browser):
    other = browser.new_context()
    there = other.new_page()
    there.goto(f"{live_server.url}/accounts/login/")
    there.get_by_label("Email").fill(ADDRESS)
    there.get_by_label("Password", exact=False).first.fill(PASSWORD)
    there.get_by_role("button", name="Sign in", exact=True).click()
    expect(there.get_by_role("heading", name="Dashboard")).to_be_visible()
    ida.goto(f"{live_server.url}/settings/sessions/")
    ida.get_by_role("button", name="Sign out everywhere else").click()
    expect(ida.get_by_text("1 other sign-in ended.")).to_be_visible()
    there.goto(f"{live_server.url}/settings/")
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()
