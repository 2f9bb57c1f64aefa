"""What mail tells a user of their account; and that an address that is not proven gets none of it."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_pages import LOGIN, check, prove
from tests.accounts.test_sign_in import code_of

pytestmark = [pytest.mark.django_db(transaction=True)]
NEW = "another horse battery"


@pytest.fixture
def owner(ada) -> Client:
    """Ada's browser; her address is proven."""
    client = Client()
    client.post(reverse("account_login"), LOGIN)
    prove(client)
    return client


@pytest.fixture
def unproven(make_user) -> Client:
    """The browser of somebody whose address is not proven."""
    make_user()
    client = Client()
    client.post(reverse("account_login"), LOGIN)
    prove(client)
    mail.outbox.clear()
    return client


def told() -> list[tuple[str, list[str]]]:
    """Read what was mailed, and make sure that it is in our words."""
    found = [(one.subject, one.to) for one in mail.outbox]
    for one in mail.outbox:
        assert "\n--\nFlorin at " in one.body
        assert "Thank you for using" not in one.body
        assert "&#" not in one.body
    mail.outbox.clear()
    return found


def link_of(message) -> str:
    return next(word for word in message.body.split() if word.startswith("http"))


def change_password(client: Client) -> None:
    body = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post(reverse("account_change_password"), body).status_code == 302


def reset_password(link: str) -> None:
    client = Client()
    action = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.post(action, {"password1": NEW, "password2": NEW}).status_code == 302


def turn_app_on(client: Client) -> None:
    secret = re.search("<code>([A-Z2-7]+)</code>", check(client.get(reverse("mfa_activate_totp"))))[1]
    assert client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302


def test_new_password_is_told(owner):
    change_password(owner)
    assert told() == [("Your password was changed", ["ada@example.org"])]


def test_reset_password_is_told(ada):
    Client().post(reverse("account_reset_password"), {"email": ada.email})
    link = link_of(mail.outbox[0])
    assert told() == [("Set a new password", ["ada@example.org"])]
    reset_password(link)
    assert told() == [("Your password was reset", ["ada@example.org"])]


def test_second_factor_on_and_off_is_told_and_audited(owner, ada):
    turn_app_on(owner)
    assert Authenticator.objects.filter(user=ada, type="recovery_codes").exists()
    assert told() == [("Your authenticator app is on", ["ada@example.org"])]
    owner.post(reverse("mfa_generate_recovery_codes"))
    assert told() == [("New recovery codes were made", ["ada@example.org"])]
    owner.post(reverse("mfa_deactivate_totp"))
    assert told() == [("Your authenticator app is off", ["ada@example.org"])]
    events = AuditEvent.objects.filter(verb__startswith="user.factor").order_by("at")
    assert [(one.verb, one.after["kind"]) for one in events] == [
        ("user.factor_added", "totp"),
        ("user.factor_added", "recovery_codes"),
        ("user.factor_removed", "totp"),
    ]


def test_changed_address_is_told_to_the_old_one_once_the_new_one_is_proven(owner, ada):
    owner.post(reverse("account_email"), {"action_add": "1", "email": "new@example.org"})
    link = link_of(mail.outbox[0])
    assert told() == [("Prove your e-mail address", ["new@example.org"])]
    owner.post(link)
    assert told() == [("Your e-mail address was changed", ["ada@example.org"])]
    assert User.objects.get().email == "new@example.org"
    assert AuditEvent.objects.filter(verb="user.email_changed").count() == 1


def test_security_page_sends_the_link_again_and_says_what_is_awaited(unproven):
    html = check(unproven.get(reverse("settings-security")))
    assert "not proven yet" in html
    cache.clear()  # the link at sign-up counts against the rate of links
    unproven.post(reverse("account_email"), {"action_send": "1", "email": "ada@example.org"})
    assert told() == [("Prove your e-mail address", ["ada@example.org"])]


def test_address_that_is_not_proven_gets_only_links(unproven):
    """Everything that tells a proven address something, done by somebody who has proven none."""
    change_password(unproven)
    assert told() == []
    Client(headers={"User-Agent": "other/1"}, REMOTE_ADDR="192.0.2.9").post(
        reverse("account_login"), {**LOGIN, "password": NEW}
    )
    assert told() == []
    unproven.get(reverse("mfa_activate_totp"))
    Client().post(reverse("account_reset_password"), {"email": "ada@example.org"})
    link = link_of(mail.outbox[0])
    assert told() == [("Set a new password", ["ada@example.org"])]
    reset_password(link)
    assert told() == []


def test_address_never_proven_is_not_told_that_another_took_over(unproven):
    unproven.post(reverse("account_email"), {"action_add": "1", "email": "new@example.org"})
    link = link_of(mail.outbox[0])
    assert told() == [("Prove your e-mail address", ["new@example.org"])]
    unproven.post(link)
    assert User.objects.get().email == "new@example.org"
    assert told() == []
    change_password(unproven)
    assert told() == [("Your password was changed", ["new@example.org"])]


def test_address_that_is_not_proven_signs_in_all_the_same(unproven, api):
    assert unproven.get(reverse("settings")).status_code == 200
    assert api.sign_in().status_code == 200
    assert told() == []
