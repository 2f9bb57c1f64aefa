"""Sign-in by an account elsewhere, against a provider on this machine."""

from __future__ import annotations

import html
import itertools
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_pages import LOGIN, check
from tests.support.oidc import Provider, settings_for

pytestmark = pytest.mark.django_db
LOGIN_URL = "/accounts/oidc/sso/login/"


@pytest.fixture
def provider(settings):
    started = Provider()
    settings.SOCIALACCOUNT_PROVIDERS = settings_for(started.url)
    settings.OIDC_NAME = "Example ID"
    yield started
    started.close()


@pytest.fixture
def visitor() -> Client:
    return Client()


def lead(client: Client, process: str = "login", **more: str) -> str:
    """Go as far as the page that leads to the provider; answers its address there."""
    page = check(client.post(f"{LOGIN_URL}?process={process}", more))
    link = html.unescape(re.search('<a class="button button--primary" href="([^"]+)"', page)[1])
    assert f'content="0;url={html.escape(link)}"' in page
    return link


def come_back(client: Client, provider: Provider, process: str = "login", **more: str):
    """Go through the whole of it."""
    return client.get(provider.agree(lead(client, process, **more)))


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


@pytest.fixture
def ida(make_user) -> User:
    """A user here who has the address that the provider tells."""
    return make_user("ida@example.org", email_verified=True)


@pytest.fixture
def owner(ida) -> Client:
    """Ida's browser, signed in and proven once more."""
    client = Client()
    client.post(reverse("account_login"), {**LOGIN, "login": ida.email})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_off_it_is_nowhere(visitor, owner):
    assert visitor.post(LOGIN_URL).status_code == 404
    assert visitor.get(LOGIN_URL + "callback/?code=x&state=y").status_code == 404
    pages = [check(visitor.get(reverse(name))) for name in ("account_login", "account_signup")]
    pages.append(check(owner.get(reverse("settings-security"))))
    assert [page for page in pages if "/oidc/" in page or "Connected accounts" in page] == []


def test_settings_are_read_from_the_variables(monkeypatch):
    from importlib import reload

    from config.settings import people

    with monkeypatch.context() as patch:
        patch.setenv("OIDC_SERVER_URL", "https://id.example.org")
        patch.setenv("OIDC_CLIENT_ID", "florin")
        patch.setenv("OIDC_CLIENT_SECRET", "s")
        patch.setenv("OIDC_NAME", "Example")
        made = reload(people).SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        patch.delenv("OIDC_CLIENT_ID")
        with pytest.raises(people.ImproperlyConfigured, match="together"):
            reload(people)
    assert made == [
        {
            "provider_id": "sso",
            "name": "Example",
            "client_id": "florin",
            "secret": "s",
            "settings": {"server_url": "https://id.example.org"},
        }
    ]
    assert reload(people).SOCIALACCOUNT_PROVIDERS == {}


def test_first_sign_in_makes_an_account_through_our_service(visitor, provider):
    answer = visitor.get(
        provider.agree(lead(visitor, next="/settings/")), headers={"Accept-Language": "de-AT,de;q=0.8"}
    )
    user = User.objects.get()
    assert answer.headers["Location"] == "/settings/"
    assert signed_in_as(visitor) == str(user.pk)
    assert (user.email, user.name, user.base_currency, user.time_zone, user.locale) == (
        "ida@example.org",
        "Ida Example",
        "EUR",
        "UTC",
        "de-AT",
    )
    assert user.has_usable_password() is False
    assert list(EmailAddress.objects.values_list("email", "primary", "verified")) == [
        ("ida@example.org", True, True)
    ]
    verbs = list(AuditEvent.objects.order_by("at").values_list("verb", flat=True))
    assert verbs == ["user.signed_up", "user.signed_in"]
    assert SocialToken.objects.count() == 0


def test_next_sign_in_opens_the_same_account(visitor, provider):
    come_back(visitor, provider)
    again = Client()
    provider.claims["email"] = "moved@example.org"
    come_back(again, provider)
    assert signed_in_as(again) == signed_in_as(visitor)
    assert list(User.objects.values_list("email", flat=True)) == ["ida@example.org"]


@pytest.mark.parametrize("verified", [False, None, "false", "no", 1])
def test_address_that_the_provider_does_not_vouch_for_gets_our_link(visitor, provider, verified):
    provider.claims["email_verified"] = verified
    come_back(visitor, provider)
    assert EmailAddress.objects.get().verified is False
    assert [one.subject for one in mail.outbox] == ["Prove your e-mail address"]


