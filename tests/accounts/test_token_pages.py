"""The page of personal access tokens, the choice of a new password's form, and the admin's list."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import PersonalAccessToken, Scope, User
from core import clock
from core.actor import Actor
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_pages import LOGIN, check
from tests.accounts.test_personal_tokens import NOON, TOKENS
from tests.accounts.test_personal_tokens import make_token as make_token  # noqa: PLC0414

pytestmark = pytest.mark.django_db
PAGE = "/settings/tokens/"
NEW = {"name": "Sheet", "scopes": ["portfolios:read", "market:read"], "lifetime": "90"}
TWICE = {"password1": "another horse battery", "password2": "another horse battery"}
CHANGE = {"oldpassword": PASSWORD, **TWICE}
SECRET = re.compile(r"florin_pat_[\w-]{43}")
LIST = "admin:accounts_personalaccesstoken_changelist"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    """Ada's browser, just signed in with her password."""
    assert client.post(reverse("account_login"), LOGIN).status_code == 302
    return client


@pytest.fixture
def proven(signed_in: Client) -> Client:
    """Ada's browser, after she typed her password once more."""
    signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return signed_in


def test_empty_page_teaches_with_an_example(signed_in):
    html = check(signed_in.get(PAGE))
    assert "curl -H" in html
    assert "http://testserver/api/v1/net-worth" in html
    assert [one for one in Scope.values if f'value="{one}"' not in html] == []
    assert [str(one.label) for one in Scope if str(one.label) not in html.replace("&#x27;", "'")] == []


@time_machine.travel(NOON, tick=False)
def test_new_token_stands_in_the_answer_and_nowhere_else(proven, ada, api):
    answer = proven.post(PAGE, NEW)
    html = check(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    [secret] = set(SECRET.findall(html))
    assert api("GET", "/api/v1/portfolios", token=secret).status_code == 200
    assert api("POST", "/api/v1/portfolios", {}, token=secret).status_code == 403
    token = PersonalAccessToken.objects.get()
    assert (token.user, token.name, token.expires_at) == (ada, "Sheet", NOON + timedelta(days=90))
    again = check(proven.get(PAGE))
    assert secret not in again
    assert secret[:15] in again
    assert "Sheet" in again


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(("lifetime", "days"), [("7", 7), ("365", 365), ("never", None)])
def test_lifetime_is_chosen(proven, lifetime, days):
    proven.post(PAGE, {**NEW, "lifetime": lifetime})
    expected = NOON + timedelta(days=days) if days else None
    assert PersonalAccessToken.objects.get().expires_at == expected


@pytest.mark.parametrize("wrong", [{"name": " "}, {"scopes": []}, {"scopes": ["x"]}, {"lifetime": "9999"}])
def test_wrong_form_comes_back_with_its_errors_and_makes_nothing(proven, wrong):
    html = check(proven.post(PAGE, {**NEW, **wrong}), 400)
    assert "data-error-summary" in html
    assert PersonalAccessToken.objects.count() == 0


def test_fifty_tokens_are_said_on_the_page(proven, ada):
    PersonalAccessToken.objects.bulk_create(
        PersonalAccessToken(user=ada, name="x", beginning="x", token_hash=str(n), scopes=["profile:read"])
        for n in range(50)
    )
    assert "You have 50 tokens" in check(proven.post(PAGE, NEW), 400)
    assert PersonalAccessToken.objects.count() == 50


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=6)])
def test_password_is_asked_once_more_before_a_token_is_made(signed_in, later):
    if later:
        signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    with time_machine.travel(clock.now() + later):
        asked = signed_in.post(PAGE, NEW)
        assert asked.status_code == 302
        assert asked["Location"].startswith(reverse("account_reauthenticate"))
        assert PersonalAccessToken.objects.count() == 0
        signed_in.post(asked["Location"], {"password": "wrong password"})
        assert PersonalAccessToken.objects.count() == 0
        answer = signed_in.post(asked["Location"], {"password": PASSWORD})
    assert SECRET.search(check(answer))
    assert "no-store" in answer.headers["Cache-Control"]
    assert PersonalAccessToken.objects.count() == 1


def test_token_is_revoked_after_a_question(signed_in, ada, api, make_token):
    issued = make_token(name="Sheet")
    url = reverse("settings-token-revoke", args=[issued.token.pk])
    assert url in check(signed_in.get(PAGE))
    assert "Sheet" in check(signed_in.get(url))
    assert api.me(issued.secret).status_code == 200
    assert signed_in.post(url)["Location"] == PAGE
    assert api.me(issued.secret).status_code == 401
    assert issued.token.beginning not in check(signed_in.get(PAGE))
    assert [getattr(signed_in, how)(url).status_code for how in ("get", "post")] == [404, 404]


