"""Read the cells of one row, and name every one that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from core import cells
from core.errors import FieldError, ValidationFailed

TRUE, FALSE = {"true", "1", "yes"}, {"false", "0", "no", ""}


class RowReader:
    """The cells of a row by their column; what cannot be read is kept until `done`."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self._errors: list[FieldError] = []

    def text(self, name: str, *, needed: bool = False) -> str:
        """Read a text, without the guard that an export puts before what looks like a formula."""
        value = self._row.get(name)
        text = cells.unguarded("" if value is None else str(value).strip())
        if needed and not text:
            self._wrong(name, _("This column needs a value."), "required")
        return text

    def decimal(self, name: str, *, needed: bool = False) -> Decimal | None:
        """Read a number with a decimal point."""
        text = self.text(name, needed=needed)
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self._wrong(name, _("Write a number with a decimal point, such as 12.5."), "not-a-number")
            return None
        return number

    def day(self, name: str, *, needed: bool = False) -> date | None:
        """Read a date such as 2024-05-31."""
        text = self.text(name, needed=needed)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._wrong(name, _("Write a date as 2024-05-31."), "not-a-date")
            return None

    def truth(self, name: str) -> bool:
        """Read true or false; nothing is false."""
        text = self.text(name).lower()
        if text not in TRUE | FALSE:
            self._wrong(name, _("Write true or false."), "not-a-truth")
        return text in TRUE

    def refuse(self, name: str, message: str, code: str = "invalid") -> None:
        """Say that a column's value is wrong."""
        self._wrong(name, message, code)

    def done(self) -> None:
        """Say all that was wrong.

        Raises:
            ValidationFailed: names each column.
        """
        if self._errors:
            raise ValidationFailed(errors=tuple(self._errors))

    def _wrong(self, name: str, message: str, code: str) -> None:
        self._errors.append(FieldError(name, message, code))
