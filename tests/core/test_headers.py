"""What every answer carries: the request's id, the content policy, the permissions policy."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.cache import cache

from core.models import AuditOrigin

PAGES = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/offline",
    "/admin/login/",
    "/api/docs/",
    "/no-such-page",
]
CSP = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self'; object-src 'none'; "
    "script-src 'self'; style-src 'self'"
)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*PAGES, "/health/live", "/api/v1/users/me", "/api/schema/"])
def test_every_answer_has_the_policies(client, path):
    headers = client.get(path, follow=True).headers
    parts = {part.split(" ")[0]: part for part in headers["Content-Security-Policy"].split("; ")}
    expected = {part.split(" ")[0]: part for part in CSP.split("; ")}
    assert {name: parts.get(name) for name in expected} == expected
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert UUID(headers["X-Request-Id"]).version == 7


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_page_holds_nothing_inline(client, path):
    html = client.get(path, follow=True).content.decode().lower()
    assert "<html" in html
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    assert "javascript:" not in html
    for tag in html.split("<script")[1:]:
        opening = tag.split(">", 1)[0]
        assert " src=" in opening or "application/json" in opening, opening


@pytest.mark.parametrize("given", ["abcdefgh", "A.b-c_9" + "x" * 57, "018bcfe5-687c-700e-920e-77fbe4e43474"])
def test_request_id_of_the_caller_is_echoed(client, given):
    assert client.get("/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given",
    [
        "short",
        "x" * 65,
        "a b c d e f",
        "<script>",
        "abcdefgh\n",
        "abcdefgh\r\nSet-Cookie: a=b",
        "ééééééééé",
        "",
    ],
)
def test_request_id_that_is_not_harmless_is_replaced(client, given):
    answered = client.get("/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert answered != given
    assert UUID(answered).version == 7


@pytest.mark.django_db
def test_request_id_reaches_the_audit_log_and_the_address_its_side_table(client):
    cache.clear()
    answer = client.post(
        "/api/v1/users/signup",
        {"email": "ada@example.org", "password": "correct horse battery"},
        content_type="application/json",
        headers={"X-Request-Id": "sign-up-1", "User-Agent": "curl\0/8"},
        REMOTE_ADDR="192.0.2.7",
    )
    assert answer.status_code == 201
    (origin,) = AuditOrigin.objects.select_related("event")
    assert (origin.event.request_id, origin.event.verb) == ("sign-up-1", "user.signed_up")
    assert (origin.address, origin.agent) == ("192.0.2.7", "curl/8")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/users/me?a=%00", "/?q=%00", "/admin/login/?next=%00"])
def test_nul_in_the_query_is_refused(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.django_db
def test_nul_in_the_query_of_the_api_is_a_problem(client):
    answer = client.get("/api/v1/users/me?a=b%00c")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "validation-failed"


@pytest.mark.django_db
def test_request_id_of_the_log_is_that_of_the_answer(client, caplog):
    caplog.set_level("INFO", logger="core.requestlog")
    answered = client.get("/no-such-page").headers["X-Request-Id"]
    (line,) = [record.msg for record in caplog.records if record.name == "core.requestlog"]
    assert line["request_id"] == answered
    assert (line["event"], line["route"], line["status"]) == ("request", "unknown", 404)
