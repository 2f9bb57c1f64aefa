"""Staff look at a person's pages: with consent, announced, read-only, on record, and never at staff."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.errors import LookOnly, SupportNotAllowed
from accounts.middleware import refuse_writes
from accounts.models import BrowserSession, KnownOrigin, SupportAccess, User
from core.actor import Actor
from core.errors import Forbidden, NotFound, ValidationFailed
from core.models import AuditEvent
from core.roles import StaffRole
from tests.api.routes import pages, routes
from tests.api.test_page_permissions import page_scene
from tests.api.test_permissions import Person, everything

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def sam(make_user) -> User:
    """A member of support."""
    user = make_user("sam@example.org", email_verified=True)
    services.change_profile(actor=Actor.user(user), user_id=user.pk, changes={"name": "Sam"})
    services.sync_roles(actor=SYSTEM)
    services.grant_role(actor=SYSTEM, user_id=user.pk, role=StaffRole.SUPPORT, reason="test")
    return User.objects.get(pk=user.pk)


@pytest.fixture
def staff(sam) -> Client:
    client = Client()
    client.force_login(sam)
    client.get("/settings/")
    return client


def allow(user: User) -> None:
    services.allow_support(actor=Actor.user(user), user_id=user.pk)


def begin(staff: Client, person: User, minutes: int = 30):
    url = reverse("admin:accounts_user_look", args=[person.pk])
    return staff.post(url, {"reason": "cannot find a sale", "minutes": minutes})


@pytest.fixture
def looking(staff, ada) -> Client:
    """A member of support who looks at Ada's pages."""
    allow(ada)
    assert begin(staff, ada).headers["Location"] == reverse("dashboard")
    return staff


def start(staff: User, person: User, **more) -> SupportAccess:
    values = {"reason": "helps", "minutes": 30, **more}
    return services.start_access(actor=Actor.user(staff), person_id=person.pk, **values)


def test_person_allows_it_for_a_day_and_stops_it(client, ada):
    client.force_login(ada)
    page = reverse("settings-support")
    assert "Let support see my pages for 24 hours" in client.get(page).content.decode()
    with time_machine.travel(NOON, tick=False):
        client.post(reverse("settings-support-allow"))
    ada.refresh_from_db()
    assert ada.support_allowed_until == NOON + timedelta(hours=24)
    client.post(reverse("settings-support-stop"))
    ada.refresh_from_db()
    assert ada.support_allowed_until is None
    verbs = (
        AuditEvent.objects.filter(verb__startswith="support.").order_by("at").values_list("verb", flat=True)
    )
    assert list(verbs) == ["support.allowed", "support.stopped"]


def test_nobody_allows_it_for_another_and_staff_allow_it_to_nobody(ada, sam):
    for act in (services.allow_support, services.stop_support):
        with pytest.raises(NotFound):
            act(actor=Actor.user(sam), user_id=ada.pk)
    with pytest.raises(Forbidden):
        allow(sam)


def test_look_needs_consent_power_a_reason_and_half_an_hour(ada, sam, make_user):
    auditor = make_user("eve@example.org")
    services.grant_role(actor=SYSTEM, user_id=auditor.pk, role=StaffRole.AUDITOR, reason="test")
    with pytest.raises(SupportNotAllowed):
        start(sam, ada)
    allow(ada)
    for minutes in (0, 31):
        with pytest.raises(ValidationFailed):
            start(sam, ada, minutes=minutes)
    with pytest.raises(ValidationFailed):
        start(sam, ada, reason=" ")
    for actor in (auditor, ada):
        with pytest.raises(Forbidden):
            start(User.objects.get(pk=actor.pk), ada)
    with pytest.raises(Forbidden):
        services.start_access(actor=SYSTEM, person_id=ada.pk, reason="x", minutes=1)
    assert start(sam, ada).pages == 0
    later = datetime.now(UTC) + timedelta(hours=25)
    with time_machine.travel(later), pytest.raises(SupportNotAllowed):
        start(sam, ada)


