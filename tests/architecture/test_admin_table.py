"""Every model, action and page of the admin has its row in `tests/api/admin_table.py`."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import User
from tests.api.admin_table import ANY_STAFF, BY_MODEL, MODELS, REGISTERED

STANDARD = {"changelist", "add", "change", "delete", "history"}
HOW = (
    "{0} has no row. Add to MODELS in tests/api/admin_table.py who may look at it, add, change and delete "
    "(letters: S support, M market data, A auditor, D admin, U superuser), its actions and its further "
    "pages. Then run tests/api/test_admin_permissions.py, which tries them all as everybody."
)


def test_every_model_has_its_row():
    missing = sorted(set(REGISTERED) - set(MODELS))
    assert missing == [], HOW.format(", ".join(missing))
    assert set(MODELS) - set(REGISTERED) == set(), "these rows of the table have no ModelAdmin any more"


@pytest.mark.parametrize("label", MODELS)
def test_every_action_has_its_row(label):
    request = RequestFactory().get("/admin/")
    request.user = User(is_staff=True, is_superuser=True)
    found = set(REGISTERED[label].get_actions(request))
    assert found - set(MODELS[label].actions) == set(), HOW.format(f"an action of {label}")
    assert set(MODELS[label].actions) - found == set(), f"these actions of {label} are gone"


@pytest.mark.parametrize("label", MODELS)
def test_every_further_page_has_its_row(label):
    found = further_pages(REGISTERED[label])
    assert found - set(MODELS[label].pages) == set(), HOW.format(f"a page of {label}")
    assert set(MODELS[label].pages) - found == set(), f"these pages of {label} are gone"


def test_every_page_of_the_site_has_its_row():
    names = {pattern.name for pattern in admin.site.get_urls() if getattr(pattern, "name", None)}
    assert names - ANY_STAFF - BY_MODEL == set(), (
        "name it in ANY_STAFF or BY_MODEL of tests/api/admin_table.py"
    )


def further_pages(options: Any) -> set[str]:
    prefix = f"{options.opts.app_label}_{options.opts.model_name}_"
    names = {pattern.name for pattern in options.get_urls() if pattern.name}
    return {name.removeprefix(prefix) for name in names} - STANDARD
