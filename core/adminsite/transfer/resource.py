"""A django-import-export resource whose rows go through the services, all of a file or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export import resources
from import_export.results import Error, Result, RowResult

from core import audit, cells
from core.actor import Actor
from core.errors import DomainError, ValidationFailed

MADE: str = RowResult.IMPORT_TYPE_NEW
CHANGED: str = RowResult.IMPORT_TYPE_UPDATE
SAME: str = RowResult.IMPORT_TYPE_SKIP
Items = dict[int, Any]


class RowsRefused(Exception):
    """What a service refused, by the number of the row."""

    def __init__(self, errors: Mapping[int, DomainError]) -> None:
        super().__init__()
        self.errors = dict(errors)


class ServiceResource(resources.Resource):  # type: ignore[misc]  # import_export has no types
    """Columns are the declared fields; a subclass reads a row and stores it by a service.

    `needed` are the columns that a file must have.
    """

    object_type: ClassVar[str] = ""
    needed: ClassVar[tuple[str, ...]] = ()
    most_rows: ClassVar[int] = 5000

    def __init__(self, actor: Actor) -> None:
        super().__init__()
        self.actor = actor

    @classmethod
    def columns(cls) -> list[str]:
        """Name the columns, in the order of an export."""
        return [str(field.column_name) for field in cls.fields.values()]

    def read(self, row: Mapping[str, Any]) -> Any:
        """Read a row's cells into what the service takes.

        Raises:
            ValidationFailed: names each column that is wrong.
        """
        raise AssertionError("each resource reads its own rows")

    def store(self, item: Any) -> str:
        """Store one row by its service; tell whether it was made, changed or the same.

        Raises:
            DomainError: the service refuses it.
        """
        raise AssertionError("each resource stores its own rows")

    def store_all(self, items: Items) -> dict[int, str]:
        """Store the rows, each in a savepoint, so that every refusal is told at once.

        Raises:
            RowsRefused: some were refused.
        """
        done: dict[int, str] = {}
        refused: dict[int, DomainError] = {}
        for number, item in items.items():
            try:
                with transaction.atomic():
                    done[number] = self.store(item)
            except DomainError as error:
                refused[number] = error
        if refused:
            raise RowsRefused(refused)
        return done

    def import_data(self, dataset: Any, *, dry_run: bool = False, reason: str = "", **_more: Any) -> Any:
        """Store the rows of a data set and write it into the audit log; a dry run undoes it all again."""
        result = Result()
        result.diff_headers = self.columns()
        result.total_rows = len(dataset)
        problem = self._problem(dataset)
        if problem:
            result.append_base_error(Error(ValidationError(problem)))
            return result
        rows = dict(enumerate(dataset.dict, start=1))
        items = self._read_all(rows, result)
        if not result.has_validation_errors():
            self._store_in_one(rows, items, result, dry_run=dry_run, reason=reason)
        return result

    def _problem(self, dataset: Any) -> str:
        """Say what is wrong with the file as a whole."""
        headers = set(dataset.headers or ())
        known = set(self.columns())
        missing, unknown = [one for one in self.needed if one not in headers], sorted(headers - known)
        if missing:
            return _("The file lacks the columns %(names)s.") % {"names": ", ".join(missing)}
        if unknown:
            return _("Nobody knows the columns %(names)s.") % {"names": ", ".join(map(str, unknown))}
        if not len(dataset):
            return _("The file has no rows.")
        if len(dataset) > self.most_rows:
            return _("At most %(most)s rows at once.") % {"most": self.most_rows}
        return ""

    def _read_all(self, rows: Mapping[int, Any], result: Any) -> Items:
        items: Items = {}
        for number, row in rows.items():
            try:
                items[number] = self.read(row)
            except DomainError as error:
                result.append_invalid_row(number, row, _as_form_error(error))
        return items

    def _store_in_one(
        self, rows: Mapping[int, Any], items: Items, result: Any, *, dry_run: bool, reason: str
    ) -> None:
        try:
            with transaction.atomic():
                for number, kind in sorted(self.store_all(items).items()):
                    self._note(result, rows[number], kind)
                self._audit(result, reason)
                transaction.set_rollback(dry_run)
        except RowsRefused as refused:
            for number, error in sorted(refused.errors.items()):
                result.append_invalid_row(number, rows[number], _as_form_error(error))

    def _note(self, result: Any, row: Mapping[str, Any], kind: str) -> None:
        one = RowResult()
        one.import_type, one.row_values = kind, dict(row)
        one.diff = [row.get(name, "") for name in result.diff_headers]
        result.append_row_result(one)
        result.increment_row_result_total(one)

    def _audit(self, result: Any, reason: str) -> None:
        audit.record(
            actor=self.actor,
            verb="reference.imported",
            object_type=self.object_type,
            object_id="",
            after={
                "new": result.totals[MADE], "changed": result.totals[CHANGED], "same": result.totals[SAME],
            },
            reason=reason,
        )  # fmt: skip

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> str:
        """Write a cell, guarded against being run as a formula."""
        return cells.csv_cell(field.get_value(instance))


def _as_form_error(error: DomainError) -> ValidationError:
    if isinstance(error, ValidationFailed) and error.errors:
        by_field: dict[str, list[str]] = {}
        for one in error.errors:
            by_field.setdefault(one.field or NON_FIELD_ERRORS, []).append(str(one.message))
        return ValidationError(by_field)
    return ValidationError({NON_FIELD_ERRORS: [str(error.detail)]})
