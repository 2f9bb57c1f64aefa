"""Roles of staff: what the groups say, who grants them, and what they are worth over the API."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import services
from accounts.models import User
from core import ports
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.ids import uuid7
from core.models import AuditEvent
from core.roles import StaffRole, powers
from market.models import Instrument

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
WRITING = ("add_", "change_", "delete_")
NEVER_WRITTEN = {
    "core": {"auditevent", "auditorigin"},
    "portfolios": {"portfolio", "transaction", "transactionrevision", "portfoliomember"},
    "alerts": {"alert", "clause", "trigger", "notification", "attempt"},
}


@pytest.fixture
def roles() -> None:
    services.sync_roles(actor=SYSTEM)


@pytest.fixture
def admin(make_user, roles) -> User:
    return staff(make_user, "admin@example.org", StaffRole.ADMIN)


def staff(make_user, email: str, role: StaffRole) -> User:
    user = make_user(email, email_verified=True)
    services.grant_role(actor=SYSTEM, user_id=user.pk, role=role, reason="hired")
    return User.objects.get(pk=user.pk)


def grant(actor: Actor, user: User, role: StaffRole = StaffRole.SUPPORT, reason: str = "hired") -> None:
    services.grant_role(actor=actor, user_id=user.pk, role=role, reason=reason)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_sync_makes_the_groups_once_and_then_changes_nothing():
    first = run("sync_roles")
    assert "role:support\n" in first
    assert "  + accounts.look_at_pages\n" in first
    assert {group.name for group in Group.objects.all()} == {role.group for role in StaffRole}
    for role, names in powers().items():
        rows = Group.objects.get(name=role.group).permissions.values_list(
            "content_type__app_label", "codename"
        )
        assert {f"{app}.{name}" for app, name in rows} == names
    count = AuditEvent.objects.count()
    assert run("sync_roles") == "The groups say what the roles say.\n"
    assert AuditEvent.objects.count() == count


def test_sync_removes_what_is_no_longer_there_and_leaves_other_groups(roles):
    support = Group.objects.get(name="role:support")
    support.permissions.add(Permission.objects.get(codename="delete_user"))
    support.permissions.remove(Permission.objects.get(codename="view_user"))
    Group.objects.create(name="role:janitor")
    own = Group.objects.create(name="Our own")
    own.permissions.add(Permission.objects.get(codename="delete_user"))
    with pytest.raises(SystemExit):
        run("sync_roles", "--check")
    assert Group.objects.filter(name="role:janitor").exists()
    assert run("sync_roles") == (
        "role:support\n  + accounts.view_user\n  - accounts.delete_user\nrole:janitor: no longer a role\n"
    )
    assert own.permissions.count() == 1
    event = AuditEvent.objects.get(verb="role.removed")
    assert (event.object_id, event.actor_label) == ("role:janitor", "system:sync_roles")
    run("sync_roles", "--check")


def test_role_with_an_unknown_permission_stops_the_sync(monkeypatch):
    monkeypatch.setitem(ports.staff_powers._providers, "x", lambda: {"support": ["market.fly"]})
    with pytest.raises(ImproperlyConfigured, match=r"market\.fly"):
        services.sync_roles(actor=SYSTEM)
    assert Group.objects.count() == 0


def test_admin_may_what_any_role_may_and_nobody_may_write_ledgers():
    found = powers()
    for names in found.values():
        assert names <= found[StaffRole.ADMIN]
        for name in names:
            app, codename = name.split(".")
            verb, _, model = codename.partition("_")
            assert f"{verb}_" not in WRITING or model not in NEVER_WRITTEN.get(app, set()), name
    assert not [name for name in found[StaffRole.AUDITOR] if ".view_" not in name]
    assert "accounts.delete_user" not in found[StaffRole.ADMIN]
    assert "portfolios.view_portfolio" not in found[StaffRole.SUPPORT]


def test_grant_makes_staff_and_is_audited(admin, ada):
    grant(Actor.user(admin), ada, reason="  joins the\n help desk ")
    ada = User.objects.get(pk=ada.pk)
    assert (ada.is_staff, ada.is_superuser) == (True, False)
    assert ada.has_perm("accounts.look_at_pages")
    assert not ada.has_perm("accounts.grant_role")
    event = AuditEvent.objects.get(verb="user.role_granted", object_id=str(ada.pk))
    assert (event.actor_id, event.after, event.reason) == (
        admin.pk, {"role": "support"}, "joins the help desk",
    )  # fmt: skip


def test_revoke_ends_the_role_at_the_next_request(admin, ada):
    grant(Actor.user(admin), ada)
    client = Client()
    client.force_login(ada)
    assert client.get("/admin/accounts/user/").status_code == 200
    services.revoke_role(actor=Actor.user(admin), user_id=ada.pk, role=StaffRole.SUPPORT, reason="left")
    assert client.get("/admin/accounts/user/", follow=True).status_code == 403
    ada.refresh_from_db()
    assert (ada.is_staff, ada.groups.count()) == (False, 0)
    assert AuditEvent.objects.get(verb="user.role_revoked").reason == "left"


def test_who_has_a_second_role_stays_staff(admin, ada):
    grant(Actor.user(admin), ada)
    grant(Actor.user(admin), ada, StaffRole.AUDITOR)
    services.revoke_role(actor=Actor.user(admin), user_id=ada.pk, role=StaffRole.SUPPORT, reason="moves")
    ada.refresh_from_db()
    assert (ada.is_staff, ada.has_perm("core.view_auditevent")) == (True, True)


def test_roles_are_not_granted_by_who_may_not(admin, ada, make_user):
    boss = make_user("boss@example.org", is_staff=True)
    helper = staff(make_user, "help@example.org", StaffRole.SUPPORT)
    for actor, user, error in (
        (Actor.user(ada), helper, Forbidden),
        (Actor.user(helper), ada, Forbidden),
        (Actor.user(admin), admin, Forbidden),
        (Actor.user(admin), boss, Forbidden),
        (Actor.user(admin), User(pk=uuid7()), NotFound),
        (Actor.user(admin), helper, Conflict),
    ):
        with pytest.raises(error):
            grant(actor, user)
    with pytest.raises(Conflict):
        services.revoke_role(actor=Actor.user(admin), user_id=ada.pk, role=StaffRole.SUPPORT, reason="x")
    with pytest.raises(Forbidden):
        services.revoke_role(actor=Actor.user(admin), user_id=admin.pk, role=StaffRole.ADMIN, reason="x")
    assert User.objects.get(pk=ada.pk).is_staff is False


@pytest.mark.parametrize("reason", ["", "  ", "x" * 401])
def test_role_needs_a_reason(admin, ada, reason):
    with pytest.raises(ValidationFailed) as caught:
        grant(Actor.user(admin), ada, reason=reason)
    assert [one.field for one in caught.value.errors] == ["reason"]


def test_closed_account_gets_no_role(admin, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(Conflict):
        grant(Actor.user(admin), ada)


@pytest.mark.django_db(transaction=True)
def test_role_granted_twice_at_once_is_granted_once(make_user, two_at_once):
    services.sync_roles(actor=SYSTEM)
    ada = make_user()

    def work() -> str:
        try:
            grant(SYSTEM, ada)
        except Conflict:
            return "conflict"
        return "granted"

    assert sorted(two_at_once(work)) == ["conflict", "granted"]
    assert AuditEvent.objects.filter(verb="user.role_granted").count() == 1


def test_commands_grant_and_revoke(ada):
    assert run("grant_role", "ADA@example.org", "auditor", "--reason", "audit of 2026") == (
        "ada@example.org has the role auditor.\n"
    )
    event = AuditEvent.objects.get(verb="user.role_granted")
    assert (event.actor_label, event.reason) == ("system:grant_role", "audit of 2026")
    with pytest.raises(CommandError, match="has the role"):
        run("grant_role", "ada@example.org", "auditor", "--reason", "again")
    assert run("revoke_role", "ada@example.org", "auditor", "--reason", "done") == (
        "ada@example.org no longer has the role auditor.\n"
    )
    with pytest.raises(CommandError, match="No account"):
        run("grant_role", "bob@example.org", "auditor", "--reason", "x")


@pytest.mark.parametrize(
    ("role", "status"), [("support", 403), ("auditor", 403), ("market-data", 200), ("admin", 200)]
)
def test_public_market_data_is_kept_over_the_api_by_role(make_user, roles, api, role, status):
    staff(make_user, "sam@example.org", StaffRole(role))
    public = Instrument.objects.create(symbol="PUB", name="Public", currency="EUR")
    token = api.sign_in("sam@example.org").json()["access_token"]
    answer = api("PATCH", f"/api/v1/instruments/{public.uuid}", {"name": "Renamed"}, token=token)
    assert answer.status_code == status, answer.content
    public.refresh_from_db()
    assert public.name == ("Renamed" if status == 200 else "Public")
