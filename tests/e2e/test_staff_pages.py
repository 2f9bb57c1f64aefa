"""Staff's pages: axe-core finds nothing serious, no script fails, and the content policy is kept.

The pages come from the admin site's registry, so a new one is checked without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Browser

from accounts.models import User
from tests.api.admin_table import REGISTERED, more_rows
from tests.api.test_permissions import Person, bring_in, scene_of
from tests.e2e.test_accessibility import Visitor, sign_in
from tests.support import chromium

pytestmark = pytest.mark.slow
# half of each page, and the same on all: `test_lists` checks it with each of its links as the current one
LINKS = ("#nav-sidebar",)


@pytest.fixture
def staff(browser: Browser, live_server: Any, checker: str) -> Iterator[Visitor]:
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    opened = context.new_page()
    watch = chromium.Watch(opened)
    visitor = Visitor(opened, live_server.url, checker)
    sign_in(visitor, User.objects.create_superuser("sam@example.org", "pw"))
    yield visitor
    context.close()
    assert watch.offences == []


@pytest.fixture
def rows(transactional_db: None) -> dict[str, Any]:
    """One row of each model that the admin shows."""
    ada = Person("ada@example.org")
    scene = scene_of(ada)
    bring_in(ada, reverse("api-imports", args=[scene.ids[""]["portfolio_id"]]), "api-import")
    found = more_rows()
    return {
        label: found.get(label) or options.model._default_manager.first()
        for label, options in REGISTERED.items()
    }


def page(label: str, view: str, *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{view}", args=args)


def test_dashboard(staff, rows):
    staff.visit(reverse("admin:index"))
    staff.visit(reverse("admin:app_list", args=["market"]))
    assert (staff.wrong, staff.seen) == ([], 2)


def test_lists(staff, rows):
    for label in sorted(REGISTERED):
        staff.visit(page(label, "changelist"))
    staff.visit(page("core.auditevent", "changelist") + "?q=nothing-of-the-kind")
    assert (staff.wrong, staff.seen) == ([], len(REGISTERED) + 1)


def test_rows(staff, rows):
    staff.known = LINKS
    for label, row in sorted(rows.items()):
        staff.visit(page(label, "change", row.pk))
    staff.visit(page("market.instrument", "history", rows["market.instrument"].pk))
    assert (staff.wrong, staff.seen) == ([], len(REGISTERED) + 1)


def test_forms_that_add(staff, rows, rf):
    staff.known = LINKS
    request = rf.get("/")
    request.user = User.objects.get(email="sam@example.org")
    labels = [label for label, one in REGISTERED.items() if one.has_add_permission(request)]
    for label in sorted(labels):
        staff.visit(page(label, "add"))
    staff.visit(page("auth.group", "delete", rows["auth.group"].pk))
    assert (staff.wrong, staff.seen) == ([], len(labels) + 1)


def test_actions_are_confirmed_on_pages_that_everybody_can_use(staff, rows):
    """Choose each action on its list by hand, as staff do, and look at the page that asks why."""
    staff.known, seen = LINKS, 0
    for label, options in sorted(REGISTERED.items()):
        for action in getattr(options, "reasoned", ()):
            staff.page.goto(staff.base + page(label, "changelist"))
            staff.page.locator("input.action-select").first.check()
            staff.page.locator("select[name=action]").select_option(action.name)
            staff.page.locator("button[name=index]").first.click()
            staff.page.get_by_label("Reason").wait_for()
            staff.check(f"{label} {action.name}")
            seen += 1
    assert staff.wrong == []
    assert seen >= 7


def test_imports_are_usable_before_and_after_a_file(staff, rows):
    staff.known = LINKS
    sheets = {label: one.resource for label, one in REGISTERED.items() if hasattr(one, "resource")}
    for label, resource in sorted(sheets.items()):
        staff.visit(page(label, "import"))
        text = f"{','.join(resource.columns())}\n" + "," * (len(resource.columns()) - 1) + "\n"
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()}
        staff.page.get_by_label("File").set_input_files(file)
        staff.page.get_by_role("button", name="Look at it").click()
        staff.page.get_by_role("heading", name="Nothing was stored").wait_for()
        staff.check(f"{label}: refused")
    text = b"mic,name,time_zone,country\nXNYS,New York,America/New_York,US\n"
    staff.page.goto(staff.base + page("market.exchange", "import"))
    staff.page.get_by_label("File").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": text})
    staff.page.get_by_role("button", name="Look at it").click()
    staff.page.get_by_label("Reason").fill("a new exchange")
    staff.check("preview")
    staff.page.get_by_role("button", name="Store it").click()
    staff.page.get_by_text("Brought in: 1 new, 0 changed, 0 as before.").wait_for()
    assert (staff.wrong, staff.seen) == ([], len(sheets))


def test_site_is_ours_everywhere():
    assert {options.admin_site for options in admin.site._registry.values()} == {admin.site}
