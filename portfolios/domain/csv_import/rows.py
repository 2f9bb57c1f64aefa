"""From lines to drafts of transactions, each with what was noticed about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from portfolios.domain.csv_import import amounts, columns, currencies, dates, kinds
from portfolios.domain.csv_import.cells import Cells
from portfolios.domain.csv_import.choices import Choices
from portfolios.domain.csv_import.columns import Field
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import Finding, error, note
from portfolios.domain.csv_import.layout import Layout
from portfolios.domain.csv_import.numbers import Number
from portfolios.domain.csv_import.signs import Conventions, KindReader, conventions
from portfolios.domain.csv_import.text import Line
from portfolios.domain.exact import ZERO

ISIN: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
LONGEST: Final = {Field.ID: 120, Field.SYMBOL: 40, Field.NAME: 200}
LONGEST_NOTE: Final = 400


def read_rows(lines: Sequence[Line], layout: Layout, choices: Choices) -> list[Draft]:
    """Read every line; one draft each, in the order of the file."""
    cells = Cells(layout)
    kind_reader, moments = KindReader(cells, lines, choices), _Moments(cells)
    drafts = [_begun(line, cells, kind_reader, moments) for line in lines]
    signs = conventions(drafts, lines, cells)
    for draft in drafts:
        if not draft.skipped and draft.kind is not None:
            _finish(draft, cells, signs, choices.currency)
    return drafts


def _begun(line: Line, cells: Cells, kind_reader: KindReader, moments: _Moments) -> Draft:
    """Read what a row is and when; amounts wait for the file's conventions."""
    draft = Draft(line.number, line.cells)
    draft.skipped = _reason_to_skip(draft, cells)
    if draft.skipped:
        return draft
    _check_width(draft, cells)
    moments.read(draft)
    _read_texts(draft, cells)
    kind_reader.read(draft)
    return draft


def _reason_to_skip(draft: Draft, cells: Cells) -> str:
    """Tell blank lines, and lines that sum up: they begin so, or have one cell and no date."""
    filled = [cell for cell in draft.cells if cell.strip()]
    if not filled:
        return "blank-line"
    lonely = len(filled) == 1 and len(cells.layout.names) > 1 and not cells.text(draft, Field.DATE)
    return "total-line" if lonely or kinds.is_total(filled[0]) else ""


def _check_width(draft: Draft, cells: Cells) -> None:
    if any(cell.strip() for cell in draft.cells[len(cells.layout.names) :]):
        counts = {"cells": str(len(draft.cells)), "columns": str(len(cells.layout.names))}
        draft.findings.append(error("too-many-cells", "", **counts))


class _Moments:
    """Reads dates and times; equal cells once."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._known: dict[tuple[str, str], tuple[datetime, date, dates.Moment] | dates.DateProblem] = {}

    def read(self, draft: Draft) -> None:
        """Set the row's time, or say why it has none."""
        text, clock = self._cells.text(draft, Field.DATE), self._cells.text(draft, Field.TIME)
        if not text:
            draft.findings.append(self._cells.fault("no-date", Field.DATE))
            return
        if (text, clock) not in self._known:
            self._known[text, clock] = self._placed(text, clock)
        found = self._known[text, clock]
        if isinstance(found, dates.DateProblem):
            draft.findings.append(self._cells.fault(found.value, Field.DATE, f"{text} {clock}".strip()))
            return
        draft.time, draft.day, moment = found
        draft.day_only = moment.clock is None
        if moment.doubtful:
            draft.findings.append(self._cells.doubt("doubtful-date", Field.DATE, text))

    def _placed(self, text: str, clock: str) -> tuple[datetime, date, dates.Moment] | dates.DateProblem:
        moment = dates.parse(text, self._cells.layout.dates)
        if isinstance(moment, dates.Moment) and clock and moment.clock is None:
            moment = dates.joined(moment, dates.parse_clock(clock))
        if isinstance(moment, dates.DateProblem):
            return moment
        layout = self._cells.layout
        time = dates.instant(moment, layout.home if moment.clock is None else layout.zone)
        return time, time.astimezone(layout.home).date(), moment


