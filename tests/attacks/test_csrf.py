"""Another site must not act with a visitor's cookies: not by a form, not by a link, not by a script."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import User
from tests.accounts.test_allauth_urls import ADDRESSES
from tests.api.routes import PUBLIC, Call, Route, Scene, pages, routes
from tests.api.test_page_permissions import page_scene, signed_in
from tests.api.test_permissions import Person, calls, everything

pytestmark = pytest.mark.django_db
# browsers' reports of what the content policy stopped carry no token; they write a line of the log only.
# A mail program that stops mails carries none either; what it has is an address that we signed.
EXEMPT = {"csp-report", "notifications-unsubscribe"}
PAGES = [page for page in pages() if page.name not in EXEMPT]


@pytest.fixture(scope="module")
def ada(standing) -> Person:
    return Person("ada@example.org").keep_session()


@pytest.fixture(scope="module")
def stage(ada) -> Scene:
    return page_scene(ada)


@pytest.fixture
def scene(stage) -> Scene:
    return stage.copy()


def with_cookies(person: Person, **options: Any) -> Client:
    return person.browser(enforce_csrf_checks=True, **options)


def send(client: Client, call: Call, url: str, body: Any) -> Any:
    raw = b"" if body is None else json.dumps(body).encode()
    query = urlencode(call.query)
    address = f"{url}?{query}" if query else url
    return client.generic(call.method.upper(), address, raw, content_type="application/json")


def uncounted() -> dict[str, list[dict[str, Any]]]:
    """Read every row, but not how often public links were opened: opening one counts, for anybody."""
    found = everything()
    for row in found.get("PublicLink", []):
        del row["views"], row["last_viewed_at"]
    return found


def views_of(patterns: Any) -> list[Any]:
    found: list[Any] = []
    for pattern in patterns:
        found += [pattern.callback] if isinstance(pattern, URLPattern) else views_of(pattern.url_patterns)
    return found


def test_only_the_reports_signed_links_and_the_api_are_exempt():
    """Views of the API are exempt for Django, and check the token themselves wherever a cookie counts."""
    exempt = {
        f"{view.__module__}.{view.__name__}"
        for view in views_of(get_resolver().url_patterns)
        if getattr(view, "csrf_exempt", False) and not hasattr(view, "cls")
    }
    assert exempt == {"core.cspreports.csp_report", "alerts.views.unsubscribe.unsubscribe"}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_page_takes_no_form_without_the_token(page: Route, ada, scene):
    url, client = scene.url(page), with_cookies(ada)
    before = everything()
    assert client.post(url, {"name": "Taken"}).status_code in {403, 405}
    assert everything() == before


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_link_to_a_page_changes_nothing(page: Route, ada, scene):
    """SameSite=Lax cookies come along with a link: reading must never write."""
    url, client = scene.url(page), signed_in(ada)
    before = uncounted()
    client.get(url, {"confirm": "Savings", "name": "Taken", "password": "correct horse battery"})
    assert uncounted() == before


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_of_sign_in_takes_no_form_without_the_token(address, ada):
    client = with_cookies(ada)
    before = everything()
    assert client.post(address, {"email": "eve@example.org", "action_add": ""}).status_code in {403, 404, 405}
    assert everything() == before


@pytest.mark.parametrize("address", ADDRESSES)
def test_link_to_a_page_of_sign_in_changes_nothing_and_signs_nobody_out(address, ada):
    client = signed_in(ada)
    before = everything()
    client.get(address)
    assert everything() == before
    assert client.get(reverse("settings")).status_code == 200


def test_nobody_is_signed_in_by_another_site(ada):
    """A visitor who unknowingly uses the attacker's account would give away what they type there."""
    client = Client(enforce_csrf_checks=True)
    form = {"login": "ada@example.org", "password": "correct horse battery"}
    assert client.post(reverse("account_login"), form).status_code == 403
    assert client.get(reverse("settings")).status_code == 302


@calls([route for route in routes() if route.name not in PUBLIC])
def test_api_by_cookie_needs_the_token(route, call, ada, scene):
    url, client = scene.url(route), with_cookies(ada)
    before = everything()
    answer = send(client, call, url, scene.body(call.body))
    if call.method != "get":
        assert (answer.status_code, answer.json()["type"]) == (403, "csrf-failed")
    assert everything() == before


@calls([route for route in routes() if route.name in PUBLIC])
def test_api_that_needs_no_token_looks_at_no_cookie(route, call, ada, scene):
    """There a password or a refresh token in the body is what counts; without one nothing is done."""
    client, url = with_cookies(ada), scene.url(route)
    before = uncounted()
    answer = send(client, call, url, {} if call.body else None)
    assert answer.status_code in ({200} if call.method == "get" else {400, 401})
    assert not answer.cookies
    assert uncounted() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_api_reads_no_body_that_a_form_could_send(kind, ada):
    """A cross-site form can send these three kinds only, so JSON under a false name must not count."""
    answer = Client().generic(
        "POST",
        reverse("api-portfolios"),
        b'{"name": "A", "currency": "EUR"}',
        content_type=kind,
        headers=ada.headers,
    )
    assert (answer.status_code, answer.json()["type"]) == (415, "unsupported-media-type")


def test_token_of_another_visitor_does_not_count(ada):
    eve = Client(enforce_csrf_checks=True)
    eve.get(reverse("account_login"))
    token = eve.cookies["csrftoken"].value
    client = with_cookies(ada)
    answer = client.post(
        reverse("api-portfolios"),
        {"name": "A", "currency": "EUR"},
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "csrf-failed")


@pytest.mark.parametrize("origin", ["https://evil.example.net", "http://testserver", "null"])
def test_right_token_from_another_origin_is_refused(ada, origin):
    client = with_cookies(ada)
    client.get(reverse("settings"), secure=True)
    token = client.cookies["csrftoken"].value
    for headers in ({"Origin": origin}, {"Referer": f"{origin}/"}):
        answer = client.post(
            reverse("settings"), {"csrfmiddlewaretoken": token, "name": "Taken"}, headers=headers, secure=True
        )
        assert answer.status_code == 403, headers
    assert User.objects.get(pk=ada.user.pk).name != "Taken"


def test_admin_takes_no_form_without_the_token(ada):
    User.objects.filter(pk=ada.user.pk).update(is_staff=True, is_superuser=True)
    ada.user.refresh_from_db()
    client = with_cookies(ada)
    before = everything()
    for model in admin.site._registry:
        meta = model._meta
        for address in ("changelist", "add"):
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_{address}")
            assert client.post(url, {"action": "delete_selected"}).status_code == 403, url
    assert client.post(reverse("admin:logout")).status_code == 403
    assert everything() == before