def test_expired_token_says_so(signed_in, make_token):
    make_token(expires_at=clock.now() + timedelta(seconds=1))
    assert "expired" not in check(signed_in.get(PAGE))
    PersonalAccessToken.objects.update(expires_at=clock.now())
    assert "expired" in check(signed_in.get(PAGE))


# a new password


@pytest.mark.parametrize(("ticked", "then"), [({}, 200), ({"revoke_tokens": "on"}, 401)])
def test_changed_password_ends_tokens_where_it_is_ticked(signed_in, api, make_token, ticked, then):
    issued, page, tokens = make_token(), reverse("account_change_password"), api.sign_in().json()
    assert 'name="revoke_tokens"' in check(signed_in.get(page))
    assert signed_in.post(page, {**CHANGE, **ticked}).status_code == 302
    assert api.me(issued.secret).status_code == then
    assert api.me(tokens["access_token"]).status_code == 401


def test_password_reset_by_mail_always_ends_tokens(client, ada, api, make_token):
    issued = make_token()
    client.post(reverse("account_reset_password"), {"email": ada.email})
    [link] = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    assert api.me(issued.secret).status_code == 200
    assert client.post(form, TWICE).status_code == 302
    assert api.me(issued.secret).status_code == 401
    assert AuditEvent.objects.get(verb="token.revoked").reason == "new password"


# the admin


@pytest.fixture
def auditor(make_user) -> User:
    """Staff who may see tokens and nothing else."""
    user = make_user("staff@example.org", is_staff=True)
    user.is_superuser = False
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_personalaccesstoken"))
    return user


def revoke(client: Client, token: PersonalAccessToken, **more: str):
    body = {"action": "revoke", ACTION_CHECKBOX_NAME: [str(token.pk)], **more}
    return client.post(reverse(LIST), body, follow=True)


def test_staff_list_tokens_without_their_secrets(client, auditor, make_token):
    issued = make_token()
    client.force_login(auditor)
    html = client.get(reverse(LIST), {"q": "ada@example.org"}).content.decode()
    assert issued.token.beginning in html
    shown = client.get(reverse("admin:accounts_personalaccesstoken_change", args=[issued.token.pk]))
    assert issued.token.token_hash not in html + shown.content.decode()
    assert b'name="_save"' not in shown.content


def test_staff_who_only_see_tokens_revoke_none(client, auditor, make_token):
    issued = make_token()
    client.force_login(auditor)
    assert "Revoke the selected tokens" not in client.get(reverse(LIST)).content.decode()
    revoke(client, issued.token, reason="x")
    issued.token.refresh_from_db()
    assert issued.token.revoked_at is None


def test_staff_revoke_with_a_reason(client, auditor, make_token, api):
    issued, other = make_token(), make_token()
    auditor.user_permissions.add(Permission.objects.get(codename="change_personalaccesstoken"))
    client.force_login(auditor)
    asked = revoke(client, issued.token).content.decode()
    assert issued.token.name in asked
    assert 'name="reason"' in asked
    refused = revoke(client, issued.token, reason=" ", confirmed="yes").content.decode()
    assert "This field is required" in refused
    assert api.me(issued.secret).status_code == 200
    done = revoke(client, issued.token, reason="Leaked", confirmed="yes").content.decode()
    assert "Revoke the selected tokens: done for 1." in done
    assert [api.me(one.secret).status_code for one in (issued, other)] == [401, 200]
    event = AuditEvent.objects.get(verb="token.revoked")
    assert (event.actor_id, event.object_id, event.reason) == (auditor.pk, str(issued.token.pk), "Leaked")


def test_own_tokens_are_nobody_elses(client, make_user, make_token, api):
    issued = make_token()
    bob = make_user("bob@example.org")
    access = services.sign_in(email=bob.email, password=PASSWORD).access
    path = f"{TOKENS}/{issued.token.pk}"
    assert [api(how, path, token=access).status_code for how in ("GET", "DELETE")] == [404, 404]
    assert [api(how, path).status_code for how in ("GET", "DELETE")] == [401, 401]
    client.force_login(bob)
    url = reverse("settings-token-revoke", args=[issued.token.pk])
    assert [getattr(client, how)(url).status_code for how in ("get", "post")] == [404, 404]
    assert issued.token.name not in client.get(PAGE).content.decode()
    assert Actor.user(bob).user_id != issued.token.user_id
    assert api.me(issued.secret).status_code == 200
