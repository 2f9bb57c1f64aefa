"""Personal access tokens: making, using, revoking, and what they may never do."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.request import Request

from accounts import services
from accounts.api.authentication import PersonalTokenAuthentication
from accounts.errors import TooManyTokens
from accounts.models import PersonalAccessToken, Scope, User
from accounts.services import passwords, personal_tokens
from core import clock
from core.actor import Actor
from core.api.base import OPEN, READING, ApiView
from core.api.scopes import scope_of
from core.errors import Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.api.routes import PUBLIC, routes, views
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


# scopes


VIEWS = {name: view for name, view in views().items() if name not in FOREIGN_VIEWS}


def test_every_route_belongs_to_an_area_of_scopes():
    areas = {one.split(":")[0] for one in Scope.values} | {OPEN}
    wrong = [n for n, view in VIEWS.items() if not issubclass(view, ApiView) or view.area not in areas]
    assert wrong == []
    assert len(VIEWS) > 40


def test_every_scope_is_taken_by_some_call():
    taken = {
        scope_of(VIEWS[route.name], method.upper())
        for route in routes()
        if route.name in VIEWS
        for method in route.methods
    }
    assert set(Scope.values) <= taken


def test_reading_methods_are_these_and_one_of_the_contract():
    others = {name: view.reading - READING for name, view in VIEWS.items() if view.reading != READING}
    assert others == {"portfolio-position": {"POST"}}


def test_open_views_are_those_that_need_no_sign_in():
    assert {name for name, view in VIEWS.items() if view.area == OPEN} == PUBLIC - FOREIGN_VIEWS


CALLS = [
    ("GET", "api-users-me", "profile:read"),
    ("HEAD", "api-users-me", "profile:read"),
    ("OPTIONS", "api-users-me", "profile:read"),
    ("GET", "api-user-me", "profile:read"),
    ("PATCH", "api-users-me", "profile:write"),
    ("GET", "api-portfolios", "portfolios:read"),
    ("POST", "api-portfolios", "portfolios:write"),
    ("GET", "portfolio-position", "portfolios:read"),
    ("POST", "portfolio-position", "portfolios:read"),
    ("POST", "place-order", "portfolios:write"),
    ("GET", "api-rates", "market:read"),
    ("POST", "api-rates", "market:write"),
    ("DELETE", "api-rates", "market:write"),
]


@pytest.mark.parametrize(("method", "name", "scope"), CALLS)
def test_scope_opens_its_calls_and_no_others(api, make_token, method, name, scope):
    others = [one for one in Scope.values if one != scope]
    refused = api(method, reverse(name), {}, token=make_token(*others).secret)
    assert refused.status_code == 403
    assert (
        refused.headers["WWW-Authenticate"]
        == f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'
    )
    if method != "HEAD":
        assert status(refused) == (403, "insufficient-scope")
        assert scope in refused.json()["detail"]
    assert api(method, reverse(name), {}, token=make_token(scope).secret).status_code in {200, 201, 400}


def test_token_writes_what_its_scope_says(api, make_token):
    body = {"name": "Savings", "currency": "EUR"}
    answer = api("POST", "/api/v1/portfolios", body, token=make_token("portfolios:write").secret)
    assert answer.status_code == 201


def test_sign_in_and_cookie_have_every_scope(api, client, ada, tokens):
    client.force_login(ada)
    for name in ("api-users-me", "api-portfolios", "api-rates", "api-users-tokens"):
        assert api("GET", reverse(name), token=tokens["access_token"]).status_code == 200
        assert client.get(reverse(name)).status_code == 200


def test_view_without_an_area_refuses_every_token(api, make_token):
    class Unplaced(ApiView):
        permission_classes = []

        def get(self, _request):
            raise AssertionError

    header = {"HTTP_AUTHORIZATION": f"Bearer {make_token(*Scope.values).secret}"}
    answer = Unplaced.as_view()(RequestFactory().get("/", **header))
    assert (answer.status_code, answer.data["type"]) == (403, "sign-in-required")


# what no token may do


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", TOKENS, None),
        ("OPTIONS", TOKENS, None),
        ("POST", TOKENS, BODY),
        ("GET", TOKENS + "/{id}", None),
        ("DELETE", TOKENS + "/{id}", None),
        ("DELETE", "/api/v1/users/me", {"password": PASSWORD}),
    ],
)
def test_token_with_every_scope_makes_no_tokens_and_erases_nobody(api, make_token, method, path, body):
    issued = make_token(*Scope.values)
    answer = api(method, path.format(id=issued.token.pk), body, token=issued.secret)
    assert status(answer) == (403, "sign-in-required")
    assert User.objects.count() == 1
    assert PersonalAccessToken.objects.get().revoked_at is None


def test_token_is_no_sign_in(api, make_token, client):
    secret = make_token(*Scope.values).secret
    assert status(api("POST", "/api/v1/users/logout", {}, token=secret)) == (401, "token-invalid")
    assert status(api.refresh(secret)) == (401, "token-invalid")
    header = {"Authorization": f"Bearer {secret}"}
    pages = ["settings", "settings-tokens", "settings-erase", "account_change_password", "mfa_index"]
    for page in pages:
        answer = client.get(reverse(page), headers=header)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_token_writes_past_no_csrf_check_of_a_cookie(api, ada, make_token):
    """A page elsewhere cannot make the browser send the header; the token needs no CSRF token."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    header = {"Authorization": f"Bearer {make_token('profile:write').secret}"}
    answer = strict.patch("/api/v1/users/me", '{"name": "A"}', "application/json", headers=header)
    assert answer.status_code == 200


