"""What one import of an archive knows while it goes from table to table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from core.actor import Actor
from core.bundle import BundleReader
from core.errors import BrokenArchive
from core.records import Record, records
from market.models import Instrument
from market.services.restoring import Found
from portfolios.models import Portfolio


class IdTaken(Exception):
    """An id of the archive is somebody else's here, or comes twice in it; `refusal` says so."""

    def __init__(self, refusal: BrokenArchive) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


@dataclass(slots=True)
class Restoration:
    """An import under way: for whom, under which ids, and what there is so far.

    `is_copy`: somebody else has one of the portfolios under its id, so that all ids are others here, always
    the same ones for one owner. `portfolios` are those that are made, by their ids in the archive; `there`
    those that the owner has already, of which nothing is read. The same goes for their transactions.
    """

    actor: Actor
    owner_id: UUID
    bundle: BundleReader
    is_copy: bool = False
    found: Found = field(default_factory=Found)
    portfolios: dict[UUID, Portfolio] = field(default_factory=dict)
    there: set[UUID] = field(default_factory=set)
    entries: set[UUID] = field(default_factory=set)
    entries_there: set[UUID] = field(default_factory=set)
    batches: dict[UUID, UUID] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    def key(self, archived: UUID) -> UUID:
        """Tell what an id of the archive is here."""
        return uuid5(archived, self.owner_id.hex) if self.is_copy else archived

    def rows(self, name: str) -> Iterator[Record]:
        """Read a table of the archive."""
        return records(self.bundle, f"{name}.jsonl")

    def portfolio(self, row: Record) -> Portfolio | None:
        """Answer the portfolio that a row is of; None: it was there before.

        Raises:
            BrokenArchive: the archive has no such portfolio.
        """
        key = row.key("portfolio")
        if key in self.there:
            return None
        if key not in self.portfolios:
            row.refuse("portfolio", _("The archive has no such portfolio."))
        return self.portfolios[key]

    def entry(self, row: Record, field: str) -> UUID | None:
        """Answer the id here of the transaction that a row names; None: it was there before.

        Raises:
            BrokenArchive: the archive has no such transaction.
        """
        key = row.key(field)
        if key in self.entries_there:
            return None
        if key not in self.entries:
            row.refuse(field, _("The archive has no such transaction."))
        return self.key(key)

    def instrument(self, row: Record, field: str = "instrument") -> Instrument | None:
        """Answer the instrument that a row names, if it names one.

        Raises:
            BrokenArchive: the archive has no such instrument.
        """
        key = row.key_or_none(field)
        if key is None:
            return None
        if key not in self.found.here:
            row.refuse(field, _("The archive has no such instrument."))
        return self.found.here[key]

    def renamed(self, text: str) -> str:
        """Tell what the id of an instrument that stands in a text is here; other texts stay."""
        try:
            known = self.found.here.get(UUID(text))
        except ValueError:
            return text
        return str(known.uuid) if known else text

    @contextmanager
    def storing(self, name: str) -> Iterator[None]:
        """Store rows of a table; what the database refuses of them is wrong with the archive.

        Raises:
            BrokenArchive: names the table.
            IdTaken: an id is, which other ids mend unless the archive has it twice.
        """
        try:
            with transaction.atomic():
                yield
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except (IntegrityError, DataError) as error:
            message = _("Its rows contradict each other, or an id is taken here by something else.")
            refusal = BrokenArchive(message, member=f"{name}.jsonl")
            raise (IdTaken(refusal) if _is_of_an_id(error) else refusal) from error


def _is_of_an_id(error: Exception) -> bool:
    cause = error.__cause__
    return isinstance(cause, UniqueViolation) and (cause.diag.constraint_name or "").endswith("_pkey")
