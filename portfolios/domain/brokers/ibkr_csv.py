"""Interactive Brokers: the activity statement as CSV, in English.

Every line begins with its section and says whether it is a header, data or a sum; a section may
have several headers. Sections that only report (positions, values, codes) are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.ibkr import BROKER, Account, Trade, named_in, payment_of
from portfolios.domain.brokers.preset import (
    NEW_YORK,
    PART_OF_OTHER,
    Parsed,
    Preset,
    Setting,
    book_in_kind,
    corporate_action,
    place,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import POINT, currency_of, name_security
from portfolios.domain.csv_import import numbers
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import UnreadableFile, error, shown
from portfolios.domain.csv_import.numbers import Number
from portfolios.domain.csv_import.rows import ISIN
from portfolios.domain.csv_import.text import MAX_ROWS, Line
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ZERO

_MONEY: Final = frozenset(
    {
        "dividends", "payment in lieu of dividends", "withholding tax", "871 m withholding", "fees",
        "interest", "broker interest", "bond interest", "deposits withdrawals", "transaction fees",
        "commission adjustments", "sales tax", "broker fees", "other fees", "advisor fees",
    }
)  # fmt: skip
_UNITS: Final = frozenset({"corporate actions", "transfers", "grant activity"})
_SECURITIES: Final = "financial instrument information"
_ORDER: Final = "order"
_FILLS: Final = frozenset({"trade", "execution"})


@dataclass(slots=True)
class _Statement:
    """A statement while it is read: the header of the section, securities by symbol, the account."""

    account: Account
    setting: Setting
    has_orders: bool
    securities: dict[str, set[tuple[str, str]]] = field(default_factory=dict)


class _Row:
    """A line of data with the header above it."""

    def __init__(self, line: Line, header: list[str]) -> None:
        self.draft = Draft(line.number, line.cells)
        self._cells = dict(zip(header[2:], (cell.strip() for cell in line.cells[2:]), strict=False))

    def text(self, *names: str) -> str:
        return next((self._cells[name] for name in names if name in self._cells), "")

    def beginning(self, start: str) -> tuple[str, str]:
        """Answer name and cell of the first column whose name begins so."""
        return next(((name, cell) for name, cell in self._cells.items() if name.startswith(start)), ("", ""))

    def number(self, *names: str) -> Decimal:
        return self.read(self.text(*names), names[0])

    def read(self, text: str, column: str) -> Decimal:
        """Read a number; "" and ``--`` are 0, what is none is noted."""
        if numbers.is_blank(text) or text == "--":
            return ZERO
        found = numbers.parse(text, POINT)
        if isinstance(found, Number):
            return found.value
        self.draft.findings.append(error(found.value, "amount", column=column, text=shown(text)))
        return ZERO


def _recognises(source: Source) -> bool:
    return any(
        [simplify(cell) for cell in line.cells[:3]] == ["statement", "header", "field name"]
        for line in source.first_lines
    )


def _read(source: Source, setting: Setting) -> Parsed:
    lines = source.sheet.lines
    if len(lines) > MAX_ROWS:
        raise UnreadableFile("too-many-rows", limit=f"{MAX_ROWS:,}")
    rows = list(_rows(lines))
    trades = {simplify(row.text("datadiscriminator")) for section, row in rows if section == "trades"}
    statement = _Statement(Account(setting), setting, _ORDER in trades)
    for section, row in rows:
        if section == _SECURITIES:
            _note_security(row, statement)
    for section, row in rows:
        if section == "trades":
            _trade(row, statement)
        elif section in _MONEY:
            _money(row, section, statement)
        elif section in _UNITS:
            _units(row, section, statement)
    return Parsed(statement.account.close(), header_line=lines[0].number)


def _rows(lines: list[Line]) -> Iterator[tuple[str, _Row]]:
    """Yield the lines of data with the name of their section; sums are left out."""
    header: list[str] = []
    for line in lines:
        if len(line.cells) < 3:  # noqa: PLR2004  # section, kind of line, one cell
            continue
        kind = simplify(line.cells[1])
        if kind == "header":
            header = [simplify(cell) for cell in line.cells]
        elif kind == "data" and header and simplify(line.cells[0]) == header[0]:
            row = _Row(line, header)
            sums = row.text("currency") or row.text("asset category") or line.cells[2]
            if not simplify(sums).startswith("total"):
                yield header[0], row


def _note_security(row: _Row, statement: _Statement) -> None:
    codes = row.text("security id", "isin")
    for symbol in row.text("symbol").split(","):
        known = statement.securities.setdefault(symbol.strip(), set())
        known.add((codes if ISIN.fullmatch(codes) else "", row.text("description")))


def _name(row: _Row, statement: _Statement, symbol: str, isin: str = "") -> None:
    """Set the security; a symbol that two securities of the file share tells no ISIN."""
    known = statement.securities.get(symbol, set())
    told, name = next(iter(known)) if len(known) == 1 else ("", "")
    name_security(row.draft, symbol=symbol, isin=isin if ISIN.fullmatch(isin) else told, name=name)


def _trade(row: _Row, statement: _Statement) -> None:
    level = simplify(row.text("datadiscriminator"))
    draft = row.draft
    if level != _ORDER and (statement.has_orders or level not in _FILLS):
        draft.skipped = PART_OF_OTHER
        statement.account.drafts.append(draft)
        return
    symbol = row.text("symbol")
    place(draft, row.text("date time"), statement.setting, zone=NEW_YORK)
    currency = currency_of(row.text("currency"))
    title, commission = row.beginning("comm")
    payer = currency_of(title.removeprefix("comm in ")) if title.startswith("comm in ") else ""
    quantity, proceeds = row.number("quantity"), row.number("proceeds")
    trade = Trade(
        draft, row.text("asset category"), symbol, quantity, proceeds, currency,
        commission=row.read(commission, "Comm/Fee"),
        commission_currency=payer,
        takes_back="Ca" in row.text("code").split(";"),
    )  # fmt: skip
    if simplify(trade.category) != "forex":
        _name(row, statement, symbol)
    if draft.findings:
        statement.account.drafts.append(draft)
    else:
        statement.account.trade(trade)


def _money(row: _Row, section: str, statement: _Statement) -> None:
    draft, text = row.draft, row.text("description")
    day = row.text("date", "settle date", "date time").partition(",")[0]
    place(draft, day, statement.setting)
    symbol, isin = named_in(text)
    if not isin:
        symbol = row.text("symbol")
    if symbol:
        _name(row, statement, symbol, isin)
    amount, currency = row.number("amount", "sales tax"), currency_of(row.text("currency"))
    if draft.findings or not amount:
        draft.skipped = "" if draft.findings else "total-line"
        statement.account.drafts.append(draft)
        return
    payment = payment_of(draft, currency)
    statement.account.cash(draft, section, (amount, currency), text=text, payment=payment)


def _units(row: _Row, section: str, statement: _Statement) -> None:
    """Transfers come in or go out in kind; other actions on shares are the user's to enter."""
    draft = row.draft
    statement.account.drafts.append(draft)
    place(draft, row.text("date time", "date", "report date"), statement.setting, zone=NEW_YORK)
    if section == "corporate actions":
        symbol, isin = named_in(row.text("description"))
        _name(row, statement, symbol, isin)
        corporate_action(draft, row.text("description"))
        return
    quantity, money = row.number("qty", "quantity"), row.number("cash amount")
    currency = currency_of(row.text("currency"))
    if section != "transfers" or draft.findings or bool(quantity) is bool(money):
        unknown(draft, f"{section} {row.text('type', 'description')}")
        return
    if money:
        statement.account.drafts.pop()
        statement.account.cash(draft, "deposits", (money, currency), text=row.text("type"))
        return
    _name(row, statement, row.text("symbol"))
    incoming = simplify(row.text("direction")) != "out" and quantity > 0
    book_in_kind(
        draft, EntryKind.TRANSFER_IN if incoming else EntryKind.TRANSFER_OUT, abs(quantity), currency
    )


PRESET: Final = Preset("ibkr-activity", BROKER, "Activity statement (CSV)", _recognises, _read)
