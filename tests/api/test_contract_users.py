"""The users part of the published contract, over real HTTP."""

from __future__ import annotations

import pytest

from tests.api.conftest import PASSWORD, refused

ADA = {"email": "ada@example.org", "password": PASSWORD}
SIGNUP, LOGIN = "/api/v1/users/signup", "/api/v1/users/login"
REFRESH, LOGOUT, ME = "/api/v1/users/refresh", "/api/v1/users/logout", "/api/v1/users/me"


@pytest.fixture
def tokens(anonymous) -> dict[str, str]:
    return anonymous.post(SIGNUP, ADA).json()


def test_signup_answers_201_with_a_pair_of_tokens(anonymous):
    answer = anonymous.post(SIGNUP, ADA)
    body = answer.json()
    assert answer.status_code == 201
    assert body.keys() == {"access_token", "token_type", "refresh_token", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)


def test_login_answers_200_with_a_pair_of_tokens(anonymous, tokens):
    answer = anonymous.post(LOGIN, {**ADA, "email": "ADA@example.org"})
    assert (answer.status_code, answer.json().keys()) == (200, tokens.keys())


def test_signup_of_a_taken_address_is_a_conflict(anonymous, tokens):
    assert refused(anonymous.post(SIGNUP, ADA)) == (409, "email-taken", [])


@pytest.mark.parametrize("password", ["short", "1234567890123", "password12", "ada@example.org"])
def test_signup_with_a_weak_password_says_why(anonymous, password):
    answer = anonymous.post(SIGNUP, {**ADA, "password": password})
    status, kind, fields = refused(answer)
    assert (status, kind, set(fields)) == (400, "validation-failed", {"password"})
    assert answer.json()["errors"][0]["message"]


def test_wrong_password_and_unknown_address_answer_alike(anonymous, tokens):
    wrong = anonymous.post(LOGIN, {**ADA, "password": "wrong horse battery"}).json()
    unknown = anonymous.post(LOGIN, {**ADA, "email": "bob@example.org"}).json()
    assert wrong.pop("request_id") != unknown.pop("request_id")
    assert wrong == unknown
    assert (wrong["status"], wrong["type"]) == (401, "invalid-credentials")


def test_refresh_rotates_and_reuse_ends_the_family(anonymous, tokens):
    renewed = anonymous.post(REFRESH, {"refresh_token": tokens["refresh_token"]})
    assert (renewed.status_code, renewed.json().keys()) == (200, tokens.keys())
    again = anonymous.post(REFRESH, {"refresh_token": tokens["refresh_token"]})
    assert refused(again) == (401, "token-invalid", [])
    ended = anonymous.post(REFRESH, {"refresh_token": renewed.json()["refresh_token"]})
    assert refused(ended) == (401, "token-invalid", [])


def test_logout_ends_the_access_token_too(anonymous, tokens):
    header = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert anonymous.http.get(ME, headers=header).status_code == 200
    assert anonymous.post(LOGOUT, {"refresh_token": tokens["refresh_token"]}).status_code == 204
    assert refused(anonymous.http.get(ME, headers=header))[:2] == (401, "not-authenticated")


def test_me_is_read_at_both_addresses_and_changed_at_one(ada):
    first = ada.get(ME)
    assert first.status_code == 200
    assert first.json()["email"] == "ada@example.org"
    assert ada.get("/api/user/me").json() == first.json()
    assert ada.send("PATCH", ME, {"base_currency": "usd", "time_zone": "Europe/Berlin"}).status_code == 200
    changed = ada.get("/api/user/me").json()
    assert (changed["base_currency"], changed["time_zone"]) == ("USD", "Europe/Berlin")
    assert refused(ada.send("PATCH", "/api/user/me", {"name": "A"}))[:2] == (405, "method-not-allowed")


def test_me_is_erased_with_everything(ada, anonymous):
    assert refused(ada.send("DELETE", ME, {"password": "wrong horse battery"})) == (
        400,
        "validation-failed",
        ["password"],
    )
    assert ada.send("DELETE", ME, {"password": PASSWORD}).status_code == 204
    assert refused(ada.get(ME))[:2] == (401, "not-authenticated")
    assert refused(anonymous.post(LOGIN, ADA))[:2] == (401, "invalid-credentials")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer a.b.c", "Bearer a b", "Basic YTpi", "bearer null"]
)
def test_token_that_does_not_count_is_401_and_says_how(anonymous, header):
    answer = anonymous.http.get(ME, headers={"Authorization": header})
    assert refused(answer)[:2] == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("body", "fields"),
    [({}, ["email", "password"]), ({"email": "no address", "password": PASSWORD}, ["email"]), ([], [""])],
)
def test_signup_names_what_is_missing_or_wrong(anonymous, body, fields):
    assert refused(anonymous.post(SIGNUP, body)) == (400, "validation-failed", fields)
