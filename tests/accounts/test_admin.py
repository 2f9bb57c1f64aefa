"""People and the audit log in the admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import RefreshToken, StoredMail, TokenFamily, User
from core import audit, context
from core.actor import Actor
from core.models import AuditEvent, AuditOrigin
from core.ports import admin_panels
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(make_user) -> User:
    return make_user("boss@example.org", is_staff=True, email_verified=True)


@pytest.fixture
def staff(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client


def test_admin_sends_strangers_to_the_one_sign_in_page(client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"


def test_admin_sign_in_page_of_its_own_is_gone(client, boss):
    response = client.post("/admin/login/", {"username": boss.email, "password": PASSWORD})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


def test_admin_refuses_who_is_no_staff(client, ada):
    client.force_login(ada)
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "model", ["accounts_user", "accounts_tokenfamily", "accounts_refreshtoken", "accounts_storedmail"]
)
def test_admin_lists_people(staff, ada, model):
    services.sign_in(email=ada.email, password=PASSWORD)
    StoredMail.objects.create(sender="x", recipients=["a@x.org"], subject="s")
    assert staff.get(reverse(f"admin:{model}_changelist")).status_code == 200
    assert staff.get(reverse(f"admin:{model}_changelist"), {"q": "ada"}).status_code == 200


@pytest.mark.parametrize("rows", [TokenFamily, RefreshToken, StoredMail, AuditEvent, AuditOrigin])
def test_admin_only_reads_what_nobody_edits(staff, ada, rows):
    with context.bound(context.RequestContext(address="203.0.113.9", agent="x/1")):
        services.sign_in(email=ada.email, password=PASSWORD)
    StoredMail.objects.create(sender="x", recipients=["a@x.org"], subject="s")
    name = f"admin:{rows._meta.app_label}_{rows._meta.model_name}"
    row = rows.objects.first()
    page = staff.get(reverse(f"{name}_change", args=[row.pk]))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert staff.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
    assert staff.get(reverse(f"{name}_add")).status_code == 403
    assert staff.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_admin_shows_no_token_hash(staff, ada):
    services.sign_in(email=ada.email, password=PASSWORD)
    token = RefreshToken.objects.get()
    page = staff.get(reverse("admin:accounts_refreshtoken_change", args=[token.pk]))
    assert token.token_hash not in page.content.decode()


def test_admin_does_not_delete_a_user(staff, ada):
    url = reverse("admin:accounts_user_delete", args=[ada.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ada.pk).exists()


@pytest.fixture
def events(ada, boss) -> None:
    """One act by Ada, one by staff on Ada, one on something else."""
    audit.record(actor=Actor.user(ada), verb="portfolio.created", object_type="portfolio", object_id="p-1")
    audit.record(actor=Actor.user(boss), verb="user.blocked", object_type="user", object_id=ada.pk)
    audit.record(actor=Actor.system("nightly"), verb="prices.imported", object_type="file", object_id="f-1")


def found(staff: Client, term: str) -> list[str]:
    page = staff.get(reverse("admin:core_auditevent_changelist"), {"q": term})
    assert page.status_code == 200
    return sorted(event.verb for event in page.context["cl"].result_list)


def test_audit_page_finds_by_person_object_and_verb(staff, ada, events):
    of_ada = ["portfolio.created", "user.blocked", "user.signed_up"]
    assert found(staff, "ada@example.org") == of_ada
    assert found(staff, str(ada.pk)) == of_ada
    assert found(staff, "f-1") == ["prices.imported"]
    assert found(staff, "prices.") == ["prices.imported"]
    assert found(staff, "system:nightly") == ["prices.imported"]
    assert found(staff, "nobody@example.org") == []


def test_audit_page_shows_where_it_came_from(staff, ada):
    with context.bound(context.RequestContext(address="203.0.113.9", agent="x/1")):
        event = audit.record(actor=Actor.user(ada), verb="a.done", object_type="a", object_id="1")
    page = staff.get(reverse("admin:core_auditevent_change", args=[event.pk])).content.decode()
    assert ("203.0.113.9" in page, "x/1" in page) == (True, True)
    AuditOrigin.objects.all().delete()
    page = staff.get(reverse("admin:core_auditevent_change", args=[event.pk])).content.decode()
    assert "203.0.113.9" not in page


def test_audit_list_costs_the_same_for_many_rows(staff, ada, django_assert_max_num_queries):
    for number in range(60):
        audit.record(actor=Actor.user(ada), verb="a.done", object_type="a", object_id=str(number))
    with django_assert_max_num_queries(14):
        staff.get(reverse("admin:core_auditevent_changelist"))


def test_sign_ups_panel_counts_a_day_and_a_week(ada, make_user):
    from datetime import timedelta

    from core import clock

    old = make_user("old@example.org")
    User.objects.filter(pk=old.pk).update(date_joined=clock.now() - timedelta(days=3))
    panel = admin_panels.collect()["sign-ups"]
    assert [row.value for row in panel.rows] == ["1", "2"]
