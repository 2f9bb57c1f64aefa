"""Sign-in over the API: passwords, second factors, guessing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import MD5PasswordHasher

from accounts import services
from accounts.errors import InvalidCredentials, MfaRequired
from accounts.models import TokenFamily, User
from core import context
from core.actor import Actor
from core.errors import RateLimited
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
# the guard counts in windows of the clock: hold it inside one
NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


@pytest.fixture
def secret(ada) -> str:
    """Ada's second factor."""
    made = totp.generate_totp_secret()
    totp.TOTP.activate(ada, made)
    return made


@pytest.fixture
def hashes(monkeypatch) -> list[str]:
    """Every password that is hashed."""
    seen: list[str] = []
    real = MD5PasswordHasher.encode

    def encode(self, password, salt):
        seen.append(password)
        return real(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return seen


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@Example.org", " ada@example.org"])
def test_sign_in_in_any_case_answers_a_pair(api, ada, email):
    response = api.sign_in(email)
    assert response.status_code == 200
    assert response.json()["token_type"] == "bearer"
    assert api.me(response.json()["access_token"]).json()["id"] == str(ada.pk)


def test_sign_in_is_audited_with_its_origin(api, ada):
    api(
        "POST",
        "/api/v1/users/login",
        {"email": ada.email, "password": PASSWORD},
        headers={"User-Agent": "x/1"},
    )
    event = AuditEvent.objects.select_related("origin").get(verb="user.signed_in")
    assert event.actor_id == ada.pk
    assert (event.origin.address, event.origin.agent) == ("127.0.0.1", "x/1")
    ada.refresh_from_db()
    assert ada.last_login is not None


def test_sign_in_refused_answers_alike_for_wrong_unknown_and_closed(api, ada, make_user):
    User.objects.filter(pk=make_user("closed@example.org").pk).update(is_active=False)
    answers = [
        api.sign_in("ada@example.org", "wrong password"),
        api.sign_in("nobody@example.org", "wrong password"),
        api.sign_in("closed@example.org", PASSWORD),
    ]
    bodies = [{**one.json(), "request_id": ""} for one in answers]
    assert [one.status_code for one in answers] == [401, 401, 401]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["type"] == "invalid-credentials"
    assert {one.headers["WWW-Authenticate"] for one in answers} == {'Bearer realm="api"'}


def test_sign_in_hashes_once_whether_or_not_there_is_an_account(api, ada, hashes):
    api.sign_in("ada@example.org", "wrong password")
    assert hashes == ["wrong password"]
    api.sign_in("nobody@example.org", "wrong password")
    assert hashes == ["wrong password"] * 2
    ada.set_unusable_password()
    ada.save()
    hashes.clear()
    api.sign_in("ada@example.org", "wrong password")
    assert len(hashes) == 1


def test_sign_in_ignores_a_stale_token_and_a_cookie_on_the_request(api, ada):
    response = api(
        "POST", "/api/v1/users/login", {"email": ada.email, "password": PASSWORD}, token="not.a.token"
    )
    assert response.status_code == 200


def test_sign_in_with_a_second_factor_asks_for_the_code_first(api, ada, secret):
    response = api.sign_in()
    assert (response.status_code, response.json()["type"]) == (401, "mfa-required")
    assert TokenFamily.objects.count() == 0
    assert api.sign_in(code=code_of(secret)).status_code == 200


def test_sign_in_with_a_wrong_password_does_not_tell_of_the_second_factor(api, ada, secret):
    assert api.sign_in(password="wrong password").json()["type"] == "invalid-credentials"


@pytest.mark.parametrize("code", ["000000", "abcdef", "１２３４５６", "0" * 32])
def test_sign_in_with_a_wrong_code_is_refused(api, ada, secret, code):
    response = api.sign_in(code=code)
    assert (response.status_code, response.json()["type"]) == (401, "mfa-code-invalid")


def test_sign_in_with_a_code_a_second_time_is_refused(api, ada, secret):
    with time_machine.travel(NOON, tick=False):
        code = code_of(secret)
        assert api.sign_in(code=code).status_code == 200
        assert api.sign_in(code=code).json()["type"] == "mfa-code-invalid"


def test_sign_in_with_a_recovery_code_works_once(api, ada, secret):
    code = RecoveryCodes.activate(ada).get_unused_codes()[0]
    assert api.sign_in(code=code).status_code == 200
    assert api.sign_in(code=code).json()["type"] == "mfa-code-invalid"


def test_sign_in_guessed_ten_times_from_one_network_waits(api, ada):
    with time_machine.travel(NOON, tick=False):
        answers = [api.sign_in(password="wrong password").status_code for _ in range(11)]
        refused = api.sign_in()
    assert answers == [401] * 10 + [429]
    assert (refused.status_code, refused.json()["type"]) == (429, "rate-limited")
    assert refused.headers["Retry-After"] == "295"


def test_sign_in_after_the_wait_works(api, ada):
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(11):
            api.sign_in(password="wrong password")
        clock.shift(295)
        assert api.sign_in().status_code == 200


def test_sign_in_guessed_elsewhere_leaves_the_owner_alone(api, ada):
    with time_machine.travel(NOON, tick=False):
        for _ in range(11):
            api.sign_in(password="wrong password")
        response = api(
            "POST",
            "/api/v1/users/login",
            {"email": ada.email, "password": PASSWORD},
            REMOTE_ADDR="203.0.113.9",
        )
    assert response.status_code == 200


def guess_from(network: int, email: str = "ada@example.org", password: str = "wrong password") -> str:
    origin = context.RequestContext(address=f"2001:db8:{network:x}::1")
    try:
        with context.bound(origin):
            services.sign_in(email=email, password=password)
    except RateLimited:
        return "wait"
    except InvalidCredentials:
        return "wrong"
    return "in"


@time_machine.travel(NOON, tick=False)
def test_sign_in_guessed_from_many_networks_holds_new_ones_back_but_not_the_owners(ada):
    assert guess_from(1, password=PASSWORD) == "in"
    assert [guess_from(network) for network in range(100, 151)] == ["wrong"] * 50 + ["wait"]
    assert guess_from(200, password=PASSWORD) == "wait"
    assert guess_from(1, password=PASSWORD) == "in"


@time_machine.travel(NOON, tick=False)
def test_sign_in_after_a_new_password_is_open_from_everywhere(ada, django_capture_on_commit_callbacks):
    for network in range(100, 151):
        guess_from(network)
    with django_capture_on_commit_callbacks(execute=True):
        services.set_password(actor=Actor.user(ada), user=ada, password="new " * 5)
    assert guess_from(200, password="new " * 5) == "in"


@time_machine.travel(NOON, tick=False)
def test_sign_in_counts_a_network_by_its_64_and_unknown_accounts_alike(ada):
    def guess(host: int) -> str:
        with context.bound(context.RequestContext(address=f"2001:db8::{host:x}")):
            try:
                services.sign_in(email="nobody@example.org", password="x")
            except RateLimited:
                return "wait"
            except InvalidCredentials:
                return "wrong"
        return "in"

    assert [guess(host) for host in range(1, 12)] == ["wrong"] * 10 + ["wait"]


@time_machine.travel(NOON, tick=False)
def test_sign_in_right_does_not_count(api, ada):
    assert [guess_from(7, password=PASSWORD) for _ in range(30)] == ["in"] * 30


@time_machine.travel(NOON, tick=False)
def test_sign_in_waiting_for_its_code_does_not_count(ada, secret):
    def ask() -> str:
        try:
            services.sign_in(email=ada.email, password=PASSWORD)
        except MfaRequired:
            return "code"
        return "in"

    assert [ask() for _ in range(12)] == ["code"] * 12


@time_machine.travel(NOON, tick=False)
def test_sign_in_guessing_codes_waits_too(api, ada, secret):
    answers = [api.sign_in(code="000000").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


@time_machine.travel(NOON, tick=False)
def test_sign_in_beyond_the_networks_rate_answers_429(api, db):
    answers = [api.sign_in(f"{number}@example.org").status_code for number in range(21)]
    assert answers == [401] * 20 + [429]