def test_nobody_looks_at_staff_nor_at_a_closed_account(ada, sam, make_user):
    boss = make_user("boss@example.org", is_staff=True)
    User.objects.filter(pk=boss.pk).update(support_allowed_until=datetime.now(UTC) + timedelta(hours=1))
    for person in (boss, sam):
        with pytest.raises(Forbidden):
            start(sam, person)
    allow(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(SupportNotAllowed):
        start(sam, ada)


def test_table_holds_half_an_hour_and_one_at_a_time(ada, sam):
    now = datetime.now(UTC)
    long = SupportAccess(
        staff=sam, person=ada, reason="x", started_at=now, ends_at=now + timedelta(minutes=31)
    )
    with pytest.raises(IntegrityError, match="support_half_an_hour"), transaction.atomic():
        long.save()
    SupportAccess.objects.create(staff=sam, person=ada, reason="x", ends_at=now)
    with pytest.raises(IntegrityError, match="support_one_at_a_time"), transaction.atomic():
        SupportAccess.objects.create(staff=sam, person=ada, reason="y", ends_at=now)


def test_page_of_the_admin_says_that_it_is_not_allowed(staff, ada):
    page = staff.get(reverse("admin:accounts_user_look", args=[ada.pk])).content.decode()
    assert "does not let support look" in page
    refused = begin(staff, ada)
    assert refused.status_code == 403
    assert "let support look for 24 hours" in refused.content.decode()
    assert SupportAccess.objects.count() == 0
    assert (
        "Look at their pages"
        in staff.get(reverse("admin:accounts_user_change", args=[ada.pk])).content.decode()
    )


def test_start_is_announced_and_audited(looking, sam, ada):
    access = SupportAccess.objects.get()
    assert (access.staff, access.person, access.reason) == (sam, ada, "cannot find a sale")
    event = AuditEvent.objects.get(verb="support.started")
    assert (event.actor_id, event.object_id, event.reason) == (sam.pk, str(ada.pk), "cannot find a sale")
    assert event.after == {"access": str(access.pk), "minutes": 30}


@pytest.mark.django_db(transaction=True)
def test_person_gets_a_mail_where_the_address_is_proven(staff, ada, make_user):
    bob = make_user("bob@example.org")
    for person in (ada, bob):
        allow(person)
        mail.outbox.clear()
        assert begin(staff, person).status_code == 302
        assert [one.to for one in mail.outbox] == ([["ada@example.org"]] if person == ada else [])
        if person == ada:
            (told,) = mail.outbox
            assert told.subject == "Support looks at your pages"
            assert "Reason: cannot find a sale" in told.body
            assert f"http://testserver{reverse('settings-support')}" in told.body
            assert "127.0.0.1" not in told.body


def test_pages_are_the_persons_with_a_banner_and_a_way_out(looking, ada):
    answer = looking.get(reverse("dashboard"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert answer.wsgi_request.user == ada
    assert "You look at the pages of <strong>ada@example.org</strong>" in html
    assert 'class="is-looking"' in html
    assert answer.headers["Cache-Control"] == "no-store"
    assert looking.get("/api/v1/users/me").json()["email"] == "ada@example.org"
    own = looking.get("/admin/")
    assert own.wsgi_request.user.email == "sam@example.org"


def test_end_leads_back_and_the_pages_are_ones_own_again(looking, ada):
    looking.get(reverse("dashboard"))
    answer = looking.post(reverse("staff-support-end"))
    assert answer.headers["Location"] == reverse("admin:accounts_user_change", args=[ada.pk])
    answer = looking.get(reverse("settings"))
    assert (answer.wsgi_request.user.email, "is-looking" in answer.content.decode()) == (
        "sam@example.org",
        False,
    )
    access = SupportAccess.objects.get()
    assert (access.end, access.pages) == ("done", 1)
    assert AuditEvent.objects.get(verb="support.ended").after == {
        "access": str(access.pk), "end": "done", "pages": 1,
    }  # fmt: skip
    assert looking.post(reverse("staff-support-end")).headers["Location"] == reverse("admin:index")


def test_each_page_is_on_record_and_counted(looking, sam, ada):
    person = Person("carol@example.org")
    scene = page_scene(person)
    looking.get(reverse("dashboard"))
    looking.get(reverse("portfolio", args=[scene.ids[""]["portfolio_id"]]))
    looking.get("/nothing-here")
    events = AuditEvent.objects.filter(verb="support.viewed").order_by("at")
    access = SupportAccess.objects.get()
    assert [(one.actor_id, one.object_id) for one in events] == [(sam.pk, str(ada.pk))] * 3
    assert [one.after["route"] for one in events] == ["dashboard", "portfolio", "unknown"]
    assert events[1].after["portfolio_id"] == str(scene.ids[""]["portfolio_id"])
    assert access.pages == 3


def test_persons_sign_ins_are_untouched(looking, ada):
    before = User.objects.values_list("last_login").get(pk=ada.pk)
    for _ in range(2):
        looking.get(reverse("dashboard"))
        looking.get("/api/v1/portfolios")
    assert User.objects.values_list("last_login").get(pk=ada.pk) == before
    assert BrowserSession.objects.filter(user=ada).count() == 0
    assert KnownOrigin.objects.filter(user=ada).count() == 0


def test_budget_of_requests_is_the_member_of_staffs(looking, sam, ada, settings):
    from core import throttling

    seen = []
    original = throttling.spend

    def spend(request, name, who):
        seen.append(who)
        return original(request, name, who)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttling, "spend", spend)
        looking.get(reverse("dashboard"))
        looking.get("/api/v1/portfolios")
    assert str(sam.pk) in seen
    assert str(ada.pk) not in seen


HIDDEN = re.compile(
    r"^(?:account_|mfa_|socialaccount_|openid_connect_|settings-|api-users?-(?!me$)|transaction-export$"
    r"|invitation(?:-accept|-decline)?$|api-channels?(?:-|$))"
)
OWN = {
    "staff-factor", "staff-mail", "staff-mail-message", "staff-support-end", "csp-report", "offline",
    "service-worker", "health-live", "health-ready", "prometheus-django-metrics",
}  # fmt: skip


@pytest.fixture
def scene(staff):
    """Somebody with a portfolio, at whose pages support looks."""
    person = Person("ida@example.org")
    made = page_scene(person)
    for place in {**dict.fromkeys(made.on_demand)}:
        made.ids[place] = made.on_demand.pop(place)()
    allow(person.user)
    assert begin(staff, person.user).status_code == 302
    return made


def untouched() -> dict[str, list]:
    """Read every row but those that a look itself writes."""
    return {
        name: rows
        for name, rows in everything().items()
        if name not in {"AuditEvent", "AuditOrigin", "SupportAccess"}
    }


def test_no_page_of_a_person_takes_a_write_and_private_ones_stay_hidden(staff, scene):
    """Every page and every route of the API, with every method, from the URL patterns."""
    seen, hidden, wrong = set(), set(), []
    before = untouched()
    for route in [*pages(), *routes()]:
        if route.name in OWN:
            continue
        url = scene.url(route)
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(staff, method)(url, {}, content_type="application/json")
            if answer.status_code != 403:
                wrong.append(f"{method} {route.name}: {answer.status_code}")
        answer = staff.get(url)
        (hidden if answer.status_code == 403 else seen).add(route.name)
        if answer.status_code >= 500:
            wrong.append(f"get {route.name}: {answer.status_code}")
    assert wrong == []
    assert untouched() == before
    assert {name for name in hidden if not HIDDEN.match(name)} == set()
    assert {name for name in seen if HIDDEN.match(name)} == set()
    assert {"dashboard", "portfolio", "settings", "api-portfolios", "api-users-me"} <= seen


def test_pages_of_sign_in_are_hidden(staff, scene):
    for name in (
        "account_email",
        "mfa_index",
        "account_logout",
        "account_change_password",
        "mfa_view_recovery_codes",
    ):
        assert staff.get(reverse(name)).status_code == 403, name
        assert staff.post(reverse(name)).status_code == 403, name
    assert staff.session["_auth_user_id"]


def test_refusal_says_why(looking):
    page = looking.post(reverse("settings"), {"name": "X"}).content.decode()
    assert "nothing can be changed there" in page
    assert "ada@example.org" in page
    answer = looking.patch("/api/v1/users/me", {"name": "X"}, "application/json")
    assert (answer.status_code, answer.json()["type"]) == (403, "look-only")
    assert looking.get(reverse("settings-security")).status_code == 403


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ('SELECT "a" FROM "b" WHERE "update" = 1 FOR UPDATE', False),
        ("WITH x AS (SELECT 1 FOR UPDATE) SELECT * FROM x", False),
        ("SELECT set_config('statement_timeout', '1', false)", False),
        ('  INSERT INTO "a" VALUES (1)', True),
        ('UPDATE "a" SET "b" = 1', True),
        ("DELETE FROM a", True),
        ("(\nDELETE FROM a)", True),
        ("WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", True),
        ("WITH x AS (SELECT 1) UPDATE a SET b = 1", True),
        ("TRUNCATE a", True),
    ],
)
def test_query_that_writes_is_refused(sql, writes):
    def run(*_):
        return "ran"

    if writes:
        with pytest.raises(LookOnly):
            refuse_writes(run, sql, (), False, {})
    else:
        assert refuse_writes(run, sql, (), False, {}) == "ran"


@pytest.mark.django_db(transaction=True)
def test_page_that_writes_while_it_is_read_is_refused(looking, ada, monkeypatch):
    def write(*_args):
        return User.objects.filter(pk=ada.pk).update(name="written")

    monkeypatch.setattr("core.views._hits", write)
    answer = looking.get("/search", {"q": "x"})
    assert answer.status_code == 403
    assert "would change something" in answer.content.decode()
    ada.refresh_from_db()
    assert ada.name == ""
