"""axe-core finds nothing serious on any page: light and dark, on a desk and on a phone.

The pages come from the URL patterns, so a new page is checked without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.models import User
from tests.api.routes import pages
from tests.api.test_page_permissions import page_scene
from tests.api.test_permissions import Person
from tests.support import axe, chromium

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
NO_PAGES = {"service-worker", "health-live", "health-ready", "prometheus-django-metrics"}
OF_ALLAUTH = [
    one
    for one in get_resolver().reverse_dict
    if isinstance(one, str) and one.startswith(("account_", "mfa_", "socialaccount_"))
]
SIGNED_OUT = {"account_login", "account_signup", "account_reset_password", "account_reset_password_done"}


class Visitor:
    """A browser that is shown pages and notes what is wrong with them."""

    def __init__(self, page: Page, base: str, checker: str) -> None:
        self.page, self.base, self.checker = page, base, checker
        self.known: tuple[str, ...] = ()  # what was checked on other pages, by selectors
        self.seen = 0
        self.wrong: list[str] = []

    def look(self, path: str) -> None:
        """Visit what may be a page: not a piece of one, a file, or an address that is only posted to."""
        if "<html" in self.page.request.get(self.base + path).text():
            self.visit(path)

    def visit(self, path: str) -> None:
        """Open the page on a desk and a phone, in light and dark."""
        page = self.page
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(self.base + path)
        self.seen += 1
        self.check(path)

    def check(self, name: str) -> None:
        """Check the page that stands open."""
        page = self.page
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found = axe.violations(page, self.checker, without=self.known)
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += axe.violations(page, self.checker, without=self.known)
        self.wrong += [f"{name}: {one}" for one in sorted(set(found))]


@pytest.fixture
def visitor(browser: Browser, live_server, checker) -> Iterator[Visitor]:
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    opened = context.new_page()
    watch = chromium.Watch(opened)
    yield Visitor(opened, live_server.url, checker)
    context.close()
    assert watch.offences == []


def sign_in(visitor: Visitor, user: Any) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    visitor.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": visitor.base}])


def test_pages_of_a_person(visitor) -> None:
    ada = Person("ada@example.org")
    scene = page_scene(ada)
    sign_in(visitor, ada.user)
    for page in pages():
        if page.name not in NO_PAGES:
            visitor.look(scene.url(page))
    assert visitor.wrong == []
    assert visitor.seen > 30


def test_page_of_an_account_that_is_to_be_erased(visitor) -> None:
    ada = Person("ada@example.org")
    User.objects.filter(pk=ada.user.pk).update(erase_after=timezone.now() + timedelta(days=7))
    sign_in(visitor, ada.user)
    visitor.look(reverse("settings-leaving"))
    assert (visitor.wrong, visitor.seen) == ([], 1)


def test_pages_of_a_visitor(visitor) -> None:
    for name in ("landing", "offline", *sorted(SIGNED_OUT)):
        visitor.look(reverse(name))
    visitor.look("/nothing-here")
    assert visitor.wrong == []
    assert visitor.seen == 7


def test_pages_of_sign_in_and_security(visitor) -> None:
    sign_in(visitor, Person("ada@example.org").user)
    for name in sorted(set(OF_ALLAUTH) - SIGNED_OUT - {"account_logout"}):
        try:
            visitor.look(reverse(name))
        except NoReverseMatch:  # a page that a mailed link opens
            continue
    assert visitor.wrong == []
    assert visitor.seen > 5
