"""Passkeys on the pages: added, used alone and as a second factor, and what a forger gets."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_pages import LOGIN, check
from tests.support.passkeys import PRESENT, SoftPasskey

pytestmark = pytest.mark.django_db
ADD, USE = "mfa_add_webauthn", "mfa_login_webauthn"


@pytest.fixture(autouse=True)
def _localhost(settings):
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]


class Browser(Client):
    """A browser at http://localhost."""

    def __init__(self) -> None:
        super().__init__(SERVER_NAME="localhost")

    def sign_in(self) -> None:
        self.post(reverse("account_login"), LOGIN)
        self.prove()

    def prove(self) -> None:
        self.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    def options(self, name: str) -> dict[str, Any]:
        """Read the options that a page hands its script."""
        html = check(self.get(reverse(name)))
        told = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', html)
        return json.loads(told[1])

    def add(self, passkey: SoftPasskey, **more: Any):
        credential = passkey.create(self.options(ADD)["creation_options"])
        body = {"name": "Laptop", "passwordless": "on", "credential": json.dumps(credential), **more}
        return self.post(reverse(ADD), body)

    def asked(self) -> dict[str, Any]:
        answer = self.get(reverse(USE), headers={"Accept": "application/json"})
        return answer.json()["request_options"]

    def use(self, credential: Any, name: str = USE, **more: Any):
        return self.post(reverse(name), {"credential": json.dumps(credential), **more})

    @property
    def user_id(self) -> str | None:
        return self.session.get("_auth_user_id")


@pytest.fixture
def owner(ada) -> Browser:
    """Ada's browser, signed in and proven once more."""
    browser = Browser()
    browser.sign_in()
    return browser


@pytest.fixture
def passkey(owner) -> SoftPasskey:
    """A passkey of Ada's."""
    made = SoftPasskey()
    assert owner.add(made).status_code == 302
    return made


def test_add_makes_recovery_codes_tells_the_user_and_is_audited(owner, ada):
    answer = owner.add(SoftPasskey())
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    check(owner.get(answer.headers["Location"]))
    kinds = Authenticator.objects.filter(user=ada).values_list("type", flat=True)
    assert sorted(kinds) == ["recovery_codes", "webauthn"]
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Laptop"
    assert [one.subject for one in mail.outbox] == ["A passkey was added"]
    assert AuditEvent.objects.get(verb="user.factor_added").after == {"kind": "passkey"}


def test_add_needs_the_password_once_more(ada):
    browser = Browser()
    browser.post(reverse("account_login"), LOGIN)
    answer = browser.get(reverse(ADD))
    assert answer.headers["Location"].startswith(f"{reverse('account_reauthenticate')}?next=")


def test_add_needs_a_proven_address(make_user):
    make_user()
    browser = Browser()
    browser.sign_in()
    assert browser.get(reverse(ADD)).headers["Location"] == reverse("mfa_index")


def test_pages_of_passkeys_are_in_our_frame_rename_and_remove(owner, passkey, ada):
    row = Authenticator.objects.get(type="webauthn")
    assert "Laptop" in check(owner.get(reverse("mfa_list_webauthn")))
    check(owner.get(reverse("mfa_index")))
    edit, remove = reverse("mfa_edit_webauthn", args=[row.pk]), reverse("mfa_remove_webauthn", args=[row.pk])
    check(owner.get(edit))
    check(owner.post(edit, {"name": ""}))
    owner.post(edit, {"name": "Old laptop"})
    assert "Old laptop" in check(owner.get(remove))
    assert owner.post(remove).headers["Location"] == reverse("mfa_list_webauthn")
    assert Authenticator.objects.count() == 0
    assert [one.subject for one in mail.outbox] == ["A passkey was added", "A passkey was removed"]
    assert "You have none yet" in check(owner.get(reverse("mfa_list_webauthn")))


