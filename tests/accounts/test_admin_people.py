"""What staff do to people's accounts: which fields, which acts, with a reason, and to whom never."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts import services
from accounts.models import BrowserSession, User
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.ids import uuid7
from core.models import AuditEvent
from core.roles import StaffRole
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
CHANGES = {
    "name": "Ada L.",
    "base_currency": "EUR",
    "time_zone": "UTC",
    "locale": "en",
    "appearance": "system",
    "gain_colours": "green-red",
}
ACTS = [
    services.close_account,
    services.open_account,
    services.sign_out_everywhere,
    services.send_reset_link,
    services.remove_factors,
]


@pytest.fixture
def boss(make_user) -> User:
    return make_user("boss@example.org", is_staff=True, email_verified=True)


@pytest.fixture
def member(make_user):
    """Make a member of staff with a role, and the browser of theirs."""
    services.sync_roles(actor=SYSTEM)

    def make(role: str) -> tuple[User, Client]:
        user = make_user(f"{role}@example.org", email_verified=True)
        services.grant_role(actor=SYSTEM, user_id=user.pk, role=StaffRole(role), reason="test")
        client = Client()
        client.force_login(user)
        return User.objects.get(pk=user.pk), client

    return make


@pytest.fixture
def support(member) -> Client:
    return member("support")[1]


def change(client: Client, user: User, **more):
    return client.post(reverse("admin:accounts_user_change", args=[user.pk]), {**CHANGES, **more})


def act(client: Client, name: str, *users: User, reason: str = "they asked"):
    body = {
        "action": name,
        "_selected_action": [user.pk for user in users],
        "confirmed": "yes",
        "reason": reason,
    }
    return client.post(reverse("admin:accounts_user_changelist"), body, follow=True)


def test_support_changes_preferences_by_the_service(support, ada):
    page = support.get(reverse("admin:accounts_user_change", args=[ada.pk])).content.decode()
    assert {name for name in re.findall(r'name="(\w+)"', page) if name in CHANGES} == set(CHANGES)
    assert change(support, ada).status_code == 302
    ada.refresh_from_db()
    assert ada.name == "Ada L."
    event = AuditEvent.objects.get(verb="user.profile_changed")
    assert (event.object_id, event.after) == (str(ada.pk), {"fields": ["name"]})
    assert change(support, ada, time_zone="Mars/Olympus").status_code == 200


def test_support_changes_nothing_that_opens_an_account_or_what_it_may(support, ada):
    before = User.objects.filter(pk=ada.pk).values().get()
    more = {
        "email": "evil@example.org", "is_staff": "on", "is_superuser": "on", "is_active": "", "password": "x",
        "groups": [Group.objects.get(name="role:admin").pk],
        "user_permissions": [Permission.objects.first().pk],
    }  # fmt: skip
    assert change(support, ada, **more).status_code == 302
    after = User.objects.filter(pk=ada.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"name"}
    assert (ada.groups.count(), ada.user_permissions.count()) == (0, 0)


@pytest.mark.parametrize("role", ["support", "admin"])
def test_nobody_raises_themselves(member, role):
    user, client = member(role)
    change(client, user, is_superuser="on", groups=[Group.objects.get(name="role:admin").pk])
    act(client, "grant_auditor", user)
    user = User.objects.get(pk=user.pk)
    assert user.is_superuser is False
    assert [group.name for group in user.groups.all()] == [f"role:{role}"]


@pytest.mark.parametrize("role", ["support", "admin"])
def test_account_of_a_superuser_is_only_looked_at(member, boss, role):
    client = member(role)[1]
    url = reverse("admin:accounts_user_change", args=[boss.pk])
    assert client.get(url).status_code == 200
    assert change(client, boss).status_code == 403
    for name in ("close", "sign_out", "send_link", "grant_support", "revoke_support"):
        act(client, name, boss)
    boss.refresh_from_db()
    assert (boss.name, boss.is_active, boss.groups.count()) == ("", True, 0)
    assert not AuditEvent.objects.filter(actor_label__contains="user:", object_id=str(boss.pk)).exclude(
        actor_id=boss.pk
    )


def test_support_does_nothing_to_other_staff(support, member):
    auditor = member("auditor")[0]
    assert change(support, auditor).status_code == 403
    for name in ("close", "sign_out", "send_link"):
        assert "Only who grants roles" in act(support, name, auditor).content.decode()
    auditor.refresh_from_db()
    assert auditor.is_active


def test_superuser_sets_powers_and_never_their_own(boss, ada):
    client = Client()
    client.force_login(boss)
    group = Group.objects.create(name="Our own")
    assert change(client, ada, is_superuser="on", groups=[group.pk]).status_code == 302
    ada = User.objects.get(pk=ada.pk)
    assert (ada.is_superuser, ada.is_staff, list(ada.groups.all())) == (True, True, [group])
    assert AuditEvent.objects.get(verb="user.changed_by_staff").after == {
        "fields": ["groups", "is_superuser"]
    }
    assert change(client, ada).status_code == 302
    ada = User.objects.get(pk=ada.pk)
    assert (ada.is_superuser, ada.is_staff, ada.groups.count()) == (False, False, 0)
    assert change(client, boss).status_code == 200  # without is_superuser: their own powers stay
    assert User.objects.get(pk=boss.pk).is_superuser


def test_closing_ends_sessions_and_tokens_at_once(support, ada, api):
    token = api.sign_in().json()["access_token"]
    issued = services.create_personal_token(
        actor=Actor.user(ada), user_id=ada.pk, name="x", scopes=["market:read"], expires_at=None
    )
    browser = Client()
    browser.force_login(ada)
    assert browser.get("/settings/").status_code == 200
    assert "Close the account: done for 1." in act(support, "close", ada).content.decode()
    assert browser.get("/settings/").status_code == 302
    assert api.me(token).status_code == 401
    assert api("GET", "/api/v1/instruments", token=issued.secret).status_code == 401
    assert api.sign_in().status_code == 401
    assert BrowserSession.objects.filter(user=ada).count() == 0
    event = AuditEvent.objects.get(verb="user.closed")
    assert (event.object_id, event.reason, event.after) == (str(ada.pk), "they asked", {"ended": 2})
    act(support, "reopen", ada)
    assert api.sign_in().status_code == 200
    assert api.me(token).status_code == 401
    assert api("GET", "/api/v1/instruments", token=issued.secret).status_code == 401
    assert AuditEvent.objects.get(verb="user.opened").reason == "they asked"


def test_closing_ends_the_looks_of_and_at_a_person(member, ada):
    services.allow_support(actor=Actor.user(ada), user_id=ada.pk)
    helper = member("support")[0]
    access = services.start_access(actor=Actor.user(helper), person_id=ada.pk, reason="x", minutes=5)
    services.close_account(actor=SYSTEM, user_id=helper.pk, reason="left")
    access.refresh_from_db()
    assert access.end == "refused"


def test_signing_out_leaves_the_account_open(support, ada, api):
    token = api.sign_in().json()["access_token"]
    act(support, "sign_out", ada)
    assert api.me(token).status_code == 401
    assert AuditEvent.objects.get(verb="user.signed_out_by_staff").after == {"ended": 1}
    assert api.sign_in().status_code == 200


@pytest.mark.django_db(transaction=True)
def test_link_for_a_new_password_goes_by_mail_and_no_page_sets_one(support, ada):
    act(support, "send_link", ada)
    (letter,) = mail.outbox
    assert letter.to == ["ada@example.org"]
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", letter.body)[1]
    visitor = Client()
    form = visitor.get(link, follow=True).redirect_chain[-1][0]
    visitor.post(form, {"password1": "another horse battery", "password2": "another horse battery"})
    ada.refresh_from_db()
    assert ada.check_password("another horse battery")
    assert AuditEvent.objects.get(verb="user.reset_link_sent").reason == "they asked"
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[ada.pk])


@pytest.mark.django_db(transaction=True)
def test_account_is_made_by_its_address_alone(member):
    client = member("admin")[1]
    body = {"email": "New@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("admin:accounts_user_add"), body).status_code == 302
    user = User.objects.get(email="new@example.org")
    assert (user.has_usable_password(), user.is_staff) == (False, False)
    assert [letter.to for letter in mail.outbox] == [["new@example.org"]]
    assert "/accounts/password/reset/key/" in mail.outbox[0].body
    assert AuditEvent.objects.filter(verb="user.made_by_staff").count() == 1
    answer = client.post(reverse("admin:accounts_user_add"), {"email": "NEW@example.org"})
    assert answer.status_code == 200
    assert User.objects.filter(email="new@example.org").count() == 1


def test_roles_are_granted_and_revoked_by_action(member, ada):
    client = member("admin")[1]
    act(client, "grant_auditor", ada, reason="audit of 2026")
    assert User.objects.get(pk=ada.pk).has_perm("core.view_auditevent")
    event = AuditEvent.objects.get(verb="user.role_granted", object_id=str(ada.pk))
    assert (event.after, event.reason) == ({"role": "auditor"}, "audit of 2026")
    act(client, "revoke_auditor", ada, reason="done")
    assert User.objects.get(pk=ada.pk).is_staff is False


@pytest.mark.parametrize("service", ACTS, ids=lambda one: one.__name__)
def test_acts_need_power_reason_and_somebody_else(service, ada, member, make_user):
    role = "admin" if service is services.remove_factors else "support"
    helper, auditor = Actor.user(member(role)[0]), Actor.user(member("auditor")[0])
    for actor, user_id, reason, error in (
        (helper, ada.pk, " ", ValidationFailed),
        (helper, ada.pk, "x" * 401, ValidationFailed),
        (helper, helper.user_id, "x", Forbidden),
        (helper, uuid7(), "x", NotFound),
        (auditor, ada.pk, "x", Forbidden),
        (Actor.user(ada), make_user("bob@example.org").pk, "x", Forbidden),
    ):
        with pytest.raises(error):
            service(actor=actor, user_id=user_id, reason=reason)


def test_closed_is_not_closed_again_and_open_not_opened(ada):
    with pytest.raises(Conflict):
        services.open_account(actor=SYSTEM, user_id=ada.pk, reason="x")
    services.close_account(actor=SYSTEM, user_id=ada.pk, reason="x")
    for service in (services.close_account, services.send_reset_link):
        with pytest.raises(Conflict):
            service(actor=SYSTEM, user_id=ada.pk, reason="x")


@pytest.mark.django_db(transaction=True)
def test_account_closed_twice_at_once_is_closed_once(ada, two_at_once):
    def work() -> str:
        try:
            services.close_account(actor=SYSTEM, user_id=ada.pk, reason="x")
        except Conflict:
            return "conflict"
        return "closed"

    assert sorted(two_at_once(work)) == ["closed", "conflict"]
    assert AuditEvent.objects.filter(verb="user.closed").count() == 1


def offered(client: Client, user: User) -> set[str]:
    page = client.get(reverse("admin:accounts_user_change", args=[user.pk]))
    return {action.name for action in page.context["reasoned_actions"]}


@pytest.mark.django_db(transaction=True)
def test_lost_second_factor_is_removed_and_its_person_told(member, ada, api):
    token = api.sign_in().json()["access_token"]
    TOTP.activate(ada, generate_totp_secret())
    RecoveryCodes.activate(ada)
    assert "remove_factors" not in offered(member("support")[1], ada)
    _, client = member("admin")
    assert "remove_factors" in offered(client, ada)
    assert "done for 1" in act(client, "remove_factors", ada).content.decode()
    assert list(Authenticator.objects.filter(user=ada)) == []
    assert api.me(token).status_code == 401
    assert api.sign_in().status_code == 200
    event = AuditEvent.objects.get(verb="user.factors_removed_by_staff")
    assert event.after == {"kinds": ["recovery_codes", "totp"]}
    assert event.reason != ""
    assert [(one.to, one.subject) for one in mail.outbox][-1] == (
        ["ada@example.org"],
        "Your second factors were removed",
    )
    with pytest.raises(Conflict, match="no second factor"):
        services.remove_factors(actor=SYSTEM, user_id=ada.pk, reason="x")


def test_page_offers_what_would_change_something(member, ada, boss):
    user, client = member("admin")
    grants = {f"grant_{role.name.lower()}" for role in StaffRole}
    assert offered(client, ada) == {"send_link", "sign_out", "close"} | grants
    services.grant_role(actor=SYSTEM, user_id=ada.pk, role=StaffRole.AUDITOR, reason="x")
    assert offered(client, ada) == {"send_link", "sign_out", "close", "revoke_auditor"} | grants - {
        "grant_auditor"
    }
    services.close_account(actor=SYSTEM, user_id=ada.pk, reason="x")
    assert offered(client, ada) == {"reopen", "revoke_auditor"}
    assert offered(client, boss) == set()
    assert offered(client, user) == set()
    assert offered(member("support")[1], ada) == set()
