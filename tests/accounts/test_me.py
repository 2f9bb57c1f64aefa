"""The profile over the API: reading, changing, erasing; by token and by cookie."""

from __future__ import annotations

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts import services
from accounts.errors import InvalidCredentials
from accounts.models import RefreshToken, StoredMail, TokenFamily, User
from core.actor import Actor
from core.errors import NotFound
from core.models import AuditEvent, AuditOrigin, IdempotencyKey
from core.ports import personal_erasers
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ME = "/api/v1/users/me"


@pytest.fixture
def token(tokens) -> str:
    return tokens["access_token"]


@pytest.mark.parametrize("path", [ME, "/api/user/me"])
def test_me_tells_who_the_token_belongs_to(api, ada, token, path):
    body = api("GET", path, token=token).json()
    assert body.pop("date_joined").endswith("Z")
    assert body == {
        "id": str(ada.pk),
        "email": "ada@example.org",
        "email_verified": True,
        "name": "",
        "base_currency": "EUR",
        "time_zone": "UTC",
        "locale": "en",
        "appearance": "system",
        "gain_colours": "green-red",
        "mfa_enabled": False,
        "is_staff": False,
    }


def test_me_tells_of_the_second_factor(api, ada, token):
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    assert api.me(token).json()["mfa_enabled"] is True


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST"])
def test_user_me_only_reads(api, ada, token, method):
    assert api(method, "/api/user/me", {}, token=token).status_code == 405


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("name", " Ada Lovelace ", "Ada Lovelace"),
        ("name", "", ""),
        ("base_currency", "chf", "CHF"),
        ("time_zone", "America/New_York", "America/New_York"),
        ("locale", "de-at", "de-AT"),
        ("locale", "EN_gb", "en-GB"),
        ("appearance", "dark", "dark"),
        ("gain_colours", "blue-orange", "blue-orange"),
    ],
)
def test_patch_me_changes_one_preference_and_leaves_the_rest(api, token, field, given, kept):
    before = api.me(token).json()
    response = api("PATCH", ME, {field: given}, token=token)
    assert response.status_code == 200
    assert response.json() == {**before, field: kept}
    assert api.me(token).json() == {**before, field: kept}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("base_currency", "EURO", "unknown_currency"),
        ("base_currency", "XQX", "unknown_currency"),
        ("base_currency", "", "blank"),
        ("time_zone", "Mars/Olympus", "unknown_time_zone"),
        ("time_zone", "../../etc/passwd", "unknown_time_zone"),
        ("time_zone", "localtime", "unknown_time_zone"),
        ("time_zone", "Factory", "unknown_time_zone"),
        ("locale", "fr-FR", "unknown_locale"),
        ("locale", "de-DE-x", "unknown_locale"),
        ("locale", "english", "unknown_locale"),
        ("appearance", "pink", "invalid_choice"),
        ("name", "x" * 101, "max_length"),
        ("name", None, "null"),
        ("email", "other@example.org", "read_only"),
        ("is_staff", True, "read_only"),
        ("nonsense", 1, "read_only"),
    ],
)
def test_patch_me_with_a_wrong_value_names_the_field_and_changes_nothing(api, token, field, value, code):
    before = api.me(token).json()
    response = api("PATCH", ME, {"name": "Ada", field: value}, token=token)
    assert response.status_code == 400
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [(field, code)]
    assert api.me(token).json() == before


def test_patch_me_audits_which_fields_and_not_what_they_say(api, ada, token):
    api("PATCH", ME, {"name": "Ada", "locale": "de"}, token=token)
    event = AuditEvent.objects.get(verb="user.profile_changed")
    assert (event.actor_id, event.before, event.after) == (ada.pk, None, {"fields": ["name", "locale"]})


def test_patch_me_that_changes_nothing_is_not_audited(api, token):
    assert api("PATCH", ME, {"locale": "en"}, token=token).status_code == 200
    assert not AuditEvent.objects.filter(verb="user.profile_changed").exists()


def test_change_profile_of_somebody_else_is_not_found(ada, make_user):
    other = make_user("other@example.org")
    with pytest.raises(NotFound):
        services.change_profile(actor=Actor.user(other), user_id=ada.pk, changes={"name": "x"})


@pytest.fixture
def erased():
    """The ids that the port was asked to erase, with whether the row was there still."""
    seen: list[tuple[object, bool]] = []
    personal_erasers.register("test", lambda pk: seen.append((pk, User.objects.filter(pk=pk).exists())))
    yield seen
    personal_erasers._providers.pop("test")


