"""The database of one worker: a copy of one that is migrated once, and clean after each test that commits."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests.support.ground import test_root

# the rows that migrations make, as they were
KEPT = "as_migrated"


def make(worker: str | None) -> None:
    """Point the connection at a migrated database; the workers of a run each get a copy of one."""
    creation = connection.creation
    with alone("database") as is_first:
        if is_first:
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            keep_rows()
        else:
            point_at(creation._get_test_db_name())
        if worker:
            creation.clone_test_db(worker, verbosity=0)
            point_at(creation.get_test_db_clone_settings(worker)["NAME"])
    TransactionTestCase._fixture_teardown = lambda _case: wipe()  # type: ignore[method-assign]


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold the other workers of this run back; says whether this is the first to come through."""
    with (test_root() / f"{name}.lock").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield not file.read()
        file.write("made")


def point_at(name: str) -> None:
    """Connect to this database from now on, in every thread."""
    connection.close()
    connection.close_pool()
    for place in (settings.DATABASES[connection.alias], connection.settings_dict):
        place["NAME"] = name


def keep_rows() -> None:
    """Lay aside what a migrated database holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {KEPT}")
        for table in found(cursor, {table: f"SELECT FROM {quoted(table)}" for table in tables()}):
            cursor.execute(f"CREATE TABLE {KEPT}.{quoted(table)} AS TABLE {quoted(table)}")


def wipe() -> None:
    """Bring every table back to what a migrated database holds.

    Only the tables that differ are touched, by DELETE: Django's `flush` truncates all of them, which
    makes new files for hundreds of tables and indexes, and has all permissions made anew.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [KEPT])
        kept = {table for (table,) in cursor.fetchall()}
        differ = {table: changed(table) if table in kept else f"TABLE {quoted(table)}" for table in tables()}
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
        changes = []
        for table in found(cursor, differ):
            changes.append(f"DELETE FROM {quoted(table)}")
            if table in kept:
                changes.append(f"INSERT INTO {quoted(table)} TABLE {KEPT}.{quoted(table)}")
        if changes:
            cursor.execute("; ".join(changes))


def changed(table: str) -> str:
    """Select what is in a table or among its kept rows, but not in both."""
    now, then = quoted(table), f"{KEPT}.{quoted(table)}"
    return f"(TABLE {now} EXCEPT ALL TABLE {then}) UNION ALL (TABLE {then} EXCEPT ALL TABLE {now})"


def found(cursor: Any, queries: dict[str, str]) -> list[str]:
    """Tell the names of the queries that find a row."""
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS ({query})" for name, query in queries.items())
    )
    return [name for (name,) in cursor.fetchall()]


def tables() -> list[str]:
    """Name the tables of all models, but not those of partitions, whose rows their parents show."""
    return sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))


quoted: Callable[[str], str] = connection.ops.quote_name
