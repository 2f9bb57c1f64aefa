"""Personal access tokens: making, using, revoking, and what they may never do."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory
from rest_framework.request import Request

from accounts import services
from accounts.api.authentication import PersonalTokenAuthentication
from accounts.errors import TooManyTokens
from accounts.models import PersonalAccessToken, User
from accounts.services import personal_tokens
from core import clock
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.support.parallel import at_once

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/users/me/tokens"
BODY = {"name": "Script", "scopes": ["portfolios:read"], "password": PASSWORD}
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FOREIGN_VIEWS = {"schema", "api-docs"}  # the document, which is open to all


@pytest.fixture
def make_token(ada):
    def make(*scopes: str, user: User = ada, expires_at: datetime | None = None, name: str = "Script"):
        return services.create_personal_token(
            actor=Actor.user(user),
            user_id=user.pk,
            name=name,
            scopes=scopes or ["profile:read"],
            expires_at=expires_at,
        )

    return make


def status(response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


def fields(error: ValidationFailed) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in error.errors]


# making


def test_token_over_the_api_is_told_once_and_kept_as_a_hash(api, ada, tokens):
    answer = api("POST", TOKENS, BODY, token=tokens["access_token"])
    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["token"].startswith("florin_pat_")
    assert len(told["token"]) == len("florin_pat_") + 43  # 256 bits in base64
    assert told["beginning"] == told["token"][:15]
    row = PersonalAccessToken.objects.get()
    assert row.token_hash == hashlib.sha256(told["token"].encode()).hexdigest()
    kept = api("GET", f"{TOKENS}/{told['id']}", token=tokens["access_token"]).content.decode()
    listed = api("GET", TOKENS, token=tokens["access_token"]).content.decode()
    assert told["token"] not in kept + listed
    assert row.token_hash not in kept + listed
    event = AuditEvent.objects.get(verb="token.created")
    assert (event.object_id, event.after["scopes"]) == (told["id"], ["portfolios:read"])
    assert "Script" not in str(event.after)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, NOON + timedelta(days=90)),
        ({"expires_at": None}, None),
        ({"expires_at": "2027-03-03T12:00:00Z"}, datetime(2027, 3, 3, 12, tzinfo=UTC)),
    ],
)
def test_end_is_in_90_days_unless_chosen(api, ada, given, kept):
    access = api.sign_in().json()["access_token"]
    assert api("POST", TOKENS, {**BODY, **given}, token=access).status_code == 201
    assert PersonalAccessToken.objects.get().expires_at == kept


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"expires_at": "2027-03-03T12:00:01Z"}, ["expires_at"]),
        ({"expires_at": "2026-03-02T12:00:00Z"}, ["expires_at"]),
        ({"expires_at": "soon"}, ["expires_at"]),
        ({"scopes": []}, ["scopes"]),
        ({"scopes": ["portfolios:admin"]}, ["scopes[0]"]),
        ({"name": "  "}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
        ({"scope": ["profile:read"]}, ["scope"]),
        ({"password": "wrong password"}, ["password"]),
    ],
)
def test_wrong_wish_is_refused_by_name_and_makes_nothing(api, ada, wrong, names):
    access = api.sign_in().json()["access_token"]
    answer = api("POST", TOKENS, {**BODY, **wrong}, token=access)
    assert answer.status_code == 400
    assert [one["field"].removesuffix(".0") for one in answer.json()["errors"]] == names
    assert PersonalAccessToken.objects.count() == 0


@time_machine.travel(NOON, tick=False)
def test_guessing_the_password_of_a_new_token_is_held_back(api, ada):
    access = api.sign_in().json()["access_token"]
    wrong = {**BODY, "password": "wrong password"}
    answers = [api("POST", TOKENS, wrong, token=access).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]
    assert api("POST", TOKENS, BODY, token=access).status_code == 429


def test_service_checks_what_the_entry_points_check(ada, make_token):
    with pytest.raises(ValidationFailed) as caught:
        make_token("a:b", name=" ", expires_at=clock.now())
    assert fields(caught.value) == [
        ("name", "name_length"),
        ("scopes", "unknown_scope"),
        ("expires_at", "past"),
    ]
    with pytest.raises(NotFound):
        services.create_personal_token(
            actor=Actor.user(ada), user_id=uuid4(), name="x", scopes=["profile:read"], expires_at=None
        )


def test_database_refuses_a_token_without_scopes(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalAccessToken.objects.create(user=ada, name="x", beginning="x", token_hash="x", scopes=[])


def test_issued_token_prints_without_its_secret(make_token):
    issued = make_token()
    assert issued.secret not in repr(issued)


def fifty(user: User, count: int = 50, **more) -> list[PersonalAccessToken]:
    return PersonalAccessToken.objects.bulk_create(
        PersonalAccessToken(
            user=user, name="x", beginning="x", token_hash=str(uuid4()), scopes=["profile:read"], **more
        )
        for _ in range(count)
    )


def test_fifty_tokens_are_the_limit_and_ended_ones_do_not_count(api, ada, tokens, make_token, make_user):
    fifty(ada, expires_at=clock.now())
    fifty(ada, revoked_at=clock.now())
    made = fifty(ada)
    assert status(api("POST", TOKENS, BODY, token=tokens["access_token"])) == (409, "too-many-tokens")
    make_token(user=make_user("bob@example.org"))
    services.revoke_personal_token(actor=Actor.user(ada), user_id=ada.pk, token_id=made[0].pk)
    assert api("POST", TOKENS, BODY, token=tokens["access_token"]).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_tokens_at_once_do_not_pass_the_limit_together(ada, make_token):
    fifty(ada, 49)

    def make() -> str:
        try:
            make_token()
        except TooManyTokens:
            return "refused"
        return "made"

    assert sorted(at_once(make, make)) == ["made", "refused"]
    assert PersonalAccessToken.objects.count() == 50


# using


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_token_signs_a_call(api, ada, make_token, word):
    header = {"Authorization": f"{word} {make_token().secret}"}
    assert api("GET", "/api/v1/users/me", headers=header).json()["id"] == str(ada.pk)


def ended(kind: str, secret: str, token: PersonalAccessToken) -> str:
    """End a token, or make up another; what its program goes on sending."""
    if kind == "revoked":
        services.revoke_personal_token(actor=Actor.user(token.user), user_id=token.user_id, token_id=token.pk)
    elif kind == "expired":
        PersonalAccessToken.objects.update(expires_at=clock.now())
    elif kind == "closed account":
        User.objects.update(is_active=False)
    elif kind == "erased account":
        services.erase_user(actor=Actor.user(token.user), user_id=token.user_id, password=PASSWORD)
    return {"unknown": secret[:-1] + ("A" if secret[-1] != "A" else "B"), "empty": "florin_pat_"}.get(
        kind, secret
    )


@pytest.mark.parametrize(
    "kind", ["revoked", "expired", "closed account", "erased account", "unknown", "empty", "hash"]
)
def test_token_that_does_not_count_is_401(api, make_token, kind):
    issued = make_token()
    assert api.me(issued.secret).status_code == 200
    secret = ended(kind, issued.secret, issued.token)
    if kind == "hash":
        secret = f"florin_pat_{issued.token.token_hash}"
    answer = api.me(secret)
    assert status(answer) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("header", ["florin_pat_x", "Basic florin_pat_x", "Bearer florin_pat_x y"])
def test_token_elsewhere_than_in_a_bearer_header_is_none(api, db, header):
    assert api("GET", "/api/v1/users/me", headers={"Authorization": header}).status_code == 401


def test_token_costs_one_indexed_read_whether_it_counts_or_not(make_token, django_assert_num_queries):
    known, expired = make_token(), make_token()
    services.mark_used(token=known.token)
    PersonalAccessToken.objects.filter(pk=expired.token.pk).update(expires_at=clock.now())
    for secret in (known.secret, expired.secret, "florin_pat_unknown", "florin_pat_" + "x" * 5000):
        with django_assert_num_queries(1) as queries:
            personal_tokens.authenticate_token(secret=secret)
        assert '"token_hash" = ' in queries[0]["sql"]


def use(secret: str) -> None:
    header = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert PersonalTokenAuthentication().authenticate(Request(RequestFactory().get("/", **header)))


def test_use_is_noted_once_a_minute(make_token, django_assert_num_queries):
    issued = make_token()
    seconds = {0: 0, 1: 0, 59: 0, 60: 60, 119: 60, 120: 120}  # of a request: what is noted then
    for second, noted in seconds.items():
        with time_machine.travel(NOON + timedelta(seconds=second), tick=False):
            with django_assert_num_queries(2 if noted == second else 1):
                use(issued.secret)
            issued.token.refresh_from_db()
            assert issued.token.last_used_at == NOON + timedelta(seconds=noted)


@pytest.mark.django_db(transaction=True)
def test_use_at_once_is_written_once(make_token):
    issued = make_token()
    written: list[int] = []

    def noted(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        written.append(context["cursor"].rowcount)
        return result

    def work() -> None:
        with connection.execute_wrapper(noted):
            services.mark_used(token=issued.token)  # either believes that it was never used

    with time_machine.travel(NOON, tick=False):
        at_once(work, work)
    assert sorted(written) == [0, 1]


def test_refused_token_is_not_noted_as_used(api, make_token):
    issued = make_token()
    PersonalAccessToken.objects.update(expires_at=clock.now())
    api.me(issued.secret)
    issued.token.refresh_from_db()
    assert issued.token.last_used_at is None
