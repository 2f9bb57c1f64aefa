"""What a file's cells mean, as a whole: header, columns, numbers, dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from portfolios.domain.csv_import import columns as names
from portfolios.domain.csv_import import dates, numbers
from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.columns import NUMBERS, Field
from portfolios.domain.csv_import.dates import DateStyle
from portfolios.domain.csv_import.export import OWN_HEADERS
from portfolios.domain.csv_import.findings import Finding, UnreadableFile, error, note, warning
from portfolios.domain.csv_import.numbers import Mark, NumberStyle
from portfolios.domain.csv_import.text import MAX_ROWS, Line, Sheet

_SEARCHED_LINES: Final = 40
_EVIDENCE_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one file are read; everything guessed is in here, to be shown.

    `zone` is that of times without an offset, `home` the portfolio's, whose dates are the days.
    `header_line` is 0 where the file has no names. `currencies` are those that stand in the
    names of columns. `own` marks the platform's own export, which is read without any guess.
    """

    header_line: int
    names: Sequence[str]
    columns: Mapping[Field, int]
    styles: Mapping[Field, NumberStyle]
    dates: DateStyle
    currencies: Mapping[Field, str]
    zone: ZoneInfo
    home: ZoneInfo
    own: bool
    findings: tuple[Finding, ...]


def lay_out(sheet: Sheet, choices: Choices, time_zone: str) -> tuple[Layout, list[Line]]:
    """Find out what a file's columns mean; answer that and the lines below the header.

    `time_zone` (an IANA name) is the portfolio's: its dates are the days, and times without an
    offset are its own, unless the user chose another zone for them.

    Raises:
        UnreadableFile: the file has no rows, too many, or not the column the user named.
    """
    at = _header(sheet.lines, choices)
    body = sheet.lines[at + 1 :]
    if not body:
        raise UnreadableFile("no-rows")
    if len(body) > MAX_ROWS:
        raise UnreadableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
    header = sheet.lines[at].cells if at >= 0 else [""] * max(len(line.cells) for line in body)
    own = tuple(header) in OWN_HEADERS
    columns = _columns(header, body, choices)
    styles = _styles(columns, body, sheet.delimiter, choices, own=own)
    layout = Layout(
        header_line=sheet.lines[at].number if at >= 0 else 0,
        names=names.column_names(header),
        columns=columns,
        styles=styles,
        dates=_dates(columns, body, styles, choices),
        currencies=_currencies(columns, header),
        zone=ZoneInfo(choices.time_zone or time_zone),
        home=ZoneInfo(time_zone),
        own=own,
        findings=(),
    )
    return _explained(layout, sheet), body


def cells_of(body: Sequence[Line], position: int) -> list[str]:
    """List one column's cells, "" where a line is too short."""
    return [line.cells[position] if position < len(line.cells) else "" for line in body]


def _header(lines: Sequence[Line], choices: Choices) -> int:
    """Find the position of the line with the names; -1 when there is none."""
    if choices.header_line is not None:
        return _line_at(lines, choices.header_line)
    wanted = {name for name in choices.columns.values() if name}
    searched = range(min(_SEARCHED_LINES, len(lines)))
    if wanted:
        for at in searched:
            if wanted <= set(names.column_names(lines[at].cells)):
                return at
    best = max(searched, key=lambda at: (names.score(lines[at].cells), -at))
    if names.score(lines[best].cells):
        return best
    return -1 if _has_data(lines[0]) else _widest(lines, searched)


def _line_at(lines: Sequence[Line], number: int) -> int:
    if number == 0:
        return -1
    for at, line in enumerate(lines[: number + 1]):
        if line.number == number:
            return at
    raise UnreadableFile("no-such-line", line=str(number))


def _has_data(line: Line) -> bool:
    """Tell whether a line holds a date, so that it is no header."""
    style = DateStyle(dates.DateOrder.DAY_FIRST, sure=False)
    return any(isinstance(dates.parse(cell, style), dates.Moment) for cell in line.cells)


