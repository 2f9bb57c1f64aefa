"""Portfolio Performance: transactions exported as CSV, with the program in English or German.

An account's file counts what leaves the cash as negative, a securities account's what leaves the
units; the kind says which it is, so signs are passed over. Numbers are written as the program's
language has them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.portfolio_performance import BROKER, WORDS, Moved, book
from portfolios.domain.brokers.preset import Parsed, Preset, Setting, place, unknown
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import Record, Table, annotate, major, name_security
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error
from portfolios.domain.csv_import.numbers import Mark, NumberStyle
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.exact import ZERO

_ENGLISH: Final = ("date", "type", "value", "transaction currency")
_GERMAN: Final = ("datum", "typ", "wert", "buchungswahrung")
_DATE: Final = ("date", "datum")
_TYPE: Final = ("type", "typ")
_VALUE: Final = ("value", "wert")
_CURRENCY: Final = ("transaction currency", "buchungswahrung")
_FEES: Final = ("fees", "gebuhren")
_TAXES: Final = ("taxes", "steuern")
_SHARES: Final = ("shares", "stuck")
_GROSS: Final = ("gross amount", "bruttobetrag")
_SYMBOL: Final = ("ticker symbol", "symbol")
_NAME: Final = ("security name", "wertpapiername")
_NOTE: Final = ("note", "notiz")
_KINDS: Final = {
    "kauf": "buy", "verkauf": "sell", "einlage": "deposit", "entnahme": "removal", "dividende": "dividends",
    "dividend": "dividends", "zinsen": "interest", "zinsbelastung": "interest charge", "gebuhren": "fees",
    "gebuhrenerstattung": "fees refund", "fee": "fees", "fee refund": "fees refund", "steuern": "taxes",
    "tax": "taxes", "steuerruckerstattung": "tax refund", "taxes refund": "tax refund",
    "withdrawal": "removal", "umbuchung eingang": "transfer in", "umbuchung ausgang": "transfer out",
    "transfer inbound": "transfer in", "transfer outbound": "transfer out",
    "einlieferung": "delivery inbound", "auslieferung": "delivery outbound",
}  # fmt: skip
_NO_TIME: Final = re.compile(r"[T ]00:00(:00)?$")


def _is_german(source: Source) -> bool:
    return source.has_header(*_GERMAN)


def _recognises(source: Source) -> bool:
    return source.has_header(*_ENGLISH) or _is_german(source)


def _read(source: Source, setting: Setting) -> Parsed:
    german = _is_german(source)
    table = Table(source.sheet, *(_GERMAN if german else _ENGLISH))
    columns = (_VALUE, _GROSS, _FEES, _TAXES, _SHARES)
    style = table.style(*(table.position(*names) for names in columns))
    if style.doubts:
        style = NumberStyle(Mark.COMMA if german else Mark.POINT)
    parsed = Parsed(header_line=table.header_line)
    for record in table.records(style):
        if record.usable:
            _row(record, setting)
        parsed.drafts.append(record.draft)
    return parsed


def _row(record: Record, setting: Setting) -> None:
    draft, word = record.draft, simplify(record.text(*_TYPE))
    kind = _KINDS.get(word, word)
    place(draft, _NO_TIME.sub("", record.text(*_DATE)), setting)
    name_security(draft, symbol=record.text(*_SYMBOL), isin=record.text("isin"), name=record.text(*_NAME))
    annotate(draft, record.text(*_NOTE))
    value, currency = major(record.number(*_VALUE), record.currency(*_CURRENCY))
    fees, taxes, shares = record.number(*_FEES), record.number(*_TAXES), record.number(*_SHARES)
    if kind not in WORDS:
        unknown(draft, record.text(*_TYPE))
    elif value is None and not draft.findings:
        draft.findings.append(error("no-amount", "amount", column="Value"))
    elif value is not None:
        _book(draft, kind, (value, fees, taxes), currency, shares)


def _book(
    draft: Draft, kind: str, figures: tuple[Decimal, Decimal | None, Decimal | None], currency: str,
    shares: Decimal | None,
) -> None:  # fmt: skip
    value, fees, taxes = (abs(one or ZERO) for one in figures)
    book(draft, kind, Moved(value, currency, fees, taxes, abs(shares) if shares else None))


PRESET: Final = Preset("portfolio-performance-csv", BROKER, "CSV", _recognises, _read)
