"""Erasure with days in between: what stops, what is still possible, and that it can be cancelled."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import services, tasks
from accounts.models import BrowserSession, TokenFamily, User
from accounts.selectors import erasures_due
from accounts.services import Proof
from core.actor import Actor
from core.errors import Conflict, NotFound, ValidationFailed
from core.models import AuditEvent
from portfolios.models import Portfolio
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_export import browser_of, opened, signed_in_at, without_password
from tests.support.parallel import at_once
from tests.support.person import make_person

pytestmark = pytest.mark.django_db
ME, ERASURE, EXPORT = "/api/v1/users/me", "/api/v1/users/me/erasure", "/api/v1/users/me/export"
LEAVING = "/settings/leaving/"


def ask(user: User) -> datetime:
    due = services.request_erasure(actor=Actor.user(user), user_id=user.pk, proof=Proof(password=PASSWORD))
    assert due is not None
    return due


def due_now(user: User) -> None:
    User.objects.filter(pk=user.pk).update(erase_after=timezone.now() - timedelta(seconds=1))


def verbs(user: User) -> list[str]:
    rows = AuditEvent.objects.filter(object_type="user", object_id=str(user.pk), verb__contains="eras")
    return list(rows.order_by("at", "id").values_list("verb", flat=True))


def made_token(user: User) -> str:
    issued = services.create_personal_token(
        actor=Actor.user(user), user_id=user.pk, name="Sheet", scopes=["profile:read"], expires_at=None
    )
    return issued.secret


# asking for it


def test_page_names_what_goes_and_who_loses_it(db):
    person = make_person()
    html = browser_of(person.user).get(reverse("settings-erase")).content.decode()
    assert "the portfolio <strong>Savings</strong> (2 transactions; 1 other person loses it too)" in html
    assert "the portfolio <strong>Default</strong> (0 transactions)" in html
    assert "Bob&#x27;s" not in html
    assert "You have 7 days" in html


@pytest.mark.django_db(transaction=True)
def test_page_schedules_ends_the_sign_ins_and_tells_by_mail(ada, api, settings):
    settings.ERASURE_GRACE_DAYS = 3
    tokens, other, browser = api.sign_in().json(), browser_of(ada), browser_of(ada)
    assert other.get("/settings/").status_code == 200
    mail.outbox.clear()
    with time_machine.travel(datetime(2024, 3, 1, 9, 30, tzinfo=timezone.get_default_timezone()), tick=False):
        browser = browser_of(ada)
        answer = browser.post(reverse("settings-erase"), {"email": ada.email, "password": PASSWORD})
        assert answer.headers["Location"] == reverse("landing")
        ada.refresh_from_db()
        assert ada.erase_after == timezone.now() + timedelta(days=3)
    assert "March 4, 2024" in browser.get("/").content.decode()
    assert BrowserSession.objects.count() == 0
    assert TokenFamily.objects.get().revoked_at is not None
    assert api.me(tokens["access_token"]).status_code == 401
    assert other.get("/settings/").status_code == 302
    [told] = mail.outbox
    assert (told.to, told.subject) == ([ada.email], "Your account is about to be erased")
    assert "March 4, 2024" in told.body
    assert "http://testserver/settings/leaving/" in told.body


def test_asking_again_keeps_the_day(ada):
    first = ask(ada)
    assert ask(ada) == first
    assert verbs(ada) == ["user.erasure_requested"]


def test_no_days_erase_at_once(ada, settings):
    settings.ERASURE_GRACE_DAYS = 0
    proof = Proof(password=PASSWORD)
    assert services.request_erasure(actor=Actor.user(ada), user_id=ada.pk, proof=proof) is None
    assert not User.objects.exists()


@pytest.mark.parametrize("data", [{"password": PASSWORD}, {"email": "ada@example.org", "password": "wrong"}])
def test_page_without_address_or_password_changes_nothing(ada, data):
    assert browser_of(ada).post(reverse("settings-erase"), data).status_code == 400
    ada.refresh_from_db()
    assert ada.erase_after is None


def test_account_without_a_password_needs_a_fresh_sign_in(ada):
    browser = browser_of(without_password(ada))
    signed_in_at(browser, ada, time.time() - 3600)
    assert browser.post(reverse("settings-erase"), {"email": ada.email}).status_code == 400
    signed_in_at(browser, ada, time.time() - 60)
    assert browser.post(reverse("settings-erase"), {"email": ada.email}).status_code == 302
    ada.refresh_from_db()
    assert ada.erase_after is not None


def test_nobody_else_asks_cancels_or_proves_it(ada, make_user):
    for other in (make_user("bob@example.org"), make_user("staff@example.org", is_staff=True)):
        with pytest.raises(NotFound):
            services.request_erasure(actor=Actor.user(other), user_id=ada.pk, proof=Proof(password=PASSWORD))
        with pytest.raises(NotFound):
            services.cancel_erasure(actor=Actor.user(other), user_id=ada.pk)
    with pytest.raises(ValidationFailed):
        services.request_erasure(actor=Actor.user(ada), user_id=ada.pk, proof=Proof(is_fresh=True))
    ada.refresh_from_db()
    assert ada.erase_after is None


# in between


def test_sign_in_shows_the_way_back_and_nothing_else(ada, client):
    ask(ada)
    answer = client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1] == (LEAVING, 302)
    html = answer.content.decode()
    assert ("Keep my account" in html, "Download my data" in html, "Sign out" in html) == (True, True, True)
    for path in ("/dashboard/", "/settings/", "/settings/security/", "/settings/erase/", "/settings/data/"):
        for method in (client.get, client.post):
            assert method(path).headers["Location"] == LEAVING, path
    assert client.get(reverse("dashboard"), headers={"HX-Request": "true"}).headers["HX-Redirect"] == LEAVING
    assert client.get("/health/live").status_code == 200


def test_every_page_but_the_named_ones_is_closed(ada):
    from accounts.middleware import OPEN_TO_LEAVING
    from tests.api.routes import pages

    ask(ada)
    browser = browser_of(User.objects.get(pk=ada.pk))
    left = [page for page in pages() if not page.ids and page.name not in OPEN_TO_LEAVING]
    assert len(left) > 10
    assert {page.name: browser.get(reverse(page.name)).headers.get("Location") for page in left} == {
        page.name: LEAVING for page in left
    }


def test_data_can_still_be_taken(ada):
    ask(ada)
    browser = browser_of(ada)
    opened(browser.post("/settings/data/export/", {"password": PASSWORD})).close()
    refused = browser.post("/settings/data/export/", {"password": "wrong"})
    assert refused.status_code == 400
    assert "Keep my account" in refused.content.decode()


def test_api_refuses_with_its_own_code_and_lets_cancel_and_export(ada, api):
    secret = made_token(ada)
    assert api.me(secret).status_code == 200
    ask(ada)
    token = api.sign_in().json()["access_token"]
    for one in (token, secret):
        for path in (ME, "/api/user/me", "/api/v1/portfolios", "/api/portfolio/total"):
            answer = api("GET", path, token=one)
            assert (answer.status_code, answer.json()["type"]) == (403, "erasure-pending"), path
    assert api("GET", EXPORT, token=token).status_code == 200
    opened(api("POST", EXPORT, {"password": PASSWORD}, token=token)).close()
    ada.refresh_from_db()
    assert datetime.fromisoformat(api("GET", ERASURE, token=token).json()["erase_after"]) == ada.erase_after
    assert api("DELETE", ERASURE, token=secret).json()["type"] == "sign-in-required"
    assert api("DELETE", ERASURE, token=token).status_code == 204
    assert api("GET", ERASURE, token=token).json() == {"erase_after": None}
    assert (api.me(token).status_code, api.me(secret).status_code) == (200, 200)


def test_api_by_the_cookie_is_refused_too(ada):
    ask(ada)
    assert browser_of(ada).get(ME).json()["type"] == "erasure-pending"


def test_api_asks_for_it_and_ends_its_own_sign_in(api, ada, tokens):
    token = tokens["access_token"]
    refused = api("POST", ERASURE, {"password": "wrong"}, token=token)
    assert [one["code"] for one in refused.json()["errors"]] == ["wrong_password"]
    answer = api("POST", ERASURE, {"password": PASSWORD}, token=token)
    ada.refresh_from_db()
    assert answer.status_code == 202
    assert datetime.fromisoformat(answer.json()["erase_after"]) == ada.erase_after
    assert api.me(token).status_code == 401


def test_contracts_delete_still_erases_at_once(api, ada):
    ask(ada)
    token = api.sign_in().json()["access_token"]
    assert api("DELETE", ME, {"password": PASSWORD}, token=token).status_code == 204
    assert not User.objects.exists()


def test_staff_see_it_in_the_admin(ada, make_user, client):
    ask(ada)
    client.force_login(make_user("staff@example.org", is_staff=True))
    User.objects.filter(email="staff@example.org").update(is_superuser=True)
    listed = client.get(reverse("admin:accounts_user_changelist"), {"state": "leaving"})
    assert ("ada@example.org" in listed.content.decode(), listed.context["cl"].result_count) == (True, 1)
    shown = client.get(reverse("admin:accounts_user_change", args=[ada.pk]))
    assert "Erased after" in shown.content.decode()


def test_last_superuser_cannot_leave_the_site_alone(ada, make_user):
    ada.is_superuser = True
    ada.save()
    for call in (
        lambda: ask(ada),
        lambda: services.erase_user(actor=Actor.user(ada), user_id=ada.pk, password=PASSWORD),
    ):
        with pytest.raises(Conflict, match="Make somebody else a superuser first"):
            call()
    bob = make_user("bob@example.org")
    bob.is_superuser = True
    bob.save()
    assert ask(ada) is not None
    with pytest.raises(Conflict, match="You alone"):
        ask(bob)


# thinking better of it


@pytest.mark.django_db(transaction=True)
def test_cancel_brings_everything_back_and_tells(ada):
    due = ask(ada)
    browser = browser_of(ada)
    mail.outbox.clear()
    assert browser.post(reverse("settings-leaving-cancel")).headers["Location"] == "/settings/data/"
    assert browser.get("/settings/data/").status_code == 200
    assert browser.get(LEAVING).headers["Location"] == "/settings/data/"
    ada.refresh_from_db()
    assert ada.erase_after is None
    assert verbs(ada) == ["user.erasure_requested", "user.erasure_cancelled"]
    event = AuditEvent.objects.get(verb="user.erasure_cancelled")
    assert event.after == {"erase_after": due.isoformat()}
    assert [one.subject for one in mail.outbox] == ["Your account stays"]
    with time_machine.travel(due + timedelta(days=1)):
        assert erasures_due() == []


def test_cancel_twice_changes_nothing(ada):
    ask(ada)
    actor = Actor.user(ada)
    answers = [services.cancel_erasure(actor=actor, user_id=ada.pk) for _ in range(2)]
    assert answers == [True, False]
    assert verbs(ada) == ["user.erasure_requested", "user.erasure_cancelled"]


# the end


def erased_by_tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run the hourly task, and what it gives to the workers at once."""
    given: list[str] = []
    monkeypatch.setattr(tasks.erase_person, "delay", given.append)
    tasks.erase_due()
    for one in given:
        tasks.erase_person(one)
    return given


