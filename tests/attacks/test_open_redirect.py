"""A link to us must not lead on to somebody else's site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests.accounts.test_allauth_urls import ADDRESSES
from tests.accounts.test_pages import SIGN_UP
from tests.api.routes import pages
from tests.attacks.conftest import PASSWORD

pytestmark = pytest.mark.django_db
US = "http://testserver"
ELSEWHERE = [
    "https://evil.example.net/",
    "//evil.example.net/",
    "///evil.example.net/",
    "/\\evil.example.net/",
    "\\\\evil.example.net/",
    "\\/evil.example.net/",
    "/\t/evil.example.net/",
    "/\n/evil.example.net/",
    "http:evil.example.net",
    "http:///evil.example.net/",
    "https:/\\evil.example.net",
    "%0d%0aLocation:%20https://evil.example.net/",
    "/\r\nLocation: https://evil.example.net/",
    "/%0d%0aSet-Cookie:%20a=b",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://testserver@evil.example.net/",
    "https://testserver.evil.example.net/",
    "//testserver\\@evil.example.net/",
    "ftp://evil.example.net/",
]
# but for the metrics, which are slow to gather and no page
OURS = [one for one in pages() if not one.ids and one.name != "prometheus-django-metrics"]
NAMES = ("next", "redirect_to", "return_url", "url", "continue")
# an address of ours that every page may lead on to, and a word that no page has by itself
HERE, WORD = "/xyzzy-here/", "xyzzy-here"


def assert_stays_here(answer) -> None:
    """Check where a browser would go: the address it makes of the header, as it reads backslashes."""
    assert answer.status_code < 500
    location = answer.headers.get("Location")
    if location is not None:
        assert "\r" not in location
        assert "\n" not in location
        read = location.replace("\\", "/").replace("\t", "")
        assert urlsplit(urljoin(f"{US}/accounts/login/", read)).netloc == "testserver", location
    assert "Set-Cookie: a=b" not in str(answer.headers)
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        html = answer.content.decode().lower()
        for attribute in ("href", "action", "src", "formaction", "hx-get", "hx-post"):
            for quote in ('"', "'"):
                for evil in ("https://evil", "http://evil", "//evil", "/\\evil", "javascript:", "data:text"):
                    assert f"{attribute}={quote}{evil}" not in html, (attribute, evil)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_in_does_not_lead_elsewhere(victim, target):
    form = {"login": "ada@example.org", "password": PASSWORD}
    in_form = Client().post(reverse("account_login"), {**form, "next": target})
    in_query = Client().post(f"{reverse('account_login')}?{_query(target)}", form)
    for answer in (in_form, in_query):
        assert answer.status_code == 302
        assert_stays_here(answer)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_up_and_sign_out_do_not_lead_elsewhere(victim, signed_in, target):
    form = {**SIGN_UP, "email": "eve@example.org", "next": target}
    answer = Client().post(reverse("account_signup"), form)
    assert answer.status_code == 302
    assert_stays_here(answer)
    assert_stays_here(signed_in.post(f"{reverse('account_logout')}?{_query(target)}", {"next": target}))


@pytest.mark.parametrize("target", ELSEWHERE)
def test_admin_sign_in_does_not_lead_elsewhere(victim, target):
    victim.is_staff = victim.is_superuser = True
    victim.save()
    client = Client()
    for answer in (
        client.get(f"/admin/login/?{_query(target)}"),
        client.post("/admin/login/", {"username": victim.email, "password": PASSWORD, "next": target}),
    ):
        assert_stays_here(answer)


def ask(client: Client, address: str, target: str) -> Any:
    """Name the target wherever a page could look for where to lead on to."""
    return client.get(address, dict.fromkeys(NAMES, target), headers={"Referer": target.strip()})


def targets_for(client: Client, address: str, turn: int) -> list[str]:
    """Choose all for a page that uses what it is told, and a few, by turns, for one that does not.

    Where only the gate answers, it leads to the page of sign-in, which is tried with all of them itself.
    """
    answer = ask(client, address, HERE)
    assert_stays_here(answer)
    location = answer.headers.get("Location", "")
    uses = WORD in location or (not answer.streaming and WORD in answer.content.decode())
    is_gate = location.startswith(f"{reverse('account_login')}?")
    return ELSEWHERE if uses and not is_gate else ELSEWHERE[turn % 8 :: 8]


def try_all(clients: tuple[Client, Client], addresses: list[str]) -> list[str]:
    """Try every address signed out and signed in; answer what leads elsewhere."""
    found = []
    for turn, address in enumerate(addresses):
        for client in clients:
            for target in targets_for(client, address, turn):
                try:
                    assert_stays_here(ask(client, address, target))
                except AssertionError as error:
                    found.append(f"{address} {target!r}: {error}")
    return found


def test_no_page_of_sign_in_leads_elsewhere(victim, signed_in):
    assert try_all((Client(), signed_in), ADDRESSES) == []


def test_no_page_of_ours_leads_elsewhere(signed_in):
    assert try_all((Client(), signed_in), [reverse(page.name) for page in OURS]) == []


@pytest.mark.parametrize(
    "path", ["//evil.example.net/..", "//evil.example.net", "/\\evil.example.net", "/%5cevil"]
)
def test_missing_slash_is_not_added_to_another_host(client, path):
    """Whatever puts a slash behind an address must not make two slashes and a host of it."""
    for suffix in ("", "/settings", "/%2e%2e"):
        assert_stays_here(client.get(path + suffix))


def _query(target: str) -> str:
    return urlencode({"next": target})
