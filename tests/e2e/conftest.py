"""A visitor with a browser, the server it speaks to, and the program that speaks to the API beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from portfolios.selectors.ledger import memory
from tests.support import axe

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