def test_task_erases_what_is_due_and_nothing_else(monkeypatch):
    person = make_person()
    waits = services.register_user(email="carl@example.org", password=PASSWORD)
    ask(person.user)
    ask(waits)
    due_now(person.user)
    assert erased_by_tasks(monkeypatch) == [str(person.user.pk)]
    assert set(User.objects.all()) == {person.friend, waits}
    assert list(Portfolio.objects.all()) == [person.friends]
    event = AuditEvent.objects.get(verb="user.erased")
    assert (event.actor_id, event.actor_label, event.object_id) == (
        None,
        "system:erasure",
        str(person.user.pk),
    )
    assert erased_by_tasks(monkeypatch) == []
    tasks.erase_person(str(person.user.pk))


def test_task_that_fails_undoes_the_whole_and_is_tried_again(ada, monkeypatch):
    from core.ports import personal_erasers

    def refuse(_user_id: Any) -> None:
        raise NotFound

    ask(ada)
    due_now(ada)
    personal_erasers.register("test", refuse)
    with pytest.raises(NotFound):
        tasks.erase_person(str(ada.pk))
    personal_erasers._providers.pop("test")
    assert erased_by_tasks(monkeypatch) == [str(ada.pk)]
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_erase_once(ada):
    ask(ada)
    due_now(ada)
    works = [lambda: services.erase_if_due(user_id=ada.pk)] * 2
    assert sorted(at_once(*works)) == [False, True]
    assert AuditEvent.objects.filter(verb="user.erased").count() == 1


@pytest.mark.django_db(transaction=True)
def test_cancelling_while_it_is_erased_has_one_outcome(ada):
    ask(ada)
    due_now(ada)

    def cancel() -> bool:
        try:
            return services.cancel_erasure(actor=Actor.user(ada), user_id=ada.pk)
        except NotFound:
            return False

    cancelled, erased = at_once(cancel, lambda: services.erase_if_due(user_id=ada.pk))
    assert cancelled is not erased
    assert User.objects.filter(pk=ada.pk, erase_after=None).exists() is cancelled
