"""Other sites, other hosts, odd methods, and what is compressed."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

from accounts import services
from accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
FRIEND, STRANGER = "https://friend.example.org", "https://stranger.example.org"
ZIPPED = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def ada():
    return services.register_user(email="ada@example.org", password=PASSWORD)


@pytest.fixture
def _friend(settings):
    settings.CORS_ALLOWED_ORIGINS = [FRIEND]


@pytest.mark.usefixtures("_friend")
class TestOtherSites:
    def test_listed_origin_may_read_the_answer_and_never_with_cookies(self, client):
        headers = client.get("/api/v1/users/me", headers={"Origin": FRIEND}).headers
        assert headers["Access-Control-Allow-Origin"] == FRIEND
        assert "Access-Control-Allow-Credentials" not in headers
        assert "origin" in headers["Vary"].lower()
        exposed = headers["Access-Control-Expose-Headers"].split(", ")
        assert exposed == ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"]

    @pytest.mark.parametrize("origin", [STRANGER, "null", f"{FRIEND}.evil.net", "http://friend.example.org"])
    def test_other_origin_may_not_and_caches_know(self, client, origin):
        headers = client.get("/api/v1/users/me", headers={"Origin": origin}).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert "origin" in headers["Vary"].lower()

    def test_preflight_of_a_listed_origin_names_methods_and_headers(self, client):
        answer = client.options(
            "/api/v1/users/me",
            headers={
                "Origin": FRIEND,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "authorization, content-type",
            },
        )
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]

    def test_preflight_of_another_origin_allows_nothing(self, client):
        headers = {"Origin": STRANGER, "Access-Control-Request-Method": "GET"}
        answer = client.options("/api/v1/users/me", headers=headers)
        assert not any(name.startswith("Access-Control-Allow") for name in answer.headers)

    def test_pages_are_for_no_other_origin(self, client):
        headers = client.get("/accounts/login/", headers={"Origin": FRIEND}).headers
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/", "/health/live", "/api/v1/users/me", "/static/css/tokens.css"])
def test_answers_are_for_our_own_site(client, path):
    answer = client.get(path)
    answer.close()
    headers = answer.headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("camera=()")
    assert headers["X-Request-Id"]
    if not path.startswith("/static"):
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "FOO"])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/users/me", "/health/live"])
def test_odd_method_is_refused_and_nothing_comes_back(client, method, path):
    answer = client.generic(method, path, headers={"X-Secret": "s3cret"})
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@pytest.mark.parametrize(
    "host", ["evil.example.net", "localhost.evil.net", "localhost@evil.net", "local host"]
)
@pytest.mark.parametrize("path", ["/accounts/password/reset/", "/api/v1/users/me", "/"])
def test_other_host_is_refused_and_not_repeated(settings, host, path, mailoutbox, ada):
    settings.ALLOWED_HOSTS = ["localhost"]
    client = Client()
    for answer in (
        client.get(path, headers={"Host": host}),
        client.post(path, {"email": ada.email}, headers={"Host": host}),
    ):
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()
    assert mailoutbox == []


def test_host_of_a_proxy_header_is_not_believed(settings, client, ada, mailoutbox):
    settings.ALLOWED_HOSTS = ["localhost"]
    client.post(
        "/accounts/password/reset/",
        {"email": ada.email},
        headers={"Host": "localhost", "X-Forwarded-Host": "evil.example.net"},
    )
    (mail,) = mailoutbox
    assert "http://localhost/" in mail.body
    assert "evil" not in mail.body


def compressed(answer) -> bool:
    return answer.headers.get("Content-Encoding") == "gzip"


def signed_in(user) -> Client:
    client = Client(headers=ZIPPED)
    client.force_login(user)
    return client


def test_page_and_document_without_a_secret_are_compressed(ada):
    page = Client(headers=ZIPPED).get("/offline")
    assert compressed(page)
    assert "<html" in gzip.decompress(page.content).decode()
    assert "accept-encoding" in page.headers["Vary"].lower()
    assert compressed(Client(headers=ZIPPED).get("/api/schema/?format=json"))
    assert not compressed(Client().get("/offline"))


def test_personal_page_is_compressed_unless_the_address_could_be_somebody_elses_choice(ada):
    client = signed_in(ada)
    client.get("/settings/")  # the first answer sets the cookie of forms
    assert compressed(client.get("/settings/security/"))
    assert not compressed(client.get("/settings/security/?q=guess"))
    assert not compressed(client.get("/search?q=guess"))


def test_api_by_token_is_compressed_and_by_cookie_with_a_query_not(ada):
    User.objects.update(name="a" * 100)  # long enough to shrink for sure, random padding included
    token = services.sign_in(email=ada.email, password=PASSWORD).access
    by_token = Client(headers={**ZIPPED, "Authorization": f"Bearer {token}"}).get("/api/v1/users/me?a=b")
    assert compressed(by_token)
    assert not compressed(signed_in(ada).get("/api/v1/users/me?a=b"))


def test_tokens_and_cookies_are_never_compressed(ada):
    client = Client(headers=ZIPPED)
    body = {"email": ada.email, "password": PASSWORD}
    tokens = client.post("/api/v1/users/login", body, content_type="application/json")
    assert tokens.status_code == 200
    assert len(tokens.content) > 200
    assert not compressed(tokens)
    refreshed = client.post(
        "/api/v1/users/refresh",
        {"refresh_token": tokens.json()["refresh_token"]},
        content_type="application/json",
    )
    assert refreshed.status_code == 200
    assert not compressed(refreshed)
    signed_in = client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})
    assert "sessionid" in signed_in.cookies
    assert not compressed(signed_in)