def test_delete_me_erases_the_person_and_keeps_an_opaque_record(api, ada, token, erased, make_user):
    other = make_user("other@example.org")
    StoredMail.objects.create(sender="x", recipients=["ada@example.org"], subject="s")
    EmailAddress.objects.create(user=ada, email="ada@new.example.org")
    StoredMail.objects.create(sender="x", recipients=["ada@new.example.org"], subject="s")
    StoredMail.objects.create(sender="x", recipients=["other@example.org"], subject="s")
    IdempotencyKey.objects.create(user_id=ada.pk, key="k", fingerprint="f")
    users = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=other, content_type=users, object_id=ada.pk, object_repr="ada@example.org", action_flag=CHANGE
    )
    assert api("DELETE", ME, {"password": PASSWORD}, token=token).status_code == 204
    assert erased == [(ada.pk, True)]
    assert list(User.objects.values_list("pk", flat=True)) == [other.pk]
    for rows in (TokenFamily, RefreshToken, IdempotencyKey, LogEntry):
        assert rows.objects.count() == 0
    assert list(EmailAddress.objects.values_list("user_id", flat=True)) == [other.pk]
    assert [one.recipients for one in StoredMail.objects.all()] == [["other@example.org"]]
    assert not AuditOrigin.objects.filter(event__actor_id=ada.pk).exists()
    event = AuditEvent.objects.get(verb="user.erased")
    assert (event.object_id, event.actor_label) == (str(ada.pk), f"user:{ada.pk}")


def test_delete_me_refuses_the_tokens_and_frees_the_address(api, ada, token):
    api("DELETE", ME, {"password": PASSWORD}, token=token)
    assert api.me(token).status_code == 401
    assert api.sign_in().status_code == 401
    body = {"email": "ada@example.org", "password": PASSWORD}
    assert api("POST", "/api/v1/users/signup", body).status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [({"password": "wrong password"}, "wrong_password"), ({}, "required"), (None, "required")],
)
def test_delete_me_without_the_right_password_erases_nothing(api, ada, token, body, code):
    response = api("DELETE", ME, body, token=token)
    assert response.status_code == 400
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [("password", code)]
    assert api.me(token).status_code == 200


def test_delete_me_guessed_waits(api, ada, token):
    answers = {api("DELETE", ME, {"password": "wrong"}, token=token).status_code for _ in range(21)}
    assert answers == {400, 429}
    assert User.objects.filter(pk=ada.pk).exists()


def test_delete_me_fails_whole_when_an_eraser_fails(api, ada, token):
    def refuse(_user_id: object) -> None:
        raise NotFound

    personal_erasers.register("test", refuse)
    try:
        assert api("DELETE", ME, {"password": PASSWORD}, token=token).status_code == 404
    finally:
        personal_erasers._providers.pop("test")
    assert api.me(token).status_code == 200
    assert not AuditEvent.objects.filter(verb="user.erased").exists()


def test_erase_of_somebody_else_is_not_found(ada, make_user):
    other = make_user("other@example.org")
    with pytest.raises(NotFound):
        services.erase_user(actor=Actor.user(other), user_id=ada.pk, password=PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_erase_twice_at_once_happens_once(two_at_once, ada):
    def erase() -> str:
        try:
            services.erase_user(actor=Actor.user(ada), user_id=ada.pk, password=PASSWORD)
        except (NotFound, InvalidCredentials):
            return "gone"
        return "erased"

    assert sorted(two_at_once(erase)) == ["erased", "gone"]
    assert AuditEvent.objects.filter(verb="user.erased").count() == 1


def test_me_by_the_cookie_of_our_pages_reads(ada):
    browser = Client()
    browser.force_login(ada)
    assert browser.get(ME).json()["id"] == str(ada.pk)


def test_me_by_cookie_changes_only_with_the_csrf_token(ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    refused = browser.patch(ME, {"name": "x"}, content_type="application/json")
    assert (refused.status_code, refused.json()["type"]) == (403, "csrf-failed")
    browser.get("/accounts/email/")
    headers = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    allowed = browser.patch(ME, {"name": "x"}, content_type="application/json", headers=headers)
    assert (allowed.status_code, allowed.json()["name"]) == (200, "x")


def test_api_over_a_real_server(live_server, transactional_db):
    with httpx.Client(base_url=live_server.url, trust_env=False) as client:
        body = {"email": "ada@example.org", "password": PASSWORD}
        signed_up = client.post("/api/v1/users/signup", json=body)
        first = client.post("/api/v1/users/login", json=body).json()
        bearer = {"Authorization": f"Bearer {first['access_token']}"}
        me = client.get("/api/user/me", headers=bearer)
        second = client.post("/api/v1/users/refresh", json={"refresh_token": first["refresh_token"]})
        again = client.post("/api/v1/users/refresh", json={"refresh_token": first["refresh_token"]})
        late = client.get(ME, headers=bearer)
    assert [one.status_code for one in (signed_up, me, second, again, late)] == [201, 200, 200, 401, 401]
    assert me.json()["email"] == "ada@example.org"
    assert again.headers["content-type"] == "application/problem+json"
