"""What personal tokens open, what they never do, and how they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import services
from accounts.models import PersonalAccessToken, Scope, User
from accounts.services import passwords
from core import clock
from core.actor import Actor
from core.api.base import OPEN, READING, ApiView
from core.api.scopes import scope_of
from core.errors import Forbidden, ValidationFailed
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_personal_tokens import BODY, FOREIGN_VIEWS, NOON, TOKENS, fields, fifty, status
from tests.accounts.test_personal_tokens import make_token as make_token  # noqa: PLC0414
from tests.api.routes import PUBLIC, routes, views

pytestmark = pytest.mark.django_db


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
    assert others == {"portfolio-position": {"POST"}, "api-alerts-preview": {"POST"}}


# A token shows its owner's own instruments here too, so that one that is sent needs the scope.
MORE_WITH_A_TOKEN = {"api-tickers", "api-ticker-orders", "api-ohlc"}


def test_open_views_are_those_that_need_no_sign_in():
    open_views = {name for name, view in VIEWS.items() if view.area == OPEN}
    assert open_views == PUBLIC - FOREIGN_VIEWS - MORE_WITH_A_TOKEN


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
