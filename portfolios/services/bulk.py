"""Work on many rows at once."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from django.db import connection, models
from psycopg import sql

# Below this a single INSERT is as quick, and above it COPY is four times so.
COPY_FROM: Final = 500
Model = TypeVar("Model", bound=models.Model)


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold the garbage collector back for some seconds of making many small objects.

    Nothing that a file is read into points back at itself, so there is nothing to find, and
    looking for it takes a third of the time. Nested and parallel uses end with it running.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def store(rows: Sequence[Model]) -> None:
    """Insert new rows of one model: by one INSERT, or by COPY where they are many.

    Raises:
        IntegrityError: a constraint refuses one of them; then none is stored.
    """
    if not rows:
        return
    model = type(rows[0])
    if len(rows) < COPY_FROM:
        model._default_manager.bulk_create(rows)  # noqa: SLF001  # Django's documented way from a model
        return
    fields = model._meta.concrete_fields  # noqa: SLF001  # Django's documented API
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),  # noqa: SLF001  # the same
        sql.SQL(", ").join([sql.Identifier(field.column or field.attname) for field in fields]),
    )
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_value(field, row) for field in fields])
    for row in rows:
        row._state.adding = False  # noqa: SLF001  # what bulk_create does: the row is stored now


def _value(field: models.Field[Any, Any], row: models.Model) -> Any:
    value = field.pre_save(row, add=True)
    return field.get_db_prep_save(value, connection) if isinstance(field, models.JSONField) else value


def store_as_told(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows by COPY with the values given and no others, times of making too; say how many.

    `columns` are the database's; JSON comes as text. Rows may be made while they are sent, as long as that
    asks the database nothing.

    Raises:
        IntegrityError: a constraint refuses one of them; then none is stored.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),  # noqa: SLF001  # Django's documented API
        sql.SQL(", ").join([sql.Identifier(name) for name in columns]),
    )
    count = 0
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
