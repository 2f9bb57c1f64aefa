"""A server in production: what it tells browsers, and that its logs hold no secret and nobody's data."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.attacks.server import Server
from tests.core.test_production import COMPLETE

PASSWORD = "correct horse battery"
NEW_PASSWORD = "another horse battery"
EMAIL = "augusta.king@lovelace.example"
CALLER = "203.0.113.77"
HOST = "florin.example.org"
PORTFOLIO = "Xyzzy Savings"
NOTE = "Plugh of my aunt"


class Site:
    """The server behind a proxy that ends TLS, and its log."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.mails = folder / "mails"
        self.server = Server(
            folder,
            **{
                **COMPLETE,
                "SECRET_KEY": "kX9-vQ2_mW7zRb4LpT6yHc1NdJ8sGf3uAe5iOoPxZqCwVt0BnMlKjHgFdSaY",
                "DATABASE_URL": "{database_url}",
                "REDIS_URL": redis_url,
                "EMAIL_URL": f"filemail:///{self.mails}",
                "ALLOWED_HOSTS": HOST,
                "TRUSTED_PROXIES": "1",
                "LOG_LEVEL": "DEBUG",
                "EXTERNAL_LOG_LEVEL": "DEBUG",
                "STAFF_REQUIRE_MFA": "off",
            },
        )

    def visitor(self, **headers: str) -> httpx.Client:
        """Come as the proxy passes somebody on."""
        passed = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": CALLER,
            "User-Agent": "ag3nt/7",
        }
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.server.port}", headers={**passed, **headers}, timeout=60
        )

    def said(self) -> str:
        return self.server.log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said().splitlines() if line]

    def links(self) -> list[str]:
        """Read the links out of the mails that were sent."""
        texts = [one.read_text() for one in sorted(self.mails.glob("*"))] if self.mails.exists() else []
        bodies = [str(message_from_string(text).get_payload()) for text in texts]
        return [link for body in bodies for link in re.findall(r"https?://\S+", body.replace("=\n", ""))]


@pytest.fixture(scope="module")
def site(run_root: Path, redis_url: str) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="production-", dir=run_root))
    started = Site(folder, redis_url)
    yield started
    started.server.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_visitor_without_https_is_sent_there(site):
    with site.visitor(**{"X-Forwarded-Proto": "http"}) as client:
        answer = client.get("/accounts/login/?next=/settings/")
    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        f"https://{HOST}/accounts/login/?next=/settings/",
    )
    assert "Strict-Transport-Security" not in answer.headers


def test_browsers_insist_on_https_from_then_on(site):
    with site.visitor() as client:
        for path in ("/", "/accounts/login/", "/api/v1/users/me", "/no-such-page", "/static/none.css"):
            told = client.get(path).headers["Strict-Transport-Security"]
            assert told == "max-age=31536000; includeSubDomains; preload", path


def test_cookies_are_for_this_host_over_https_only(site):
    with site.visitor() as client:
        form = client.get("/accounts/login/")
        (cookie,) = form.headers.get_list("Set-Cookie")
        assert cookie.startswith("__Host-csrftoken=")
        assert {"Secure", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie


def test_other_host_is_refused(site):
    with site.visitor(Host="evil.example.net") as client:
        answer = client.get("/")
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert answer.headers["X-Request-Id"]


def test_bug_and_missing_page_tell_nothing_of_the_code(site):
    with site.visitor() as client:
        answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert not any(word in answer.text for word in ("urlpatterns", "Traceback", "DEBUG", "config.urls"))


def token_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.text)
    assert found, answer.text[:500]
    return found[1]


