"""The audit log."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from core import audit, context
from core.actor import Actor
from core.models import AuditEvent, AuditOrigin

pytestmark = pytest.mark.django_db
ORIGIN = context.RequestContext(request_id="request-1", address="192.0.2.7", agent="curl " + "x" * 400)


@pytest.fixture
def event() -> AuditEvent:
    with context.bound(ORIGIN):
        return audit.record(
            actor=Actor(user_id=uuid4(), label="user:1"),
            verb="portfolio.created",
            object_type="portfolio",
            object_id=uuid4(),
            after={"name": "A"},
        )


def test_audit_record_keeps_the_request_and_no_address(event):
    kept = AuditEvent.objects.get()
    assert (kept.verb, kept.request_id, kept.after, kept.before) == (
        "portfolio.created",
        "request-1",
        {"name": "A"},
        None,
    )
    assert not [
        field for field in kept._meta.get_fields() if "address" in field.name or "agent" in field.name
    ]


def test_audit_origin_lies_in_a_table_of_its_own_and_can_be_erased(event):
    origin = AuditOrigin.objects.get()
    assert (origin.event_id, origin.address, len(origin.agent)) == (event.pk, "192.0.2.7", 300)
    origin.delete()
    assert AuditEvent.objects.count() == 1


def test_audit_outside_a_request_has_no_origin():
    audit.record(actor=Actor.system("test"), verb="x.done", object_type="x", object_id=1)
    kept = AuditEvent.objects.get()
    assert (kept.actor_id, kept.actor_label, kept.request_id, kept.object_id) == (
        None,
        "system:test",
        "",
        "1",
    )
    assert not AuditOrigin.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET verb = 'nothing'",
        "UPDATE core_auditevent SET actor_id = NULL",
        "DELETE FROM core_auditevent",
    ],
)
def test_audit_event_is_never_changed_by_the_database_itself(event, statement):
    AuditOrigin.objects.all().delete()
    with (
        pytest.raises(IntegrityError, match="is refused"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.get().verb == "portfolio.created"


def test_audit_event_has_no_key_to_the_user():
    assert [field.name for field in AuditEvent._meta.get_fields() if field.is_relation] == ["origin"]


def test_actor_of_a_user_says_nothing_personal(django_user_model):
    user = django_user_model(email="ada@example.org", name="Ada", is_staff=True)
    actor = Actor.user(user)
    assert (actor.user_id, actor.label, actor.is_staff) == (user.pk, f"user:{user.pk}", True)
