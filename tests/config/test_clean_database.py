"""A test that commits leaves nothing to the next one: neither its rows nor a gap in those of migrations."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from accounts.models import User
from core.models import AuditEvent, World
from tests.support import database

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, list[tuple]]:
    found = {}
    with connection.cursor() as cursor:
        for table in database.tables():
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def test_wipe_brings_back_what_migrations_made_and_removes_the_rest():
    before = rows()
    assert before["accounts_user"] == []
    assert len(before["auth_permission"]) == Permission.objects.count() > 100
    user = User.objects.create_user("ada@example.org", "correct horse battery")
    user.groups.add(Group.objects.create(name="x"))
    user.user_permissions.add(Permission.objects.earliest("pk"))
    AuditEvent.objects.create(verb="test", actor_label="x")
    Permission.objects.filter(pk=Permission.objects.latest("pk").pk).delete()
    ContentType.objects.update(app_label="x")
    World.objects.all().delete()
    database.wipe()
    assert rows() == before
    assert User.objects.count() == 0