def post_form(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form of a page as a browser does."""
    token = token_of(client.get(path))
    referer = {"Referer": f"https://{HOST}{path}", "Origin": f"https://{HOST}"}
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return client.post(
        path, data={"csrfmiddlewaretoken": token, **fields}, headers={**referer, "Cookie": cookies}
    )


class Session:
    """What one person does from sign-up to a new password; notes every secret that passes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.secrets = {PASSWORD, NEW_PASSWORD, "wr0ng passw0rd", EMAIL, EMAIL.replace("@", "%40"), CALLER}
        self.secrets |= {"ag3nt/7", PORTFOLIO, NOTE, "Augusta", "augusta.king"}
        self.ids: list[str] = []

    def api(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with self.site.visitor(**headers) as client:
            answer = client.request(method, path, json=body)
        self.ids.append(answer.headers["X-Request-Id"])
        found = answer.json() if answer.content and "json" in answer.headers["Content-Type"] else {}
        if isinstance(found, dict):
            self.secrets |= {found[name] for name in ("access_token", "refresh_token") if name in found}
        return found

    def over_the_api(self) -> None:
        sign_in = {"email": EMAIL, "password": PASSWORD}
        self.api("POST", "/api/v1/users/signup", {**sign_in, "name": "Augusta"})
        self.api("POST", "/api/v1/users/signup", sign_in)
        self.api("POST", "/api/v1/users/login", {**sign_in, "password": "wr0ng passw0rd"})
        pair = self.api("POST", "/api/v1/users/login", sign_in)
        first = pair["refresh_token"]
        pair = self.api("POST", "/api/v1/users/refresh", {"refresh_token": first})
        access = pair["access_token"]
        made = self.api("POST", "/api/v1/portfolios", {"name": PORTFOLIO, "currency": "EUR"}, access)
        listing = f"/api/v1/portfolios/{made['id']}/transactions"
        deposit = {"kind": "deposit", "date": "2024-01-05", "amount": "987654.32", "note": NOTE}
        self.api("POST", listing, deposit, access)
        self.api("POST", listing, {**deposit, "amount": "x", "fee": NOTE}, access)
        file = f"date,type,amount,currency,note\n2024-01-08,DEPOSIT,1,EUR,{NOTE}\n"
        self.api("POST", f"/api/v1/portfolios/{made['id']}/imports", {"content": file}, access)
        self.api("GET", f"/api/v1/instruments?search={EMAIL}&token={access}", None, access)
        self.api("GET", f"/api/v1/{access}/{EMAIL}", None, access)
        self.api("POST", "/api/v1/users/refresh", {"refresh_token": first})
        self.api("GET", "/api/v1/users/me", None, "not.a.token" + access)

    def over_the_pages(self) -> None:
        with self.site.visitor() as client:
            refused = post_form(client, "/accounts/login/", login=EMAIL, password="wr0ng passw0rd")
            assert refused.status_code == 200
            entered = post_form(client, "/accounts/login/", login=EMAIL, password=PASSWORD)
            assert entered.status_code == 302, entered.text[:1000]
            cookies = dict(client.cookies)
            self.secrets |= set(cookies.values())
            with self.site.visitor(Cookie="; ".join(f"{a}={b}" for a, b in cookies.items())) as inside:
                assert inside.get("/settings/").status_code == 200
                inside.get(f"/search?q={EMAIL}")
                inside.get(f"/{PASSWORD}/{EMAIL}")
                inside.post("/settings/", data={"name": "Augusta", "password": PASSWORD})
        with self.site.visitor() as client:
            post_form(client, "/accounts/password/reset/", email=EMAIL)
            (link,) = [one for one in self.site.links() if "/password/reset/key/" in one]
            path = link.partition(HOST)[2]
            self.secrets.add(path.rstrip("/").rpartition("/")[2])
            client.get(path)
            client.post(path, data={"password1": NEW_PASSWORD})


def test_log_of_a_whole_session_holds_nobodys_secrets_and_data(site):
    session = Session(site)
    session.over_the_api()
    session.over_the_pages()
    said = site.said()
    leaked = [one for one in session.secrets if one in said]
    assert leaked == [], [line for line in said.splitlines() if any(one in line for one in leaked)][:5]
    told = {line["request_id"]: line for line in site.lines() if line["event"] == "request"}
    assert [one for one in session.ids if one not in told] == []
    assert {line["service"] for line in site.lines()} == {"florin"}


def test_every_line_is_json_with_a_time_a_level_and_a_logger(site):
    lines = site.lines()
    assert len(lines) > 10
    assert all({"event", "timestamp", "level", "logger"} <= line.keys() for line in lines)
    assert all(line["request_id"] for line in lines if line["logger"].startswith("core.requestlog"))
