"""A person lets support look, and staff look, with a browser; the pages on the way are accessible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts import services
from accounts.models import User
from core.actor import Actor
from core.roles import StaffRole
from tests.support import axe

PASSWORD = "correct horse battery"
SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})


@pytest.fixture
def ada() -> User:
    return services.register_user(email="ada@example.org", password=PASSWORD, email_verified=True)


@pytest.fixture
def sam() -> User:
    """A member of staff."""
    user = services.register_user(email="sam@example.org", password=PASSWORD, email_verified=True)
    system = Actor.system("test")
    services.sync_roles(actor=system)
    services.grant_role(actor=system, user_id=user.pk, role=StaffRole.ADMIN, reason="test")
    return User.objects.get(pk=user.pk)


@pytest.fixture
def checked(browser: Browser) -> Iterator[Page]:
    """A page in which axe-core may do what the content policy forbids: it asks for styles."""
    context = browser.new_context(locale="en-GB", bypass_csp=True)
    yield context.new_page()
    context.close()


def enter(page: Page, base: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


def begin(page: Page, base: str, ada: User) -> None:
    page.goto(base + reverse("admin:accounts_user_change", args=[ada.pk]))
    page.get_by_role("link", name="Look at their pages").click()
    page.get_by_label("Reason").fill("cannot find a sale")
    page.get_by_role("button", name="Look at their pages").click()


def test_person_allows_it_and_support_looks_and_changes_nothing(page, live_server, ada, sam):
    base = live_server.url
    enter(page, base, ada)
    page.goto(base + reverse("settings-support"))
    page.get_by_role("button", name="Let support see my pages for 24 hours").click()
    expect(page.get_by_text("This ends by itself")).to_be_visible()
    enter(page, base, sam)
    begin(page, base, ada)
    banner = page.get_by_role("complementary", name="You look at somebody else’s pages")
    expect(banner).to_contain_text("ada@example.org")
    for name in ("settings", "portfolio-create"):
        page.goto(base + reverse(name))
        expect(banner).to_be_visible()
        expect(page.get_by_text("You only look: nothing can be saved here.")).to_be_visible()
        expect(page.locator("main form button[type=submit]:visible")).to_have_count(0)
    page.mouse.wheel(0, 2000)
    expect(banner).to_be_in_viewport()
    banner.get_by_role("button", name="End").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ada@example.org")).to_be_visible()
    page.goto(base + reverse("dashboard"))
    expect(banner).to_be_hidden()


def test_pages_on_the_way_are_accessible(checked, live_server, checker, ada, sam):
    base, wrong = live_server.url, []

    def look(path: str) -> None:
        checked.goto(base + path)
        for size in SIZES:
            checked.set_viewport_size(size)
            wrong.extend(f"{path}: {one}" for one in axe.violations(checked, checker))

    services.allow_support(actor=Actor.user(ada), user_id=ada.pk)
    enter(checked, base, sam)
    User.objects.filter(pk=sam.pk).update(is_superuser=True)
    for name in ("change", "look", "history"):
        look(reverse(f"admin:accounts_user_{name}", args=[ada.pk]))
    for name in ("accounts_user_add", "auth_group_add", "accounts_supportaccess_changelist"):
        look(reverse(f"admin:{name}"))
    begin(checked, base, ada)
    for name in ("dashboard", "settings", "settings-security"):
        look(reverse(name))
    enter(checked, base, ada)
    look(reverse("settings-support"))
    assert "\n".join(sorted(set(wrong))) == ""
