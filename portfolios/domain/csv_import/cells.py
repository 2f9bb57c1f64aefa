"""The cells of a file by what they hold; equal cells are read once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.cells import unguarded
from portfolios.domain import rules
from portfolios.domain.csv_import import numbers
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import Finding, error, shown, warning
from portfolios.domain.csv_import.layout import Layout
from portfolios.domain.csv_import.numbers import Number, NumberProblem
from portfolios.domain.csv_import.text import Line

_GUARDED: Final = (Field.SYMBOL, Field.ISIN, Field.NAME, Field.NOTE, Field.ID)
_MONEY: Final = (Field.NET, Field.AMOUNT)


class Cells:
    """Reads texts and numbers of one file's rows."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._numbers: dict[tuple[Field, str], Number | NumberProblem] = {}

    def text(self, draft: Draft, which: Field) -> str:
        """Answer a row's cell, "" where the file or the row has none."""
        at = self.layout.columns.get(which)
        if at is None or at >= len(draft.cells):
            return ""
        text = draft.cells[at]
        if self.layout.own:
            return unguarded(text) if which in _GUARDED else text
        return text.strip()

    def number(self, draft: Draft, which: Field, *, tell: bool = False) -> Number | None:
        """Answer a row's number; None where it has none. `tell` notes what is wrong with it."""
        text = self.text(draft, which)
        if not text or numbers.is_blank(text):
            return None
        key = (which, text)
        if key not in self._numbers:
            self._numbers[key] = numbers.parse(text, self.layout.styles[which])
        found = self._numbers[key]
        if isinstance(found, NumberProblem):
            if tell:
                draft.findings.append(self.fault(found.value, which, text))
            return None
        if tell and found.doubtful:
            draft.findings.append(self.doubt("doubtful-number", which, text))
        return found

    def moved(self, draft: Draft) -> Decimal | None:
        """Answer the money that a row moved, with the file's sign; None if it says nothing."""
        for which in _MONEY:
            found = self.number(draft, which)
            if found is not None and found.value:
                return found.value
        quantity = self.number(draft, Field.QUANTITY) if draft.kind in rules.MONEY_ONLY else None
        return None if quantity is None else quantity.value

    def has_negative(self, lines: Sequence[Line], *which: Field) -> bool:
        """Tell whether one of the columns has a number below 0."""
        return any(value < 0 for value in self._values(lines, which))

    def only_negative(self, lines: Sequence[Line], which: Field) -> bool:
        """Tell whether a column's numbers are all below 0: costs written as what they take away."""
        values = [value for value in self._values(lines, (which,)) if value]
        return bool(values) and max(values) < 0

    def fault(self, code: str, which: Field, text: str = "") -> Finding:
        """Find an error in a cell, by the column's name in the file."""
        return error(code, which.value, column=self.column(which), text=shown(text))

    def doubt(self, code: str, which: Field, text: str = "") -> Finding:
        """Find a doubt about a cell."""
        return warning(code, which.value, column=self.column(which), text=shown(text))

    def column(self, which: Field) -> str:
        """Name a field as the file does, or as we do where the file has no such column."""
        at = self.layout.columns.get(which)
        return which.value if at is None else self.layout.names[at]

    def _values(self, lines: Sequence[Line], which: Sequence[Field]) -> list[Decimal]:
        drafts = [Draft(line.number, line.cells) for line in lines]
        found = [self.number(draft, one) for one in which if one in self.layout.columns for draft in drafts]
        return [one.value for one in found if one is not None]
