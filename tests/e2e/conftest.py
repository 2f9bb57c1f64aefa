"""A visitor with a browser, the server it speaks to, and the program that speaks to the API beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect

from portfolios.selectors.ledger import memory
from tests.support import axe
from tests.support.site import Site

PASSWORD = "correct-horse-battery-staple"


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> str:
    source = axe.fetch(tmp_path_factory.mktemp("axe"))
    if source is None:
        pytest.skip(axe.HOW_TO_GET_IT)
    return source


@pytest.fixture(autouse=True)
def fresh(transactional_db: None) -> Iterator[None]:
    """Start without throttles and ledgers in memory."""
    cache.clear()
    memory.clear()
    expect.set_options(timeout=10_000)
    yield
    memory.clear()


@pytest.fixture
def signed_up(page: Page, live_server) -> Page:
    """Sign up as Ida, whose money is in EUR, as a visitor does."""
    page.goto(live_server.url)
    page.get_by_role("link", name="Create an account").first.click()
    page.get_by_label("Email").fill("ida@example.org")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_label("Base currency").select_option("EUR")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    return page


@pytest.fixture(scope="session")
def served(django_db_setup: None) -> Iterator[Site]:
    """Start the platform with its sockets once, on the database of the tests."""
    started = Site(connection.settings_dict["NAME"]).start()
    yield started
    started.close()


@pytest.fixture
def site(served: Site, transactional_db: None) -> Site:
    """Serve the platform with its sockets from a process of its own."""
    return served


@pytest.fixture
def enter(page: Page) -> Callable[[Site, Any], Page]:
    """Sign somebody in without the form: ``enter(site, user)``."""

    def come_in(site: Site, user: Any) -> Page:
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": site.url}])
        return page

    return come_in