def _read_texts(draft: Draft, cells: Cells) -> None:
    draft.symbol, draft.isin = cells.text(draft, Field.SYMBOL), cells.text(draft, Field.ISIN).upper()
    draft.name, draft.exchange = cells.text(draft, Field.NAME), cells.text(draft, Field.EXCHANGE).upper()
    draft.instrument, draft.group = cells.text(draft, Field.INSTRUMENT), cells.text(draft, Field.GROUP)
    draft.note, draft.external_id = cells.text(draft, Field.NOTE), cells.text(draft, Field.ID)
    draft.entry, draft.lots = cells.text(draft, Field.ENTRY), cells.text(draft, Field.LOTS)
    draft.carried = cells.text(draft, Field.CARRIED)
    if ISIN.fullmatch(draft.symbol.upper()) and not draft.isin:
        draft.isin, draft.symbol = draft.symbol.upper(), ""
    if draft.isin and not ISIN.fullmatch(draft.isin):
        draft.findings.append(cells.doubt("not-an-isin", Field.ISIN, draft.isin))
        draft.isin = ""
    _check_lengths(draft, cells)


def _check_lengths(draft: Draft, cells: Cells) -> None:
    texts = {Field.ID: draft.external_id, Field.SYMBOL: draft.symbol, Field.NAME: draft.name}
    draft.findings += [
        cells.fault("too-long", which, text) for which, text in texts.items() if len(text) > LONGEST[which]
    ]
    if len(draft.note) > LONGEST_NOTE:
        draft.note = draft.note[:LONGEST_NOTE]
        draft.findings.append(note("note-cut", Field.NOTE.value))


def _finish(draft: Draft, cells: Cells, signs: Conventions, default_currency: str) -> None:
    """Read the amounts, costs and currencies of a row whose kind is known."""
    numbers = {one: cells.number(draft, one, tell=True) for one in columns.NUMBERS}
    draft.fee = _cost(numbers[Field.FEE], Field.FEE, signs)
    draft.tax = _cost(numbers[Field.TAX], Field.TAX, signs)
    words = currencies.spoken(draft, numbers, cells)
    currencies.settle(draft, numbers, words, default_currency)
    rate = numbers[Field.FX_RATE]
    draft.fx_rate = rate.value if rate is not None and rate.value else None
    if cells.layout.own:
        draft.quantity, draft.price = _value(numbers[Field.QUANTITY]), _value(numbers[Field.PRICE])
    else:
        _read_amounts(draft, cells, numbers, words, signs)


def _read_amounts(
    draft: Draft,
    cells: Cells,
    numbers: dict[Field, Number | None],
    words: currencies.Spoken,
    signs: Conventions,
) -> None:
    same = draft.fee_currency == draft.tax_currency == draft.currency
    amount_code = words.amount or words.price
    stated = amounts.Stated(
        quantity=_value(numbers[Field.QUANTITY]),
        price=currencies.in_currency(_value(numbers[Field.PRICE]), words.price, draft.currency),
        amount=currencies.in_currency(_value(numbers[Field.AMOUNT]), amount_code, draft.currency),
        net=currencies.in_currency(_value(numbers[Field.NET]), amount_code, draft.currency),
        costs=draft.fee + draft.tax if same else None,
    )
    if draft.kind is None or _unread(draft):
        return
    result = amounts.meant(draft.kind, stated, cash_signed=signs.cash_signed)
    draft.quantity, draft.price = result.quantity, result.price
    draft.findings += [_named(one, cells) for one in result.findings]


def _unread(draft: Draft) -> bool:
    """Tell whether a number could not be read, so that the others mean nothing."""
    return any(one.code.startswith(("not-a-number", "number-too")) for one in draft.findings)


def _named(finding: Finding, cells: Cells) -> Finding:
    column = cells.column(Field(finding.field))
    return Finding(finding.level, finding.code, finding.field, {"column": column, **finding.params})


def _cost(number: Number | None, which: Field, signs: Conventions) -> Decimal:
    if number is None:
        return ZERO
    return -number.value if which in signs.negative_costs else number.value


def _value(number: Number | None) -> Decimal | None:
    return None if number is None else number.value
