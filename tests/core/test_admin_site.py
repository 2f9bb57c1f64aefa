"""The admin: who enters, what its pages cost, and what nobody edits there."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import models
from django.test import Client
from django.urls import reverse

from core import audit, ports
from core.actor import Actor
from core.adminsite import FlorinAdminSite, ReadOnlyAdmin
from core.adminsite.lists import short
from core.models import AuditEvent

pytestmark = pytest.mark.django_db
OWN_APPS = ("core", "accounts", "market", "portfolios", "alerts")
OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in OWN_APPS),
    key=lambda one: one.__name__,
)
READ_ONLY = [model for model in OURS if isinstance(admin.site._registry[model], ReadOnlyAdmin)]


@pytest.fixture
def staff(django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("sam@example.org", "correct horse battery"))
    return client


def address(model: type[models.Model], view: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def test_admin_site_is_ours():
    assert isinstance(admin.site, FlorinAdminSite)
    assert len(OURS) >= 8
    assert {"AuditEvent", "Transaction"} <= {model.__name__ for model in READ_ONLY}


def test_models_are_listed_by_what_they_are_about_each_once(staff, rf):
    request = rf.get("/admin/")
    request.user = get_user_model().objects.get(email="sam@example.org")
    groups = {str(app["name"]): app["models"] for app in admin.site.get_app_list(request)}
    assert list(groups) == ["Alerts", "Market", "People", "Portfolios", "The platform"]
    shown = [one["model"] for models in groups.values() for one in models]
    assert len(shown) == len(set(shown)) == len(admin.site._registry)


def test_ids_in_lists_are_shown_by_their_end_and_whole_on_pointing():
    whole = "user:01a22215-2442-7276-8e9e-e2d9b42d2aed"
    assert short(whole) == f'<span title="{whole}">user:…e2d9b42d2aed</span>'
    assert short("<b>") == '<span title="&lt;b&gt;">&lt;b&gt;</span>'
    assert short("") == '<span title="">–</span>'


def test_admin_asks_a_visitor_to_sign_in_on_the_pages_own_sign_in(client):
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_admin_is_forbidden_for_who_is_no_staff(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("ada@example.org", "correct horse battery"))
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_dashboard_shows_the_panels_of_every_room(staff):
    html = staff.get(reverse("admin:index")).content.decode()
    panels = ports.admin_panels.collect().values()
    assert len(panels) >= 2
    for panel in panels:
        assert str(panel.title) in html


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_list_opens_and_is_searched(staff, model):
    cache.clear()
    assert staff.get(address(model, "changelist")).status_code == 200
    options = admin.site._registry[model]
    assert options.search_fields, "staff must be able to find rows"
    for text in ("ada", str(uuid4()), "1", "ada@example.org", "'\""):
        assert staff.get(address(model, "changelist"), {"q": text}).status_code == 200, text


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_rows_that_nobody_edits_have_no_form(staff, model):
    key, before = model._meta.pk.get_default() or 1, model._default_manager.count()
    assert staff.get(address(model, "add")).status_code == 403
    assert staff.post(address(model, "add"), {}).status_code == 403
    options = admin.site._registry[model]
    asked = {action.name for action in getattr(options, "reasoned", ())}
    assert set(options.get_actions(staff.get("/admin/").wsgi_request)) == asked
    for view in ("change", "delete"):
        assert staff.post(address(model, view, key), {"post": "yes"}).status_code in {302, 403}
    assert model._default_manager.count() == before


def test_audit_event_is_shown_and_not_changed(staff):
    event = audit.record(actor=Actor.system("test"), verb="x.done", object_type="x", object_id="seven")
    page = staff.get(address(AuditEvent, "change", event.pk))
    assert page.status_code == 200
    assert "seven" in page.content.decode()
    assert 'name="_save"' not in page.content.decode()
    assert staff.post(address(AuditEvent, "change", event.pk), {"verb": "y"}).status_code == 403
    assert staff.post(address(AuditEvent, "delete", event.pk), {"post": "yes"}).status_code == 403
    assert AuditEvent.objects.get().verb == "x.done"
