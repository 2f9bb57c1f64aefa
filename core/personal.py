"""What of a person lies on the ground floor, and how every app tells what it keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core.models import AuditEvent, AuditOrigin, IdempotencyKey
from core.ports import PersonalTable, personal_erasers, personal_tables

CHUNK = 2000
Columns = tuple[str | tuple[str, str], ...]
_EVENT = (
    "at", "verb", "actor_id", "actor_label", "object_type", "object_id", "reason", "before", "after",
    "request_id",
)  # fmt: skip


def table(name: str, rows: QuerySet[Any], columns: Columns) -> PersonalTable:
    """Tell rows as a table; a column is a field, or its name and where it is read (``a__b``)."""
    pairs = [(one, one) if isinstance(one, str) else one for one in columns]
    lookups = [lookup for _name, lookup in pairs]
    return PersonalTable(
        name=name,
        columns=tuple(title for title, _lookup in pairs),
        rows=_read(rows, lookups),
        model=rows.model._meta.label,  # noqa: SLF001  # Django's documented way
        fields=frozenset(lookup.split("__")[0] for lookup in lookups),
    )


def _read(rows: QuerySet[Any], lookups: list[str]) -> Iterator[tuple[Any, ...]]:
    yield from rows.values_list(*lookups).iterator(chunk_size=CHUNK)


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell what a person did and what was done to their account, and where they did it from."""
    about = Q(actor_id=user_id) | Q(object_type="user", object_id=str(user_id))
    yield table("audit_events", AuditEvent.objects.filter(about).order_by("at", "id"), ("id", *_EVENT))
    # where others acted from is theirs alone
    origins = AuditOrigin.objects.filter(event__actor_id=user_id).order_by("event__at", "event_id")
    yield table("audit_origins", origins, ("event_id", "address", "agent"))


def erase(user_id: UUID) -> None:
    """Delete where a person acted from and what was answered to them; the audit log keeps opaque ids."""
    AuditOrigin.objects.filter(event__actor_id=user_id).delete()
    IdempotencyKey.objects.filter(user_id=user_id).delete()


def register() -> None:
    """Answer the ports of personal data for the ground floor."""
    personal_tables.register("core", tables_of)
    personal_erasers.register("core", erase)