def _widest(lines: Sequence[Line], searched: range) -> int:
    return max(searched, key=lambda at: (len([cell for cell in lines[at].cells if cell.strip()]), -at))


def _columns(header: Sequence[str], body: Sequence[Line], choices: Choices) -> dict[Field, int]:
    columns = names.guess_columns(header)
    unclaimed = [position for position in range(len(header)) if position not in columns.values()]
    columns |= names.unnamed_currencies(
        header, columns, ((position, cells_of(body[:500], position)) for position in unclaimed)
    )
    if tuple(header) not in OWN_HEADERS:
        columns = {field: at for field, at in columns.items() if field not in names.OWN_ONLY}
    known = {name: position for position, name in enumerate(names.column_names(header))}
    chosen = {name for name in choices.columns.values() if name}
    columns = {field: at for field, at in columns.items() if names.column_names(header)[at] not in chosen}
    for field, name in choices.columns.items():
        columns.pop(field, None)
        if name is None:
            continue
        if name not in known:
            raise UnreadableFile("no-such-column", column=name)
        columns[field] = known[name]
    return columns


def _styles(
    columns: Mapping[Field, int], body: Sequence[Line], delimiter: str, choices: Choices, *, own: bool
) -> dict[Field, NumberStyle]:
    present = [field for field in NUMBERS if field in columns]
    if own or choices.decimal is not None:
        return dict.fromkeys(present, NumberStyle(choices.decimal or Mark.POINT))
    votes = {field: numbers.votes(cells_of(body[:_EVIDENCE_ROWS], columns[field])) for field in present}
    whole = numbers.guess_style(votes.values(), delimiter)
    return {field: numbers.column_style(votes[field], whole) for field in present}


def _currencies(columns: Mapping[Field, int], header: Sequence[str]) -> dict[Field, str]:
    """Read the currencies that stand in the names of number columns."""
    numbered = {field: at for field, at in columns.items() if field in NUMBERS}
    return {field: code for field, at in numbered.items() if (code := names.currency_in_name(header[at]))}


def _dates(
    columns: Mapping[Field, int], body: Sequence[Line], styles: Mapping[Field, NumberStyle], choices: Choices
) -> DateStyle:
    if choices.date_order is not None:
        return DateStyle(choices.date_order)
    if Field.DATE not in columns:
        return DateStyle(dates.DateOrder.DAY_FIRST)
    comma = any(style.mark is Mark.COMMA for style in styles.values())
    return dates.guess_order(cells_of(body, columns[Field.DATE]), decimal_comma=comma)


def _explained(layout: Layout, sheet: Sheet) -> Layout:
    """Add what the user should know about the guesses."""
    found = [*sheet.findings]
    columns = layout.columns
    if layout.header_line == 0:
        found.append(warning("no-header", "file"))
    if Field.DATE not in columns:
        found.append(error("no-date-column", "date"))
    if not {Field.QUANTITY, Field.AMOUNT, Field.NET} & columns.keys():
        found.append(error("no-amount-column", "quantity"))
    if Field.TYPE not in columns:
        found.append(warning("no-type-column", "type"))
    found += _date_findings(layout)
    found += [
        warning("guessed-decimal", field.value, column=layout.names[columns[field]], mark=style.mark.value)
        for field, style in layout.styles.items()
        if style.doubts == ".,"
    ]
    if layout.own:
        found = [note("own-format", "file")]
    return replace(layout, findings=tuple(found))


def _date_findings(layout: Layout) -> list[Finding]:
    if layout.dates.order is dates.DateOrder.MIXED:
        return [error("mixed-dates", "date", column=layout.names[layout.columns[Field.DATE]])]
    if layout.dates.sure:
        return []
    column = layout.names[layout.columns[Field.DATE]]
    return [warning(f"guessed-dates-{layout.dates.order.value}", "date", column=column)]
