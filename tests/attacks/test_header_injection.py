"""What a visitor writes must not become a line of an answer's head, of a mail's head, or of the log."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import services
from core.actor import Actor
from market.models import Instrument
from portfolios.models import Portfolio
from portfolios.services.portfolios import create_portfolio
from tests.accounts.test_pages import SIGN_UP
from tests.attacks.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
SPLITS = [
    "x\r\nSet-Cookie: a=b",
    "x\nSet-Cookie: a=b",
    "x\rSet-Cookie: a=b",
    "x%0d%0aSet-Cookie:%20a=b",
    "x\u560d\u560aSet-Cookie: a=b",
    "x\u2028Set-Cookie: a=b",
    "x\x0bSet-Cookie: a=b",
    'x"; filename="evil.exe',
    "x; filename*=UTF-8''evil.exe",
    "../../etc/passwd",
    "ünïcödé \u202efdp.exe",
    "\x00",
    "",
]
SAFE_FILE = re.compile(r'attachment; filename="[a-z0-9_-]+\.csv"')


def head(answer: Any) -> str:
    text = "\r\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    assert len(text.split("\r\n")) == len(answer.headers)
    assert "\n" not in text.replace("\r\n", "")
    assert "Set-Cookie: a=b" not in text
    assert "a" not in answer.cookies
    return text


@pytest.mark.parametrize("name", SPLITS)
def test_name_of_an_export_is_a_harmless_file_name(victim, signed_in, name):
    portfolio = create_portfolio(actor=Actor.user(victim), owner_id=victim.pk, name="A", currency="EUR")
    instrument = Instrument.objects.create(symbol="A", name="A", currency="EUR", owner=victim)
    stored = name.replace("\0", "")
    Portfolio.objects.filter(pk=portfolio.pk).update(name=stored)
    Instrument.objects.filter(pk=instrument.pk).update(symbol=stored[:40], name=stored)
    for url in (
        reverse("transaction-export", args=[portfolio.pk]),
        reverse("instrument-bars-csv", args=[instrument.uuid]),
    ):
        answer = signed_in.get(url)
        assert answer.status_code == 200
        head(answer)
        assert SAFE_FILE.fullmatch(answer.headers["Content-Disposition"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", [one for one in SPLITS if one])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/no-such-page"),
        ("GET", "/api/v1/no-such"),
        ("GET", "/api/v1/users/me"),
        ("GET", "/settings/"),
        ("GET", "/static/css/tokens.css"),
        ("GET", "/static/none.css"),
        ("POST", "/health/live"),
        ("FOO", "/"),
        ("OPTIONS", "/api/v1/users/me"),
    ],
)
def test_request_id_of_a_stranger_splits_no_answer(client, method, path, name):
    answer = client.generic(method, path, headers={"X-Request-Id": name})
    answer.close()
    head(answer)
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-Id"])


def test_errors_carry_the_id_of_the_request(client, settings):
    settings.ROOT_URLCONF = "tests.core.sample_urls"
    client = Client(raise_request_exception=False)
    for path, status in (("raise/bug", 500), ("raise/missing", 404), ("nowhere", 404)):
        answer = client.get(f"/api/test/{path}", headers={"X-Request-Id": "the-request-1"})
        assert answer.status_code == status
        assert answer.headers["X-Request-Id"] == "the-request-1"
        assert answer.json().get("request_id") == "the-request-1"


@pytest.mark.parametrize("value", [one for one in SPLITS if one])
def test_query_and_path_split_no_answer(signed_in, value):
    # a page or an address that makes no sense may end a request before the rest is read: each by itself
    for names in (("q", "search", "sort", "range"), ("page",), ("next",)):
        for path in ("/search", "/settings/", "/accounts/login/", "/accounts/logout/", "/admin/login/"):
            if "\0" not in value:
                head(signed_in.get(path, dict.fromkeys(names, value)))
    quoted = value.replace("\r", "%0d").replace("\n", "%0a").replace("\0", "%00")
    head(signed_in.get(f"/settings/{quoted}"))
    head(signed_in.get(f"/settings{quoted}"))


def texts() -> list[str]:
    """Write the mails out as they are sent, heads and all."""
    return [one.message().as_string() for one in mail.outbox]


BAD_ADDRESSES = [
    "eve@example.org\nBcc: spam@example.net",
    "eve@example.org\r\nBcc: spam@example.net",
    "eve@example.org%0aBcc:spam@example.net",
    "eve@example.org,spam@example.net",
    "eve@example.org;spam@example.net",
    "Eve <eve@example.org>",
    '"\r\nBcc: spam@example.net"@example.org',
    "eve@example.org\0",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_address_with_a_second_one_in_it_is_refused(db, address):
    body = json.dumps({"email": address, "password": PASSWORD})
    answer = Client().post(reverse("api-users-signup"), body, "application/json")
    assert answer.status_code == 400
    Client().post(reverse("account_signup"), {**SIGN_UP, "email": address})
    Client().post(reverse("account_reset_password"), {"email": address})
    assert mail.outbox == []


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_new_address_with_a_second_one_in_it_is_refused(signed_in, address):
    signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    mail.outbox.clear()
    signed_in.post(reverse("account_email"), {"email": address, "action_add": ""})
    assert [one for text in texts() for one in ("spam@", "Bcc") if one in text] == []


@pytest.mark.parametrize("name", SPLITS)
def test_name_adds_nothing_to_a_mails_head(victim, signed_in, name):
    if "\0" not in name:
        services.change_profile(actor=Actor.user(victim), user_id=victim.pk, changes={"name": name[:100]})
    sign_in(Client(headers={"User-Agent": "Evil\r\nBcc: spam@example.net"}, REMOTE_ADDR="203.0.113.9"))
    signed_in.post(reverse("account_reset_password"), {"email": victim.email})
    assert mail.outbox
    for one in mail.outbox:
        message = one.message()
        assert set(message.keys()) <= {
            "Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date",
            "Message-ID", "Reply-To", "Auto-Submitted",
        }  # fmt: skip
        assert one.recipients() == [victim.email]


HOSTS = [
    "evil.example.net",
    "localhost:80@evil.example.net",
    "localhost#evil.example.net",
    "localhost/evil",
    "localhost\\evil.example.net",
    "localhost,evil.example.net",
    "evil.localhost",
    ".localhost",
    "localhost:8000.evil.example.net",
    "[::1].evil.example.net",
    "localhost evil.example.net",
]


@pytest.mark.parametrize("host", HOSTS)
def test_mail_with_a_link_is_never_sent_for_another_host(settings, victim, host):
    settings.ALLOWED_HOSTS = ["localhost"]
    for path, form in (
        ("account_reset_password", {"email": victim.email}),
        ("account_signup", {**SIGN_UP, "email": "eve@example.org"}),
    ):
        assert Client().post(reverse(path), form, headers={"Host": host}).status_code == 400
    assert mail.outbox == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example.net"},
        {"X-Forwarded-Server": "evil.example.net"},
        {"Forwarded": "host=evil.example.net;proto=https"},
        {"X-Host": "evil.example.net"},
        {"X-Original-Host": "evil.example.net"},
        {"X-Forwarded-Port": "1@evil.example.net"},
        {"X-Forwarded-Prefix": "//evil.example.net"},
        {"X-Script-Name": "//evil.example.net"},
        {"Script-Name": "//evil.example.net"},
        {"Referer": "https://evil.example.net/"},
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_no_header_moves_the_links_of_mails_or_pages(settings, victim, headers, proxies):
    settings.ALLOWED_HOSTS, settings.TRUSTED_PROXIES = ["localhost"], proxies
    client = Client(headers={"Host": "localhost", **headers})
    client.post(reverse("account_reset_password"), {"email": victim.email})
    (sent,) = texts()
    assert "http://localhost/accounts/password/reset/key/" in sent
    assert "evil" not in sent
    for path in ("/", "/accounts/login/", "/settings/"):
        answer = client.get(path)
        assert "evil" not in str(answer.headers)
        assert "evil" not in answer.content.decode()


@pytest.mark.parametrize(
    "header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-HTTP-Path-Override"]
)
def test_no_header_changes_the_address_that_is_asked_for(client, header):
    assert client.get("/no-such-page", headers={header: "/health/live"}).status_code == 404
    assert client.get("/health/live", headers={header: "/settings/"}).json() == {"status": "ok"}