def test_without_an_address_the_page_asks_for_one(visitor, provider):
    del provider.claims["email"]
    assert come_back(visitor, provider).headers["Location"] == reverse("socialaccount_signup")
    page = reverse("socialaccount_signup")
    assert "Example ID told us no e-mail address" in check(visitor.get(page))
    check(visitor.post(page, {"email": "no", "base_currency": "CHF"}))
    visitor.post(page, {"email": "Ida@example.org", "base_currency": "CHF", "time_zone": "Europe/Zurich"})
    user = User.objects.get()
    assert (user.email, user.name, user.base_currency, user.time_zone) == (
        "ida@example.org",
        "Ida Example",
        "CHF",
        "Europe/Zurich",
    )
    assert EmailAddress.objects.get().verified is False
    assert signed_in_as(visitor) == str(user.pk)


def test_page_that_asks_for_an_address_takes_none_that_has_an_account(visitor, provider, ida):
    del provider.claims["email"]
    come_back(visitor, provider)
    check(visitor.post(reverse("socialaccount_signup"), {"email": ida.email, "base_currency": "CHF"}))
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)


AGREEMENTS = list(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize("agreed", AGREEMENTS, ids=str)
def test_account_with_the_address_is_taken_only_where_all_agree(
    visitor, provider, make_user, settings, agreed
):
    settings.OIDC_TRUST_EMAIL, there, here = agreed
    user = make_user("ida@example.org", email_verified=here)
    provider.claims["email_verified"] = there
    answer = come_back(visitor, provider)
    if all(agreed):
        assert answer.headers["Location"] == reverse("dashboard")
        assert signed_in_as(visitor) == str(user.pk)
        assert SocialAccount.objects.get().user == user
        assert [one.subject for one in mail.outbox] == ["An account was connected"]
    else:
        assert "Sign in and connect" in check(answer, 409)
        assert signed_in_as(visitor) is None
        assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_address_that_somebody_else_waits_to_prove_is_not_theirs(visitor, provider, make_user, settings):
    """A squatter asks for the address as their new one; its owner does not land in the squatter's account."""
    settings.OIDC_TRUST_EMAIL = True
    squatter = make_user("squatter@example.org", email_verified=True)
    EmailAddress.objects.create(user=squatter, email="ida@example.org", verified=False)
    come_back(visitor, provider)
    assert signed_in_as(visitor) not in {None, str(squatter.pk)}
    assert EmailAddress.objects.get(email="ida@example.org").user.email == "ida@example.org"


def test_address_that_two_wait_to_prove_is_no_way_in(visitor, provider, make_user):
    provider.claims["email_verified"] = False
    squatter = make_user("squatter@example.org", email_verified=True)
    EmailAddress.objects.create(user=squatter, email="ida@example.org", verified=False)
    check(come_back(visitor, provider), 409)
    assert User.objects.count() == 1


def test_owner_connects_signs_in_by_it_and_disconnects(owner, provider, ida):
    security = check(owner.get(reverse("settings-security")))
    assert "Connect your account at Example ID" in security
    page = reverse("socialaccount_connections")
    assert "None is connected" in check(owner.get(page))
    assert come_back(owner, provider, "connect").headers["Location"] == page
    assert "ida@example.org" in check(owner.get(page))
    assert "ida@example.org" in check(owner.get(reverse("settings-security")))
    elsewhere = Client()
    come_back(elsewhere, provider)
    assert signed_in_as(elsewhere) == str(ida.pk)
    assert owner.post(page, {"account": SocialAccount.objects.get().pk}).headers["Location"] == page
    assert SocialAccount.objects.count() == 0
    assert [one.subject for one in mail.outbox] == ["An account was connected", "An account was disconnected"]
    assert "Example ID" in mail.outbox[0].body
    found = AuditEvent.objects.filter(verb__startswith="user.account_").order_by("at")
    assert list(found.values_list("verb", flat=True)) == [
        "user.account_connected",
        "user.account_disconnected",
    ]


def test_connecting_asks_for_the_password_once_more(provider, ida):
    client = Client()
    client.post(reverse("account_login"), {**LOGIN, "login": ida.email})
    assert come_back(client, provider, "connect").headers["Location"] == reverse("account_reauthenticate")
    assert SocialAccount.objects.count() == 0
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert SocialAccount.objects.get().user == ida


def test_account_of_another_is_not_connected(owner, provider, visitor, ida):
    provider.claims["email"] = "other@example.org"
    come_back(visitor, provider)
    come_back(owner, provider, "connect")
    assert SocialAccount.objects.get().user.email == "other@example.org"
    assert "is connected to another account here" in check(owner.get(reverse("socialaccount_connections")))


def test_last_account_of_somebody_without_a_password_stays(visitor, provider):
    come_back(visitor, provider)
    page = reverse("socialaccount_connections")
    assert "Set a password first" in check(visitor.post(page, {"account": SocialAccount.objects.get().pk}))
    assert SocialAccount.objects.count() == 1
    check(visitor.get(reverse("account_set_password")))


def test_second_factor_is_asked_for_all_the_same(owner, provider, ida):
    come_back(owner, provider, "connect")
    totp.TOTP.activate(ida, totp.generate_totp_secret())
    elsewhere = Client()
    assert come_back(elsewhere, provider).headers["Location"] == reverse("mfa_authenticate")
    assert signed_in_as(elsewhere) is None


def refused(answer) -> None:
    page = check(answer, 401)
    assert "You are not signed in" in page


def test_state_of_another_browser_is_refused(visitor, provider):
    thief = Client()
    back = provider.agree(lead(thief))
    refused(visitor.get(back))
    assert (signed_in_as(visitor), User.objects.count()) == (None, 0)


def test_state_counts_once(visitor, provider):
    back = provider.agree(lead(visitor))
    visitor.get(back)
    visitor.post(reverse("account_logout"))
    refused(visitor.get(back))


def test_made_up_and_missing_state_is_refused(visitor, provider):
    for query in ("code=code-0&state=made-up", "code=code-0", ""):
        refused(visitor.get(f"{LOGIN_URL}callback/?{query}"))


def test_question_carries_state_nonce_and_challenge_anew(visitor, provider):
    asked = [parse_qs(urlsplit(lead(visitor)).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        first, second = (one[name][0] for one in asked)
        assert len(first) >= 16
        assert first != second


@pytest.mark.parametrize(
    ("token", "userinfo"),
    [
        ({"nonce": "of another"}, {}),
        ({"nonce": None}, {}),
        ({"nonce": 1}, {}),
        ({"aud": "another client"}, {}),
        ({"iss": "https://another.example"}, {}),
        ({"exp": 1}, {}),
        ({}, {"sub": "person-2"}),
        ({"sub": ""}, {"sub": ""}),
    ],
)
def test_identity_that_does_not_answer_our_question_is_refused(visitor, provider, token, userinfo):
    provider.token, provider.userinfo = token, userinfo
    refused(come_back(visitor, provider))
    assert (signed_in_as(visitor), User.objects.count()) == (None, 0)


def test_answer_without_an_identity_token_is_refused(visitor, provider):
    provider.without_token = True
    refused(come_back(visitor, provider))
    assert User.objects.count() == 0


def test_person_who_declines_is_told_that_nothing_happened(visitor, provider):
    state = parse_qs(urlsplit(lead(visitor)).query)["state"][0]
    answer = visitor.get(f"{LOGIN_URL}callback/?error=access_denied&state={state}")
    assert answer.headers["Location"] == reverse("socialaccount_login_cancelled")
    check(visitor.get(answer.headers["Location"]))


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/userinfo"])
def test_provider_that_fails_on_the_way_back_is_503_or_401(visitor, provider, path):
    back = provider.agree(lead(visitor))
    provider.broken = {path: 500}
    answer = visitor.get(back)
    if path == "/token":  # it answered, and refused the code
        refused(answer)
    else:
        assert "Example ID does not answer" in check(answer, 503)
    assert User.objects.count() == 0


def test_provider_that_is_down_is_503(visitor, provider):
    back = provider.agree(lead(visitor))
    provider.close()
    for answer in (visitor.post(LOGIN_URL), visitor.get(back)):
        assert "Example ID does not answer. You are not signed in by it." in check(answer, 503)


def test_configuration_without_endpoints_is_503(visitor, provider, monkeypatch):
    monkeypatch.setattr(provider, "answer", lambda *_: (200, {}))
    check(visitor.post(LOGIN_URL), 503)


def test_link_asks_before_it_leads_away(visitor, provider):
    assert "Sign in with Example ID?" in check(visitor.get(LOGIN_URL))
    assert "Connect Example ID?" in check(visitor.get(f"{LOGIN_URL}?process=connect"))


def test_sign_in_does_not_lead_to_another_site(visitor, provider):
    assert come_back(visitor, provider, next="https://evil.example/").headers["Location"] == reverse(
        "dashboard"
    )


def test_form_needs_the_csrf_token(provider):
    assert Client(enforce_csrf_checks=True).post(LOGIN_URL).status_code == 403


def test_person_without_a_password_signs_in_once_more_to_take_their_data(visitor, provider):
    come_back(visitor, provider)
    session = visitor.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 3600
    session.save()
    page = check(visitor.get(reverse("settings-data")))
    action = html.unescape(re.search(r'action="([^"]*/oidc/[^"]*)"', page)[1])
    leaving = check(visitor.post(action))
    link = html.unescape(re.search('<a class="button button--primary" href="([^"]+)"', leaving)[1])
    assert parse_qs(urlsplit(link).query)["prompt"] == ["login"]
    assert visitor.get(provider.agree(link)).headers["Location"] == reverse("settings-data")
    assert 'type="password"' not in check(visitor.get(reverse("settings-data")))
    answer = visitor.post(reverse("settings-data-export"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