def test_strangers_passkey_is_nothing(owner, passkey, make_user):
    row = Authenticator.objects.get(type="webauthn")
    make_user("bob@example.org", email_verified=True)
    other = Browser()
    other.post(reverse("account_login"), {**LOGIN, "login": "bob@example.org"})
    other.prove()
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert other.post(reverse(name, args=[row.pk]), {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Laptop"


def test_passkey_alone_signs_in_and_goes_where_it_was_asked(passkey, ada):
    browser = Browser()
    answer = browser.use(passkey.get(browser.asked()), next="/settings/")
    assert answer.headers["Location"] == "/settings/"
    assert browser.user_id == str(ada.pk)
    assert AuditEvent.objects.filter(verb="user.signed_in").count() == 2


def test_passkey_does_not_lead_to_another_site(passkey):
    browser = Browser()
    answer = browser.use(passkey.get(browser.asked()), next="https://evil.example/")
    assert answer.headers["Location"] == reverse("dashboard")


def test_passkey_after_the_password_signs_in(passkey, ada):
    browser = Browser()
    assert browser.post(reverse("account_login"), LOGIN).headers["Location"] == reverse("mfa_authenticate")
    assert browser.user_id is None
    asked = browser.options("mfa_authenticate")["request_options"]
    answer = browser.use(passkey.get(asked), "mfa_authenticate")
    assert answer.headers["Location"] == reverse("dashboard")
    assert browser.user_id == str(ada.pk)


def test_passkey_proves_the_user_once_more(owner, passkey):
    browser = Browser()
    browser.use(passkey.get(browser.asked()))
    name = "mfa_reauthenticate_webauthn"
    asked = browser.options(name)["request_options"]
    answer = browser.use(passkey.get(asked), name, next=reverse(ADD))
    assert answer.headers["Location"] == reverse(ADD)
    check(browser.get(reverse(ADD)))


def test_closed_account_is_not_opened_by_its_passkey(passkey, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    browser = Browser()
    answer = browser.use(passkey.get(browser.asked()))
    assert answer.headers["Location"] == reverse("account_inactive")
    assert browser.user_id is None


def forged(passkey: SoftPasskey, what: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Answer as somebody does who has not all that it takes."""
    other = SoftPasskey()
    if what == "another key":
        other.id, other.handle = passkey.id, passkey.handle
        return other.get(asked)
    if what == "unknown credential":
        other.handle = passkey.handle
        return other.get(asked)
    if what == "another site":
        passkey.origin = "https://florin.evil.example"
    if what == "plain http":
        passkey.origin = "http://florin.example.org"
    if what == "another relying party":
        passkey.rp = "evil.example"
    if what == "nobody verified":
        passkey.flags = PRESENT
    if what == "another challenge":
        asked = {"publicKey": {**asked["publicKey"], "challenge": "AAAA"}}
    return passkey.get(asked)


@pytest.mark.parametrize(
    "what",
    [
        "another key",
        "unknown credential",
        "another site",
        "plain http",
        "another relying party",
        "nobody verified",
        "another challenge",
    ],
)
def test_forged_answer_signs_nobody_in(passkey, what):
    browser = Browser()
    answer = browser.use(forged(passkey, what, browser.asked()))
    assert answer.headers["Location"] == reverse("account_login")
    assert browser.user_id is None
    assert "That did not prove that it is you" in check(browser.get(reverse("account_login")))


def test_answer_counts_once_and_only_in_the_browser_that_asked(passkey):
    browser, thief = Browser(), Browser()
    credential = passkey.get(browser.asked())
    thief.asked()
    thief.use(credential)
    assert thief.user_id is None
    browser.use(credential)
    assert browser.user_id is not None
    browser.post(reverse("account_logout"))
    browser.use(credential)
    assert browser.user_id is None


PARTS = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject")
NONSENSE = [
    "",
    "x",
    "null",
    "[]",
    '"text"',
    "{}",
    "1",
    '{"response": null}',
    '{"response": {"userHandle": null}}',
    '{"response": {"userHandle": "☃"}}',
    '{"response": {"userHandle": "AA"}}',
    '{"id": 1, "rawId": 1, "type": 1, "response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA"}}',
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": dict.fromkeys(PARTS, "AA")}),
]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_refused_and_no_server_error(owner, passkey, text):
    browser, half = Browser(), Browser()
    browser.asked()
    assert browser.post(reverse(USE), {"credential": text}).status_code == 302
    half.post(reverse("account_login"), LOGIN)
    half.options("mfa_authenticate")
    check(half.post(reverse("mfa_authenticate"), {"credential": text}))
    owner.options(ADD)
    check(owner.post(reverse(ADD), {"name": "x", "credential": text}))
    owner.options("mfa_reauthenticate_webauthn")
    owner.post(reverse("mfa_reauthenticate_webauthn"), {"credential": text})
    assert (browser.user_id, half.user_id) == (None, None)
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_registration_for_another_site_is_refused(owner):
    check(owner.add(SoftPasskey(origin="https://evil.example")))
    check(owner.add(SoftPasskey(rp="evil.example")))
    assert Authenticator.objects.count() == 0


def test_passkey_that_verifies_nobody_does_not_sign_in_alone(owner):
    weak = SoftPasskey()
    weak.flags = PRESENT
    check(owner.add(weak))
    assert Authenticator.objects.count() == 0


def test_api_sign_in_with_only_a_passkey_asks_for_a_recovery_code(api, passkey, ada):
    refused = api.sign_in()
    assert (refused.status_code, refused.json()["type"]) == (401, "mfa-required")
    assert "recovery code" in refused.json()["detail"]
    assert "personal access token" in refused.json()["detail"]
    wrong = api.sign_in(code="00000000")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "mfa-code-invalid")
    codes = Authenticator.objects.get(user=ada, type="recovery_codes").wrap().get_unused_codes()
    answer = api.sign_in(code=codes[0])
    assert answer.status_code == 200
    assert api.me(answer.json()["access_token"]).json()["mfa_enabled"] is True
    assert api.sign_in(code=codes[0]).status_code == 401


def test_login_page_offers_a_passkey_and_says_why_not_without_scripts(ada):
    html = check(Browser().get(reverse("account_login")))
    assert "Sign in with a passkey" in html
    assert f'data-options-url="{reverse(USE)}"' in html
    assert "<noscript>" in html
