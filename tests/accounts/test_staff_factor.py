"""The second factor of staff: what opens without it, and where it leads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from core.actor import Actor
from core.roles import StaffRole
from market.models import Instrument
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_sign_in import code_of

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN = {"login": "sam@example.org", "password": PASSWORD}
PAGE = "/staff/second-factor/?next=%2Fadmin%2Faccounts%2Fuser%2F%3Fq%3Dada"


@pytest.fixture
def required(settings) -> None:
    settings.STAFF_REQUIRE_MFA = True


@pytest.fixture
def sam(make_user) -> User:
    """A member of staff with the role that may most."""
    user = make_user("sam@example.org", email_verified=True)
    system = Actor.system("test")
    services.sync_roles(actor=system)
    services.grant_role(actor=system, user_id=user.pk, role=StaffRole.ADMIN, reason="test")
    return User.objects.get(pk=user.pk)


@pytest.fixture(params=["role", "superuser"])
def staff(request, sam) -> User:
    if request.param == "superuser":
        User.objects.filter(pk=sam.pk).update(is_superuser=True)
    return User.objects.get(pk=sam.pk)


def sign_in(client: Client, code: str = "") -> None:
    client.post(reverse("account_login"), LOGIN)
    if code:
        client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.session["_auth_user_id"]


def test_staff_without_a_second_factor_are_led_to_set_one_up(client, required, staff):
    sign_in(client)
    answer = client.get("/admin/accounts/user/", {"q": "ada"})
    assert (answer.status_code, answer.headers["Location"].lower()) == (302, PAGE.lower())
    page = client.get(answer.headers["Location"]).content.decode()
    assert reverse("mfa_activate_totp") in page
    assert reverse("mfa_add_webauthn") in page
    for path in ("/admin/", "/admin/password_change/", "/admin/jsi18n/", "/staff/mail/"):
        assert client.get(path).headers["Location"].startswith("/staff/second-factor/"), path
    before = User.objects.count()
    body = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/admin/accounts/user/add/", body).status_code == 302
    assert User.objects.count() == before


def test_as_a_person_they_go_on(client, required, staff):
    sign_in(client)
    assert client.get(reverse("dashboard")).status_code == 200
    assert client.get(reverse("settings")).status_code == 200
    assert client.post(reverse("admin:logout")).status_code in {200, 302}
    assert "_auth_user_id" not in client.session


def test_staff_who_signed_in_with_it_enter(client, required, staff):
    totp.TOTP.activate(staff, SECRET)
    sign_in(client, code_of(SECRET))
    assert client.get("/admin/").status_code == 200
    answer = client.get("/staff/second-factor/", {"next": "/admin/accounts/user/"})
    assert answer.headers["Location"] == "/admin/accounts/user/"


def test_recovery_code_is_a_second_factor_too(client, required, staff):
    totp.TOTP.activate(staff, SECRET)
    sign_in(client, RecoveryCodes.activate(staff).get_unused_codes()[0])
    assert client.get("/admin/").status_code == 200


def test_session_from_before_the_second_factor_proves_it_and_goes_on(client, required, staff):
    sign_in(client)
    totp.TOTP.activate(staff, SECRET)
    page = client.get("/admin/", follow=True).content.decode()
    prove = f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2F"
    assert prove in page
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get("/admin/").status_code == 302  # the password once more is no second factor
    answer = client.post(prove, {"code": code_of(SECRET)})
    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_unproven_address_is_proven_first(client, required, make_user):
    make_user("sam@example.org", is_staff=True)
    sign_in(client)
    page = client.get("/admin/", follow=True).content.decode()
    assert reverse("settings-security") in page
    assert reverse("mfa_activate_totp") not in page


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_page_leads_nowhere_else(client, required, staff, onward):
    sign_in(client)
    page = client.get("/staff/second-factor/", {"next": onward}).content.decode()
    assert "evil" not in page
    assert "alert(1)" not in page
    totp.TOTP.activate(staff, SECRET)
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(SECRET)})
    assert client.get("/staff/second-factor/", {"next": onward}).headers["Location"] == "/admin/"


def test_page_is_nobodys_but_staffs(client, required, ada):
    assert client.get("/staff/second-factor/").status_code == 404
    client.force_login(ada)
    assert client.get("/staff/second-factor/").status_code == 404


def test_embedded_mode_asks_for_none(client, staff):
    sign_in(client)
    assert client.get("/admin/").status_code == 200
    assert client.get("/staff/second-factor/").headers["Location"] == "/admin/"


@pytest.mark.parametrize("way", ["cookie", "token"])
def test_api_withholds_the_powers_too(client, api, required, staff, way):
    public = Instrument.objects.create(symbol="PUB", name="Public", currency="EUR")
    path = f"/api/v1/instruments/{public.uuid}"

    def rename(name: str, code: str = "") -> int:
        if way == "token":
            more = {"code": code} if code else {}
            token = api.sign_in("sam@example.org", **more).json()["access_token"]
            return api("PATCH", path, {"name": name}, token=token).status_code
        if code:
            client.post(reverse("mfa_reauthenticate"), {"code": code})
        else:
            sign_in(client)
        return client.patch(path, {"name": name}, "application/json").status_code

    assert rename("Mine") == 403
    totp.TOTP.activate(staff, SECRET)
    assert rename("Ours", code_of(SECRET)) == 200
    public.refresh_from_db()
    assert public.name == "Ours"


@pytest.mark.parametrize("is_on", [True, False])
def test_deployment_check_warns_where_it_is_off(settings, is_on):
    settings.STAFF_REQUIRE_MFA = is_on
    found = {one.id for one in run_checks(include_deployment_checks=True)}
    assert ("accounts.W001" in found) is not is_on
    assert "accounts.W001" not in {one.id for one in run_checks()}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "False"),
        ({"DATABASE_URL": "postgresql://u:p@localhost/x"}, "True"),
        ({"DATABASE_URL": "postgresql://u:p@localhost/x", "STAFF_REQUIRE_MFA": "off"}, "False"),
        ({"STAFF_REQUIRE_MFA": "on"}, "True"),
    ],
)
def test_default_is_on_outside_embedded_mode(variables, expected):
    ask = "from config import settings; print(settings.STAFF_REQUIRE_MFA)"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected
