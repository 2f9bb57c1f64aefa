"""A session id that an attacker planted or read must not become the victim's signed-in session."""

from __future__ import annotations

from importlib import import_module

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from core.actor import Actor
from tests.accounts.test_pages import SIGN_UP
from tests.accounts.test_sign_in import code_of
from tests.attacks.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
NEW = "another horse battery"


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def holder_of(key: str) -> Client:
    """Open the site with nothing but a session id, as a thief does."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("settings")).status_code == 200


@pytest.fixture
def planted() -> Client:
    """A victim's browser with a session that the attacker began and knows."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["planted"] = True
    store.save()
    return holder_of(store.session_key)


def test_id_that_nobody_issued_is_not_adopted(victim):
    client = holder_of("attackerchosenattackerchosenatta")
    sign_in(client)
    assert key_of(client) != "attackerchosenattackerchosenatta"
    assert is_in(client)
    assert not is_in(holder_of("attackerchosenattackerchosenatta"))


def test_sign_in_gives_a_new_id_and_the_planted_one_opens_nothing(victim, planted):
    known = key_of(planted)
    sign_in(planted)
    assert key_of(planted) != known
    assert not is_in(holder_of(known))
    assert not import_module(settings.SESSION_ENGINE).SessionStore().exists(known)


def test_sign_up_gives_a_new_id(planted):
    known = key_of(planted)
    answer = planted.post(reverse("account_signup"), SIGN_UP)
    assert answer.status_code == 302
    assert key_of(planted) != known
    assert is_in(planted)
    assert not is_in(holder_of(known))


def test_second_factor_gives_a_new_id(victim, planted):
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(victim, secret)
    sign_in(planted)
    between = key_of(planted)
    assert not is_in(holder_of(between))
    answer = planted.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert answer.status_code == 302
    assert key_of(planted) != between
    assert is_in(planted)
    assert not is_in(holder_of(between))


def test_new_password_gives_a_new_id_and_ends_every_other_session(victim):
    client, other = sign_in(Client()), sign_in(Client())
    known = key_of(client)
    answer = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    )
    assert answer.status_code == 302
    assert key_of(client) != known
    assert is_in(client)
    assert not is_in(holder_of(known))
    assert not is_in(other)


def test_password_changed_elsewhere_ends_the_session(victim, signed_in):
    assert is_in(signed_in)
    services.set_password(actor=Actor.user(victim), user=User.objects.get(pk=victim.pk), password=NEW)
    assert not is_in(signed_in)


def test_id_is_worth_nothing_after_sign_out(signed_in):
    known = key_of(signed_in)
    signed_in.post(reverse("account_logout"))
    assert not is_in(holder_of(known))


def test_id_in_the_address_or_a_header_is_no_session(signed_in):
    key = key_of(signed_in)
    assert Client().get(reverse("settings"), {settings.SESSION_COOKIE_NAME: key}).status_code == 302
    assert Client().get(reverse("settings"), headers={"X-Session-Id": key}).status_code == 302


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(signed_in):
    cookie = signed_in.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True,
        "Lax",
        "/",
        "",
    )
