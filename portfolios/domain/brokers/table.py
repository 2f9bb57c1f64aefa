"""Rows below a header, by the names of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from portfolios.domain import rules
from portfolios.domain.csv_import import numbers
from portfolios.domain.csv_import.currencies import CODE
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import UnreadableFile, error, shown
from portfolios.domain.csv_import.numbers import Mark, Number, NumberStyle
from portfolios.domain.csv_import.rows import ISIN, LONGEST_NOTE
from portfolios.domain.csv_import.text import MAX_ROWS, Line, Sheet
from portfolios.domain.csv_import.words import simplify

POINT = NumberStyle(Mark.POINT)
_PENCE = {"GBp": "GBX", "GBPp": "GBX", "ZAc": "ZAC", "ILa": "ILA"}


class Table:
    """A header and the lines below it. `wanted` are the simplified names that only the header has."""

    def __init__(self, sheet: Sheet, *wanted: str) -> None:
        at = next((at for at, line in enumerate(sheet.lines) if _names(line.cells) >= set(wanted)), None)
        if at is None:
            raise UnreadableFile("no-rows")
        header = sheet.lines[at]
        self.header_line, self.width, self.body = header.number, len(header.cells), sheet.lines[at + 1 :]
        self._at = _positions(header.cells)
        if len(self.body) > MAX_ROWS:
            raise UnreadableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
        if not self.body:
            raise UnreadableFile("no-rows")

    def position(self, *names: str) -> int | None:
        """Answer the position of the first of these columns (simplified names) that there is."""
        return next((self._at[name] for name in names if name in self._at), None)

    def style(self, *positions: int | None) -> NumberStyle:
        """Guess how the columns at these positions write numbers."""
        votes = [
            numbers.votes(line.cells[at] for line in self.body if at < len(line.cells))
            for at in positions
            if at is not None
        ]
        return numbers.guess_style(votes, ",")

    def records(self, style: NumberStyle = POINT) -> Iterator[Record]:
        """Yield the lines; blank ones and those with too many or too few cells are told from others."""
        for line in self.body:
            yield Record(self, line, style)


class Record:
    """One line, and the draft that it becomes."""

    def __init__(self, table: Table, line: Line, style: NumberStyle) -> None:
        self._table, self._style = table, style
        self.cells = line.cells
        self.draft = Draft(line.number, line.cells)
        if not any(cell.strip() for cell in line.cells):
            self.draft.skipped = "blank-line"
        elif any(cell.strip() for cell in line.cells[table.width :]):
            counts = {"cells": str(len(line.cells)), "columns": str(table.width)}
            self.draft.findings.append(error("too-many-cells", "", **counts))
        elif len(line.cells) < table.width - 1:
            counts = {"cells": str(len(line.cells)), "columns": str(table.width)}
            self.draft.findings.append(error("too-few-cells", "", **counts))

    @property
    def usable(self) -> bool:
        """Tell whether there is anything to read."""
        return not self.draft.skipped and not self.draft.findings

    def text(self, *names: str) -> str:
        """Answer the cell of the first of these columns that there is, or ""."""
        return self.at(self._table.position(*names))

    def at(self, position: int | None) -> str:
        """Answer the cell at a position, or ""."""
        if position is None or position >= len(self.cells):
            return ""
        return self.cells[position].strip()

    def position(self, *names: str) -> int | None:
        """Answer the position of the first of these columns that there is."""
        return self._table.position(*names)

    def number(self, *names: str) -> Decimal | None:
        """Answer the number in the first of these columns that there is; None where there is none."""
        return self.number_at(self._table.position(*names))

    def number_at(self, position: int | None) -> Decimal | None:
        """Answer the number at a position; what is no number is noted as an error."""
        found = self._parsed(position)
        return None if found is None else found.value

    def currency_beside(self, *names: str) -> str:
        """Answer the currency written in the cell of a number (``€3.10``), or ""."""
        found = self._parsed(self._table.position(*names))
        return "" if found is None else found.currency

    def _parsed(self, position: int | None) -> Number | None:
        text = self.at(position)
        if numbers.is_blank(text):
            return None
        found = numbers.parse(text, self._style)
        if isinstance(found, Number):
            return found
        fault = error(found.value, "amount", column=f"#{(position or 0) + 1}", text=shown(text))
        if fault not in self.draft.findings:
            self.draft.findings.append(fault)
        return None

    def currency(self, *names: str) -> str:
        """Answer the currency code in a column as the file has it (GBX stays GBX), or ""."""
        return currency_of(self.text(*names))


def currency_of(text: str) -> str:
    """Answer the currency that a text names, or ""."""
    code = _PENCE.get(text, text.upper())
    return code if CODE.fullmatch(code) else ""


def major(amount: Decimal | None, currency: str) -> tuple[Decimal | None, str]:
    """Fold an amount in a subunit into the major unit."""
    code, folded = rules.major(currency, amount)
    return folded, code


def name_security(
    draft: Draft, *, symbol: str = "", isin: str = "", name: str = "", exchange: str = ""
) -> None:
    """Set what a file calls the instrument; what is no ISIN is passed over."""
    draft.symbol, draft.name, draft.exchange = symbol[:40], name[:200], exchange
    draft.isin = isin.upper() if ISIN.fullmatch(isin.upper()) else ""


def annotate(draft: Draft, *texts: str) -> None:
    """Set the note."""
    draft.note = " · ".join(text for text in texts if text)[:LONGEST_NOTE]


def _positions(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, cell in enumerate(header):
        found.setdefault(simplify(cell), position)
    return found


def _names(cells: Sequence[str]) -> set[str]:
    return {simplify(cell) for cell in cells}
