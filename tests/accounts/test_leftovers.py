"""After an erasure nothing in the whole database points at the person any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

from accounts.models import StoredMail, User
from accounts.services import erase_user
from core.actor import Actor
from core.models import AuditEvent, AuditOrigin
from core.ports import personal_erasers, personal_tables
from market.models import Instrument
from portfolios.models import Portfolio, PortfolioMember, Transaction, TransactionImport
from tests.support.person import PASSWORD, Person, make_person

pytestmark = pytest.mark.django_db
# The log of what was done is never changed: it names people by opaque ids, and nothing else of them.
IDS_MAY_STAY = {
    ("core_auditevent", column) for column in ("actor_id", "actor_label", "object_id", "before", "after")
}
COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() ORDER BY 1, 2
"""


@pytest.fixture
def person(db) -> Person:
    return make_person()


def places(needles: list[str]) -> Iterator[tuple[str, str]]:
    """Name each column of each table in which one of the texts stands; bytes are searched too."""
    shown = [f"%{form}%" for one in needles for form in (one.lower(), one.encode().hex())]
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{table}" WHERE lower("{column}"::text) LIKE ANY(%s))', [shown]
            )
            if cursor.fetchone()[0]:
                yield table, column


def test_every_table_of_every_model_is_looked_into():
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        found = {table for table, _column in cursor.fetchall()}
    models = apps.get_models(include_auto_created=True)
    assert {model._meta.db_table for model in models} - found == set()


def test_person_of_the_test_has_rows_in_every_table_that_is_told(person):
    told = [one for tables in personal_tables.collect(person.user.pk).values() for one in tables]
    assert [one.name for one in told if not list(one.rows)] == []
    assert len(set(places([*person.ids, *person.words]))) > 20


def test_every_app_answers_the_ports_and_the_highest_is_asked_first():
    assert set(personal_tables.names()) == {"core", "accounts", "market", "portfolios", "alerts"}
    assert personal_erasers.names() == ["alerts", "portfolios", "market", "accounts", "core"]


def test_erasure_leaves_nothing_that_points_at_the_person(person):
    erase_user(actor=Actor.user(person.user), user_id=person.user.pk, password=PASSWORD)
    assert list(places(person.words)) == []
    assert set(places(person.ids)) <= IDS_MAY_STAY
    for session in Session.objects.all():
        assert str(person.user.pk) not in str(session.get_decoded())


def test_erasure_leaves_what_is_another_persons(person):
    erase_user(actor=Actor.user(person.user), user_id=person.user.pk, password=PASSWORD)
    assert list(User.objects.all()) == [person.friend]
    assert list(Portfolio.objects.all()) == [person.friends]
    assert [one.user for one in PortfolioMember.objects.all()] == [person.friend]
    # what the person wrote into the friend's portfolio is the friend's, the instrument it needs too
    assert Transaction.objects.filter(portfolio=person.friends).count() == 2
    assert Instrument.objects.get(pk=person.instrument.pk).owner_id == person.friend.pk
    assert TransactionImport.objects.get().user_id is None
    assert [one.recipients for one in StoredMail.objects.all()] == [["bob@example.org"]]
    assert AuditOrigin.objects.filter(event__actor_id=person.friend.pk).exists()
    assert AuditEvent.objects.filter(verb="user.erased", object_id=str(person.user.pk)).count() == 1
