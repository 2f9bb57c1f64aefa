"""The pages of signing in and of an account."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_sign_in import NOON

pytestmark = pytest.mark.django_db
LOGIN = {"login": "ada@example.org", "password": PASSWORD}
SIGN_UP = {
    "email": "ada@example.org",
    "password1": PASSWORD,
    "base_currency": "CHF",
    "time_zone": "Europe/Zurich",
}


@pytest.fixture
def browser(client: Client) -> Client:
    """A visitor's browser."""
    return client


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    """Ada's browser, just signed in with her password."""
    assert client.post(reverse("account_login"), LOGIN).status_code == 302
    return client


@pytest.fixture
def fresh_user(signed_in: Client) -> User:
    return User.objects.get(email="ada@example.org")


class Inline(HTMLParser):
    """Find what the strict content policy forbids, and the frame of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []
        self.in_script = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.tags.append(tag)
        # JSON for a script is data, and no script
        is_data = names.get("type") == "application/json"
        self.in_script = tag == "script" and "src" not in names and not is_data
        bad = [name for name in names if name == "style" or name.startswith("on")]
        addresses = [names.get(key) or "" for key in ("src", "action") if key in names]
        bad += [one for one in addresses if one.startswith(("http", "//"))]
        if bad or tag == "style" or self.in_script:
            self.found.append(f"{tag} {bad}")


def check(response, status: int = 200) -> str:
    """Make sure that the page is ours and clean; answers its text."""
    html = response.content.decode()
    parsed = Inline(html)
    assert response.status_code == status
    assert parsed.found == []
    assert parsed.tags.count("h1") == 1
    assert "main" in parsed.tags
    assert "css/tokens.css" in html
    assert "Florin" in re.search("<title>(.*?)</title>", html, re.DOTALL)[1]
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    return html


OPEN = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_inactive",
    "account_email_verification_sent",
    "socialaccount_login_cancelled",
]
OWN = [
    "settings",
    "settings-erase",
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "socialaccount_connections",
]


@pytest.mark.parametrize("name", OPEN)
def test_open_page_is_in_our_frame(browser, name):
    check(browser.get(reverse(name)))


@pytest.mark.parametrize("name", OWN)
def test_own_page_is_in_our_frame_and_needs_a_sign_in(signed_in, name):
    check(signed_in.get(reverse(name)))
    stranger = Client().get(reverse(name))
    assert (stranger.status_code, stranger.headers["Location"].startswith("/accounts/login/")) == (
        302,
        name != "account_logout",
    )


def test_failed_sign_in_elsewhere_is_in_our_frame(browser):
    check(browser.get(reverse("socialaccount_login_error")), 401)


def test_confirm_login_code_page_without_a_code_leads_to_sign_in(browser):
    assert browser.get(reverse("account_confirm_login_code")).status_code == 302


def test_broken_links_say_what_to_do(browser):
    check(browser.get(reverse("account_confirm_email", args=["nonsense"])))
    key = reverse("account_reset_password_from_key", kwargs={"uidb36": "x", "key": "y-z"})
    check(browser.get(key))


def test_sign_up_page_makes_an_account_with_what_the_browser_told(browser):
    response = browser.post(reverse("account_signup"), SIGN_UP, headers={"Accept-Language": "de"})
    user = User.objects.get()
    assert response.headers["Location"] == reverse("dashboard")
    assert (user.email, user.base_currency, user.time_zone, user.locale) == (
        "ada@example.org",
        "CHF",
        "Europe/Zurich",
        "de",
    )
    assert list(EmailAddress.objects.values_list("email", "primary", "verified")) == [
        ("ada@example.org", True, False)
    ]
    assert browser.session["_auth_user_id"] == str(user.pk)
    verbs = list(AuditEvent.objects.order_by("at").values_list("verb", flat=True))
    assert verbs == ["user.signed_up", "user.signed_in"]


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("en-GB,en;q=0.9,de;q=0.8", "en-GB"),
        ("fr-FR,de-CH;q=0.9", "de-CH"),
        ("fr", "en"),
        ("", "en"),
        ("de-x-y;;,de", "en"),
    ],
)
def test_sign_up_page_takes_the_browsers_locale(browser, header, locale):
    browser.post(reverse("account_signup"), SIGN_UP, headers={"Accept-Language": header})
    assert User.objects.get().locale == locale


def test_sign_up_page_with_a_strange_time_zone_takes_utc(browser):
    browser.post(reverse("account_signup"), {**SIGN_UP, "time_zone": "Mars/Olympus"})
    assert User.objects.get().time_zone == "UTC"


def test_sign_up_page_with_a_weak_password_says_why(browser):
    html = check(browser.post(reverse("account_signup"), {**SIGN_UP, "password1": "short"}))
    assert "This password is too short" in html
    assert User.objects.count() == 0


def test_sign_up_page_with_a_taken_address_makes_nobody(browser, ada):
    browser.post(reverse("account_signup"), SIGN_UP)
    assert User.objects.count() == 1
    assert "_auth_user_id" not in browser.session


@pytest.mark.django_db(transaction=True)
def test_sign_up_page_sent_twice_at_once_makes_one(two_at_once):
    def sign_up() -> bool:
        visitor = Client()
        response = visitor.post(reverse("account_signup"), SIGN_UP)
        assert response.status_code in {200, 302}
        return "_auth_user_id" in visitor.session

    assert sorted(two_at_once(sign_up)) == [False, True]
    assert User.objects.count() == 1


def test_sign_up_page_sends_a_link_that_proves_the_address(browser):
    browser.post(reverse("account_signup"), SIGN_UP)
    (message,) = mail.outbox
    link = next(word for word in message.body.split() if word.startswith("http"))
    html = check(browser.get(link))
    assert "ada@example.org" in html
    assert browser.post(link).status_code == 302
    assert EmailAddress.objects.get().verified is True


def test_sign_in_page_is_audited(signed_in, ada):
    assert AuditEvent.objects.get(verb="user.signed_in").actor_id == ada.pk


def test_sign_in_page_refuses_wrong_and_unknown_alike(browser, ada):
    wrong = check(browser.post(reverse("account_login"), {**LOGIN, "password": "wrong"}))
    unknown = check(
        browser.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"})
    )
    message = "The email address and/or password you specified are not correct."
    assert message in wrong
    assert message in unknown


@time_machine.travel(NOON, tick=False)
def test_sign_in_page_counts_guesses_together_with_the_api(browser, api, ada):
    for _ in range(5):
        browser.post(reverse("account_login"), {**LOGIN, "password": "wrong"})
        api.sign_in(password="wrong")
    assert api.sign_in().status_code == 429
    assert "Too many failed login attempts" in check(browser.post(reverse("account_login"), LOGIN))


def test_sign_in_page_beyond_the_rate_answers_429(browser, db):
    for number in range(30):
        browser.post(reverse("account_login"), {"login": f"{number}@example.org", "password": "x"})
    check(browser.post(reverse("account_login"), LOGIN), 429)


def test_sign_in_page_of_a_closed_account_says_so(browser, ada):
    User.objects.update(is_active=False)
    response = browser.post(reverse("account_login"), LOGIN)
    assert response.headers["Location"] == reverse("account_inactive")


def test_sign_in_page_does_not_lead_to_another_site(browser, ada):
    response = browser.post(reverse("account_login") + "?next=https://evil.example/", LOGIN)
    assert response.headers["Location"] == reverse("dashboard")


def test_sign_out_page_ends_the_session_and_is_audited(signed_in):
    response = signed_in.post(reverse("account_logout"))
    assert response.headers["Location"] == reverse("landing")
    assert "_auth_user_id" not in signed_in.session
    assert AuditEvent.objects.filter(verb="user.signed_out").count() == 1


def test_password_reset_page_sets_a_new_one_and_ends_every_sign_in(browser, api, ada, tokens):
    check(browser.post(reverse("account_reset_password"), {"email": "ADA@example.org"}, follow=True))
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))
    form = browser.get(link, follow=True)
    check(form)
    action = form.redirect_chain[-1][0]
    new = "another horse battery"
    done = browser.post(action, {"password1": new, "password2": new}, follow=True)
    check(done)
    assert api.me(tokens["access_token"]).status_code == 401
    assert api.sign_in(password=new).status_code == 200
    assert AuditEvent.objects.filter(verb="user.password_changed").count() == 1
    check(browser.get(link, follow=True))


@pytest.mark.django_db(transaction=True)
@time_machine.travel(NOON, tick=False)
def test_password_reset_page_opens_an_account_that_was_guessed_at(browser, api, ada, mailoutbox):
    for _ in range(11):
        api.sign_in(password="wrong")
    browser.post(reverse("account_reset_password"), {"email": ada.email})
    link = next(word for word in mailoutbox[0].body.split() if word.startswith("http"))
    action = browser.get(link, follow=True).redirect_chain[-1][0]
    new = "another horse battery"
    browser.post(action, {"password1": new, "password2": new})
    assert api.sign_in(password=new).status_code == 200


def test_password_reset_page_of_an_unknown_address_answers_alike(browser, ada):
    known = browser.post(reverse("account_reset_password"), {"email": ada.email})
    unknown = browser.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert [one.to for one in mail.outbox] == [["ada@example.org"], ["nobody@example.org"]]


def test_password_change_page_keeps_this_session_and_ends_the_tokens(signed_in, api, ada):
    token = api.sign_in().json()["access_token"]
    new = "another horse battery"
    body = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    check(signed_in.post(reverse("account_change_password"), {**body, "oldpassword": "x"}))
    assert signed_in.post(reverse("account_change_password"), body).status_code == 302
    check(signed_in.get(reverse("settings")))
    assert api.me(token).status_code == 401


def prove(browser: Client) -> None:
    """Type the password once more, as each change of how one signs in asks."""
    assert browser.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
