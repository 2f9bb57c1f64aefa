"""Every way in which a look at a person's pages ends, and who sees that it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.errors import SupportNotAllowed
from accounts.models import SupportAccess, User
from accounts.selectors.support import SUPPORT_MARK
from core.actor import Actor
from core.models import AuditEvent
from core.roles import StaffRole
from tests.accounts.test_support import SYSTEM, allow, start
from tests.accounts.test_support import looking as looking  # noqa: PLC0414
from tests.accounts.test_support import sam as sam  # noqa: PLC0414
from tests.accounts.test_support import staff as staff  # noqa: PLC0414

pytestmark = pytest.mark.django_db


def ends(client: Client) -> bool:
    first = client.get(reverse("settings"))
    second = client.get(reverse("settings"))
    return (first.status_code, second.wsgi_request.user.email) == (403, "sam@example.org")


def test_look_ends_when_its_time_is_up(looking):
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=31)):
        assert ends(looking)
    access = SupportAccess.objects.get()
    assert (access.end, access.ended_at) == ("expired", access.ends_at)


def test_look_ends_when_the_person_stops_it(looking, ada):
    services.stop_support(actor=Actor.user(ada), user_id=ada.pk)
    assert ends(looking)
    assert SupportAccess.objects.get().end == "withdrawn"


def test_look_ends_with_the_role(looking, sam):
    services.revoke_role(actor=SYSTEM, user_id=sam.pk, role=StaffRole.SUPPORT, reason="left")
    assert ends(looking)
    assert SupportAccess.objects.get().end == "refused"


def test_look_ends_when_the_person_becomes_staff_or_is_closed_or_erased(looking, ada):
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    assert ends(looking)


def test_look_ends_with_the_account(looking, ada):
    User.objects.filter(pk=ada.pk).delete()
    assert ends(looking)


def test_another_ones_access_is_no_way_in(looking, make_user, ada):
    other = make_user("tom@example.org")
    services.grant_role(actor=SYSTEM, user_id=other.pk, role=StaffRole.SUPPORT, reason="test")
    client = Client()
    client.force_login(other)
    session = client.session
    session[SUPPORT_MARK] = looking.session[SUPPORT_MARK]
    session.save()
    assert client.get(reverse("dashboard")).status_code == 403
    assert client.get(reverse("settings")).wsgi_request.user.email == "tom@example.org"
    assert SupportAccess.objects.get().ended_at is None


def test_second_look_ends_the_first(looking, sam, make_user):
    bob = make_user("bob@example.org")
    allow(bob)
    start(sam, bob)
    assert [(one.person.email, one.end) for one in SupportAccess.objects.order_by("started_at")] == [
        ("ada@example.org", "done"), ("bob@example.org", ""),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_leave_one_open(sam, ada, two_at_once):
    allow(ada)
    two_at_once(lambda: start(sam, ada).pk)
    assert SupportAccess.objects.count() == 2
    assert SupportAccess.objects.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_stop_and_start_at_once_leave_none_open(sam, ada):
    """Whichever comes first, nobody looks after the person has said no."""
    from tests.support.parallel import at_once

    allow(ada)

    def begin_one() -> None:
        try:
            start(sam, ada)
        except SupportNotAllowed:
            pass
        finally:
            connection.close()

    def stop_it() -> None:
        try:
            services.stop_support(actor=Actor.user(ada), user_id=ada.pk)
        finally:
            connection.close()

    at_once(begin_one, stop_it)
    assert SupportAccess.objects.filter(ended_at=None).count() == 0


def test_person_sees_who_looked_and_why(looking, client, ada):
    looking.get(reverse("dashboard"))
    client.force_login(ada)
    html = client.get(reverse("settings-support")).content.decode()
    assert "cannot find a sale" in html
    assert "Sam" in html
    assert "sam@example.org" not in html


def test_end_is_nobodys_but_staffs(client, ada):
    assert client.post(reverse("staff-support-end")).status_code == 404
    client.force_login(ada)
    assert client.post(reverse("staff-support-end")).status_code == 404
    assert client.get(reverse("staff-support-end")).status_code == 404


def test_query_string_is_not_on_record(looking):
    looking.get(f"/search?q={quote('my secret')}")
    assert "secret" not in str(
        AuditEvent.objects.filter(verb="support.viewed").values_list("after", flat=True)
    )