# revoking


def test_list_shows_own_tokens_that_are_not_revoked_newest_first(api, ada, tokens, make_token, make_user):
    make_token(user=make_user("bob@example.org"))
    with time_machine.travel(NOON, tick=False):
        old = make_token(name="Old", expires_at=NOON + timedelta(days=1))
    new, gone = make_token(name="New"), make_token(name="Gone")
    access = tokens["access_token"]
    assert api("DELETE", f"{TOKENS}/{gone.token.pk}", token=access).status_code == 204
    page = api("GET", TOKENS, token=access).json()
    assert [one["id"] for one in page["items"]] == [str(new.token.pk), str(old.token.pk)]
    assert (page["total"], page["skip"], page["limit"]) == (2, 0, 100)
    assert sorted(page["items"][0]) == [
        "beginning", "created_at", "expires_at", "id", "last_used_at", "name", "scopes",
    ]  # fmt: skip
    assert [api(how, f"{TOKENS}/{gone.token.pk}", token=access).status_code for how in ("GET", "DELETE")] == [
        404,
        404,
    ]
    assert AuditEvent.objects.filter(verb="token.revoked").count() == 1


def test_staff_revoke_anybodys_token_with_a_reason(api, ada, make_user, make_token):
    issued, staff = make_token(), make_user("staff@example.org", is_staff=True)
    with pytest.raises(Forbidden):
        services.revoke_token_as_staff(actor=Actor.user(ada), token_id=issued.token.pk, reason="x")
    with pytest.raises(ValidationFailed) as caught:
        services.revoke_token_as_staff(actor=Actor.user(staff), token_id=issued.token.pk, reason="  ")
    assert fields(caught.value) == [("reason", "required")]
    assert api.me(issued.secret).status_code == 200
    for _ in range(2):
        services.revoke_token_as_staff(
            actor=Actor.user(staff), token_id=issued.token.pk, reason="Seen in a public repository"
        )
    assert api.me(issued.secret).status_code == 401
    event = AuditEvent.objects.get(verb="token.revoked")
    assert (event.actor_id, event.reason) == (staff.pk, "Seen in a public repository")


@pytest.mark.parametrize("too", [False, True])
def test_new_password_leaves_tokens_unless_told(api, ada, make_token, make_user, too):
    issued, other = make_token(), make_token(user=make_user("bob@example.org"))
    passwords.set_password(
        actor=Actor.user(ada), user=ada, password="another horse battery", revoke_tokens=too
    )
    assert api.me(issued.secret).status_code == (401 if too else 200)
    assert api.me(other.secret).status_code == 200
    reasons = list(AuditEvent.objects.filter(verb="token.revoked").values_list("reason", flat=True))
    assert reasons == (["new password"] if too else [])


def test_erasure_deletes_tokens(ada, make_token):
    make_token()
    services.erase_user(actor=Actor.user(ada), user_id=ada.pk, password=PASSWORD)
    assert PersonalAccessToken.objects.count() == 0


def test_purge_deletes_what_ended_more_than_30_days_ago(ada, make_token):
    now = clock.now()
    for days in (31, 29):
        fifty(ada, 1, expires_at=now - timedelta(days=days))
        fifty(ada, 1, revoked_at=now - timedelta(days=days))
    make_token()
    assert services.purge_personal_tokens() == 2
    assert PersonalAccessToken.objects.count() == 3


def test_document_tells_each_calls_scope_and_where_no_token_may(client):
    document = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    scheme = document["components"]["securitySchemes"]["personalAccessToken"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert [one for one in Scope.values if f"`{one}`" not in scheme["description"]] == []
    read = document["paths"]["/api/v1/portfolios"]["get"]
    assert read["x-scope"] == "portfolios:read"
    assert "`portfolios:read`" in read["description"]
    assert {"personalAccessToken": []} in read["security"]
    for path, method in ((TOKENS, "post"), ("/api/v1/users/me", "delete")):
        operation = document["paths"][path][method]
        assert "x-scope" not in operation
        assert {"personalAccessToken": []} not in operation["security"]
