"""Every address of allauth's, signed in and not: our frame, a redirect, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import allauth
import pytest
from allauth.mfa.totp.internal import auth as totp
from django.template import Template
from django.template.loader import get_template
from django.test import Client
from django.test.signals import template_rendered
from django.urls import URLPattern, get_resolver, reverse

from tests.accounts.test_pages import LOGIN, check, prove
from tests.support.oidc import Provider, settings_for

pytestmark = pytest.mark.django_db
ALLAUTH = Path(allauth.__file__).parent
VALUES = {"provider_id": "sso", "pk": "1", "uidb36": "x", "key": "y"}
# What allauth brings and we keep: it only leads on to a template of ours.
KEPT = re.compile(r"/base_(?:entrance|manage)\.html|/(?:recovery_codes|totp|webauthn)/base\.html")


def _addresses(patterns, prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield text
        else:
            yield from _addresses(pattern.url_patterns, text)


def _filled(text: str) -> str:
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: VALUES[found[1]], text)
    text = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES[found[1]], text)
    return "/" + text.replace("^", "").replace("$", "")


ADDRESSES = sorted(
    {_filled(text) for text in _addresses(get_resolver().url_patterns) if text.startswith("accounts/")}
)


@pytest.fixture
def provider(settings):
    started = Provider()
    settings.SOCIALACCOUNT_PROVIDERS = settings_for(started.url)
    yield started
    started.close()


@pytest.fixture
def rendered() -> Iterator[list[str]]:
    """List the files of all templates that were rendered."""
    seen: list[str] = []

    def note(template: Template, **_more) -> None:
        seen.append(str(template.origin.name))

    template_rendered.connect(note)
    yield seen
    template_rendered.disconnect(note)


def foreign(files: list[str]) -> list[str]:
    return [one for one in files if one.startswith(str(ALLAUTH)) and not KEPT.search(one)]


def look(client: Client, address: str, rendered: list[str]) -> None:
    for method in ("get", "post"):
        answer = getattr(client, method)(address)
        assert answer.status_code < 500 or answer.status_code == 503, (method, answer.status_code)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code in {302, 301, 404, 405} or not is_page:
            continue
        check(answer, answer.status_code)
    assert foreign(rendered) == []


def test_addresses_are_found():
    assert len(ADDRESSES) > 35
    assert "/accounts/2fa/webauthn/keys/1/remove/" in ADDRESSES
    assert "/accounts/oidc/sso/login/callback/" in ADDRESSES


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_for_a_visitor(address, rendered, provider):
    look(Client(), address, rendered)


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_for_who_is_signed_in(address, rendered, provider, ada):
    client = Client()
    client.post(reverse("account_login"), LOGIN)
    look(client, address, rendered)


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_for_who_is_proven_and_has_a_second_factor(address, rendered, provider, ada):
    client = Client()
    client.post(reverse("account_login"), LOGIN)
    prove(client)
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    look(client, address, rendered)


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_for_who_is_half_way_in(address, rendered, provider, ada):
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    client = Client()
    client.post(reverse("account_login"), LOGIN)
    look(client, address, rendered)


def test_the_watch_sees_a_template_of_allauths(rendered):
    get_template("account/messages/login_code_sent.txt").render({})
    assert [Path(one).name for one in foreign(rendered)] == ["login_code_sent.txt"]


@pytest.mark.parametrize(
    "name",
    sorted(
        str(path.relative_to(ALLAUTH / "templates"))
        for folder in ("mfa", "socialaccount", "account")
        for path in (ALLAUTH / "templates" / folder).rglob("*.txt")
        if "by_code" not in path.name and "_code_" not in path.name and "phone" not in path.name
    ),
)
def test_mail_and_messages_are_ours(name):
    assert not get_template(name).origin.name.startswith(str(ALLAUTH)) or name in UNUSED


# Without sign-in by mailed codes; and texts that lead on to one of ours.
UNUSED = {
    "account/email/email_confirmation_signup_message.txt",
    "account/email/email_confirmation_signup_subject.txt",
    "account/messages/login_code_sent.txt",
    "mfa/recovery_codes/download.txt",
}
