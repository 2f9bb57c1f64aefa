"""Sign-up over the API."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from accounts import services
from accounts.errors import EmailTaken
from accounts.models import User
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD

URL = "/api/v1/users/signup"
pytestmark = pytest.mark.django_db


def test_sign_up_answers_201_with_a_pair_that_opens_me(api):
    response = api("POST", URL, {"email": "Ada@Example.org", "password": PASSWORD})
    body = response.json()
    assert response.status_code == 201
    assert sorted(body) == ["access_token", "expires_in", "refresh_token", "token_type"]
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 1800
    assert response.headers["Cache-Control"] == "no-store"
    assert api.me(body["access_token"]).json()["email"] == "ada@example.org"
    assert api.refresh(body["refresh_token"]).status_code == 200


def test_sign_up_takes_preferences_in_their_canonical_form(api):
    body = {
        "email": "ada@example.org",
        "password": PASSWORD,
        "name": "Ada",
        "base_currency": "usd",
        "time_zone": "Europe/Berlin",
        "locale": "de_de",
    }
    assert api("POST", URL, body).status_code == 201
    user = User.objects.get()
    assert (user.name, user.base_currency, user.time_zone, user.locale) == (
        "Ada",
        "USD",
        "Europe/Berlin",
        "de-DE",
    )


def test_sign_up_with_a_wrong_preference_names_the_field_and_makes_nobody(api):
    body = {"email": "ada@example.org", "password": PASSWORD, "time_zone": "Mars/Olympus"}
    response = api("POST", URL, body)
    assert response.status_code == 400
    assert [(one["field"], one["code"]) for one in response.json()["errors"]] == [
        ("time_zone", "unknown_time_zone")
    ]
    assert User.objects.count() == 0


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@example.ORG", " ada@example.org "])
def test_sign_up_with_a_taken_address_answers_409(api, ada, email):
    response = api("POST", URL, {"email": email, "password": PASSWORD})
    assert response.status_code == 409
    assert response.json()["type"] == "email-taken"
    assert User.objects.count() == 1


def test_sign_up_with_the_proven_second_address_of_somebody_answers_409(api, ada):
    EmailAddress.objects.create(user=ada, email="second@example.org", verified=True)
    response = api("POST", URL, {"email": "second@example.org", "password": PASSWORD})
    assert response.status_code == 409


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("password123", "password_too_common"),
        ("84629173508264", "password_entirely_numeric"),
        ("ada@example.org", "password_too_similar"),
    ],
)
def test_sign_up_with_a_weak_password_says_why_at_the_field(api, password, code):
    response = api("POST", URL, {"email": "ada@example.org", "password": password})
    errors = response.json()["errors"]
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert code in [one["code"] for one in errors]
    assert {one["field"] for one in errors} == {"password"}
    assert all(one["message"] for one in errors)
    assert User.objects.count() == 0


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a" * 65 + "@example.org,"])
def test_sign_up_with_no_address_names_the_field(api, email):
    response = api("POST", URL, {"email": email, "password": PASSWORD})
    assert response.status_code == 400
    assert {one["field"] for one in response.json()["errors"]} == {"email"}


@pytest.mark.parametrize("body", [None, {}, [], "text"])
def test_sign_up_with_no_body_answers_400(api, body):
    assert api("POST", URL, body).status_code == 400


def test_sign_up_keeps_the_password_only_as_a_hash(api):
    api("POST", URL, {"email": "ada@example.org", "password": PASSWORD})
    user = User.objects.get()
    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)


def test_sign_up_takes_a_password_with_spaces_at_its_ends_as_it_is(api):
    api("POST", URL, {"email": "ada@example.org", "password": f" {PASSWORD} "})
    assert api.sign_in(password=PASSWORD).status_code == 401
    assert api.sign_in(password=f" {PASSWORD} ").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_sign_up_sends_a_link_that_proves_the_address(api):
    token = api("POST", URL, {"email": "ada@example.org", "password": PASSWORD}).json()["access_token"]
    (message,) = mail.outbox
    assert message.to == ["ada@example.org"]
    link = next(word for word in message.body.split() if word.startswith("http"))
    assert api.me(token).json()["email_verified"] is False
    assert api.client.post(link).status_code == 302
    assert api.me(token).json()["email_verified"] is True


def test_sign_up_is_audited_without_personal_data(api):
    api("POST", URL, {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"})
    user = User.objects.get()
    event = AuditEvent.objects.get(verb="user.signed_up")
    assert (event.actor_id, event.actor_label, event.object_id) == (user.pk, f"user:{user.pk}", str(user.pk))
    assert (event.before, event.after) == (None, None)


def test_sign_up_beyond_the_rate_answers_429_with_retry_after(api):
    answers = [api("POST", URL, {"email": "x", "password": "x"}).status_code for _ in range(61)]
    assert answers == [400] * 60 + [429]
    response = api("POST", URL, {"email": "x", "password": "x"})
    assert response.json()["type"] == "rate-limited"
    assert 1 <= int(response.headers["Retry-After"]) <= 61


def test_sign_up_of_another_network_is_not_held_back(api):
    for _ in range(61):
        api("POST", URL, {"email": "x", "password": "x"})
    assert api("POST", URL, {"email": "x", "password": "x"}, REMOTE_ADDR="203.0.113.9").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_register_user_twice_at_once_makes_one(two_at_once):
    def register() -> str:
        try:
            services.register_user(email="ada@example.org", password=PASSWORD)
        except EmailTaken:
            return "taken"
        return "made"

    assert sorted(two_at_once(register)) == ["made", "taken"]
    assert User.objects.count() == 1
