"""Tokens that another service confirms, taken by the crypto endpoints and by no other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import ExternalIdentity, User
from accounts.providers import user_service
from accounts.services import external
from core.errors import DependencyUnavailable
from core.models import AuditEvent
from tests.api.routes import CALLS, PUBLIC, routes
from tests.api.test_permissions import Person, scene_of, send
from tests.core.test_production import COMPLETE, run
from tests.support.parallel import at_once
from tests.support.redis_server import free_port
from tests.support.user_service import UserService

pytestmark = pytest.mark.django_db
TOTAL = "/api/portfolio/total"
TOKEN, OTHER = "sibling-token-0001", "sibling-token-0002"
CRYPTO = {"crypto-total", "crypto-add", "crypto-remove"}


@pytest.fixture
def service(settings) -> Iterator[UserService]:
    cache.clear()
    started = UserService()
    started.known[TOKEN] = {"id": "5", "email": "ida@example.org"}
    settings.USER_SERVICE_URL = started.url
    yield started
    started.close()
    cache.clear()


def call(token: str = TOKEN, path: str = TOTAL, **extra):
    return Client().get(path, headers={"Authorization": f"Bearer {token}"}, **extra)


def kind(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


def test_confirmed_token_is_a_local_user_of_its_own(service):
    first = call()
    assert (first.status_code, first.json()["total_net_holding"]) == (200, 0)
    user = User.objects.get(pk=first.json()["user_id"])
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.email.endswith("@users.invalid")
    (identity,) = ExternalIdentity.objects.all()
    assert (identity.issuer, identity.subject, identity.user_id) == (service.url, "5", user.pk)
    assert AuditEvent.objects.get(verb="user.external").actor_id == user.pk
    assert call().json()["user_id"] == str(user.pk)


def test_callers_header_is_passed_on_and_nothing_else(service):
    call(HTTP_COOKIE="sessionid=secret", HTTP_X_FORWARDED_FOR="192.0.2.1")
    ((path, headers),) = service.seen
    assert path == "/api/user/me"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert set(headers) == {
        "host", "authorization", "accept", "user-agent", "accept-encoding", "connection",
    }  # fmt: skip


def test_token_is_neither_logged_nor_kept(service, caplog):
    caplog.set_level("DEBUG")
    call()
    call(OTHER)
    service.mood = "broken"
    call("sibling-token-0003")
    assert "sibling-token" not in caplog.text
    assert not any("sibling-token" in f"{key}{value}" for key, value in cache._cache.items())


def test_email_of_the_service_opens_nobodys_account(service):
    ada = Person("ada@example.org")
    service.known[TOKEN] = {"id": str(ada.user.pk), "email": "ada@example.org", "is_staff": True}
    answered = call().json()["user_id"]
    assert answered != str(ada.user.pk)
    assert User.objects.get(pk=answered).is_staff is False


def test_two_services_with_one_id_are_two_people(service, settings):
    first = call().json()["user_id"]
    settings.USER_SERVICE_URL = service.url + "?other"
    assert call().json()["user_id"] != first


@pytest.mark.parametrize(
    "told",
    [{"id": 5}, {"user_id": "5"}, {"sub": "5"}, {"uuid": "5"}, {"user": {"id": "5"}}, {"data": {"id": 5}}],
)
def test_shapes_of_the_older_services_are_understood(service, told):
    service.known[TOKEN] = told
    assert call().status_code == 200
    assert ExternalIdentity.objects.get().subject == "5"


@pytest.mark.parametrize(
    "told",
    [{}, {"id": None}, {"id": ""}, {"id": " "}, {"id": True}, {"id": 1.5}, {"id": ["5"]}, {"id": {"a": 1}},
     {"id": "x" * 256}, {"id": "a\x00b"}, {"email": "ida@example.org"}, "5", 5, None],
)  # fmt: skip
def test_answer_without_an_id_confirms_nobody(service, told):
    service.known[TOKEN] = told
    assert kind(call()) == (503, "dependency-unavailable")
    assert ExternalIdentity.objects.count() == 0


@pytest.mark.parametrize("told", [{"id": "5", "is_active": False}, {"id": "5", "active": False}])
def test_closed_user_of_the_service_is_refused(service, told):
    service.known[TOKEN] = told
    assert kind(call()) == (401, "not-authenticated")


def test_closed_local_user_is_refused(service):
    User.objects.filter(pk=call().json()["user_id"]).update(is_active=False)
    assert kind(call()) == (401, "not-authenticated")


def test_token_that_the_service_refuses_is_401(service):
    answer = call(OTHER)
    assert kind(answer) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    service.mood = "forbidding"
    assert kind(call("sibling-token-0003")) == (401, "not-authenticated")
    assert User.objects.count() == 0


@pytest.mark.parametrize("mood", ["broken", "absent", "html", "empty", "list", "deep", "huge", "redirecting"])
def test_answer_that_is_neither_yes_nor_no_is_503(service, mood):
    service.mood = mood
    answer = call()
    assert kind(answer) == (503, "dependency-unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert [path for path, _headers in service.seen] == ["/api/user/me"]
    assert User.objects.count() == 0


@pytest.mark.parametrize("mood", ["dripping_headers", "dripping_body", "silent", "closing"])
def test_service_that_does_not_answer_in_time_is_503(service, mood, monkeypatch):
    monkeypatch.setattr(user_service, "DEADLINE", 0.5)
    service.mood = mood
    started = time.monotonic()
    answer = call()
    assert time.monotonic() - started < 2
    assert kind(answer) == (503, "dependency-unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_service_that_is_down_stops_nobody_with_a_token_of_ours(service, settings):
    ada = Person("ada@example.org")
    settings.USER_SERVICE_URL = f"http://127.0.0.1:{free_port()}/me"
    assert kind(call()) == (503, "dependency-unavailable")
    assert Client().get(TOTAL, headers=ada.headers).status_code == 200
    assert Client().get(TOTAL).status_code == 401


def test_service_that_stays_down_is_left_alone_for_a_while(service, settings, monkeypatch):
    settings.USER_SERVICE_URL = f"http://127.0.0.1:{free_port()}/me"
    asked, real = [], user_service.subject_of
    monkeypatch.setattr(user_service, "subject_of", lambda *args: asked.append(args) or real(*args))
    for number in range(8):
        assert call(f"sibling-token-{number}").status_code == 503
    assert len(asked) == external.FAILURES_TO_OPEN
    assert call().headers["Retry-After"] == str(external.OPEN_SECONDS)


def test_answers_wrong_for_one_token_do_not_stop_the_others(service):
    service.mood = "broken"
    for number in range(8):
        call(f"sibling-token-{number}")
    service.mood = "well"
    assert call().status_code == 200


def test_connection_that_fails_once_is_tried_again(service, monkeypatch):
    real, failures = user_service._exchange, []

    async def shaky(url, token):
        if not failures:
            failures.append(url)
            raise user_service.httpx.ConnectError("refused")
        return await real(url, token)

    monkeypatch.setattr(user_service, "_exchange", shaky)
    assert call().status_code == 200
    assert len(failures) == 1


def test_confirmation_is_kept_for_a_minute_at_most(service, monkeypatch):
    for _ in range(3):
        assert call().status_code == 200
    assert len(service.seen) == 1
    del service.known[TOKEN]
    assert call().status_code == 200
    with time_machine.travel(time.time() + 61, tick=True):
        assert call().status_code == 401
    assert external.CONFIRMED_SECONDS == 60


def test_refusal_is_kept_for_a_moment(service):
    call(OTHER)
    call(OTHER)
    assert len(service.seen) == 1
    service.known[OTHER] = {"id": "6"}
    with time_machine.travel(time.time() + 11, tick=True):
        assert call(OTHER).status_code == 200


def test_network_that_guesses_tokens_is_held_back(service, monkeypatch):
    monkeypatch.setattr(external, "REFUSALS", external.Limit("external", count=3, seconds=60))
    # all within one window of the count
    with time_machine.travel(time.time() // 60 * 60 + 1, tick=True):
        answers = [call(f"guess-number-{number}").status_code for number in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    assert len(service.seen) == 3
    assert call(OTHER, REMOTE_ADDR="192.0.2.9").status_code == 401
    assert Client().get(TOTAL, headers=Person("ada@example.org").headers).status_code == 200


def test_token_of_ours_never_leaves_the_house(service):
    ada = Person("ada@example.org")
    ours = ada.headers["Authorization"].split()[1]
    with time_machine.travel(time.time() + timedelta(days=2).total_seconds()):
        assert call(ours).status_code == 401  # expired
    assert call(ada.refresh).status_code == 401
    assert service.seen == []


def test_token_of_another_platform_of_our_kind_is_asked_about(service):
    theirs = jwt.encode({"sub": "x", "fam": "y"}, "another key of thirty-two bytes and more", "HS256")
    service.known[theirs] = {"id": "7"}
    assert call(theirs).status_code == 200


@pytest.mark.parametrize("token", ["short", "x" * 5000, "é" * 20, "two words", ""])
def test_what_can_be_no_token_is_not_asked_about(service, token):
    assert call(token).status_code == 401
    assert service.seen == []


def test_without_the_setting_nobody_is_asked(service, settings):
    settings.USER_SERVICE_URL = ""
    assert kind(call()) == (401, "not-authenticated")
    assert service.seen == []


def test_no_other_endpoint_takes_such_a_token(service):
    scene = scene_of(Person("ada@example.org"))
    checked = 0
    for route in routes():
        if route.name in CRYPTO | PUBLIC:
            continue
        for one in CALLS[route.name]:
            answer = send(one, scene.url(route), scene.body(one.body), {"Authorization": f"Bearer {TOKEN}"})
            assert answer.status_code == 401, route.name
            checked += 1
    assert checked > 40
    assert service.seen == []


def test_user_of_the_service_holds_coins_of_their_own(service, coin):
    coin("bitcoin", "BTC")
    body = {"coin_id": "bitcoin", "amount": 1}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    add = Client().post(reverse("crypto-add"), body, "application/json", headers=headers)
    assert add.json()["holding"] == {"coin_id": "bitcoin", "amount": 1}
    assert call().json()["unpriced"] == ["bitcoin"]
    service.known[OTHER] = {"id": "6"}
    assert call(OTHER).json()["unpriced"] == []


@pytest.mark.django_db(transaction=True)
def test_two_first_calls_at_once_make_one_user(service):
    made = at_once(*[lambda: external.local_user(issuer="https://a", subject="5").pk] * 2)
    assert made[0] == made[1]
    assert (User.objects.count(), ExternalIdentity.objects.count()) == (1, 1)


def test_provider_says_that_it_does_not_understand(service):
    service.mood = "html"
    with pytest.raises(DependencyUnavailable, match="we do not understand"):
        user_service.subject_of(service.url, TOKEN)


@pytest.mark.parametrize(
    ("url", "production"),
    [("ftp://users/me", False), ("users/me", False), ("https://", False), ("http://users/me", True),
     ("file:///etc/passwd", False)],
)  # fmt: skip
def test_address_that_cannot_be_one_stops_the_start(url, production):
    variables = {**(COMPLETE if production else {}), "USER_SERVICE_URL": url}
    assert "USER_SERVICE_URL is an https:// address" in run("import config.settings", variables).stderr
