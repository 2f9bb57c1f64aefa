"""What is thrown away, and what the schedule says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from accounts import tasks
from accounts.domain import canonical_locale, primary_language
from accounts.models import StoredMail, User
from config.celery import app
from core import clock

pytestmark = pytest.mark.django_db


def test_schedule_names_registered_tasks_that_run():
    registered = app.tasks.keys() & {name for name in app.tasks if name.startswith("accounts.")}
    assert registered - {"accounts.tasks.erase_person"} == set(tasks.SCHEDULE)  # erase_due asks for that one
    for name in tasks.SCHEDULE:
        app.tasks[name].apply(throw=True)


def test_purge_sessions_deletes_the_expired_ones():
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=clock.now() + timedelta(days=days)
        )
    tasks.purge_sessions()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


def test_purge_stored_mail_keeps_thirty_days():
    for subject, days in (("old", 31), ("new", 29)):
        StoredMail.objects.create(
            sender="x", recipients=[], subject=subject, sent_at=clock.now() - timedelta(days=days)
        )
    tasks.purge_stored_mail()
    assert list(StoredMail.objects.values_list("subject", flat=True)) == ["new"]


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("de", "de"),
        ("DE_at", "de-AT"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("", None),
        ("d", None),
        ("de-", None),
        ("de\n", None),
        ("de-DE-extra-long", None),
        ("дe", None),
    ],
)
def test_canonical_locale_writes_bcp_47(text, locale):
    assert canonical_locale(text) == locale


def test_primary_language_is_the_first_part():
    assert [primary_language(one) for one in ("de-AT", "zh_Hant_TW", "EN")] == ["de", "zh", "en"]


def test_user_manager_makes_users_and_superusers_in_lower_case():
    user = User.objects.create_user(" Ada@Example.org ", "x")
    boss = User.objects.create_superuser("boss@example.org", "x")
    assert (user.email, user.is_staff, user.is_superuser) == ("ada@example.org", False, False)
    assert (boss.is_staff, boss.is_superuser) == (True, True)
    assert User.objects.get_by_natural_key("ADA@example.org") == user
