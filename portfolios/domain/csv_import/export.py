"""The platform's own CSV format: everything a ledger holds, so that it reads back exactly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.money import plain

OWN_COLUMNS: Final = (
    "date", "type", "symbol", "isin", "name", "quantity", "price", "currency", "fee", "fee_currency",
    "tax", "tax_currency", "fx_rate", "note", "id", "group", "instrument",
)  # fmt: skip
OWN_HEADER: Final = ",".join(OWN_COLUMNS)
# What a spreadsheet may take for a formula, and the mark itself, so that reading undoes it exactly.
_DANGEROUS: Final = frozenset("=+-@\t\r\n'")
GUARD: Final = "'"


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One transaction as text and numbers. `time` has an offset; empty texts say nothing."""

    time: datetime
    kind: str
    symbol: str
    isin: str
    name: str
    quantity: Decimal
    price: Decimal | None
    currency: str
    fee: Decimal
    fee_currency: str
    tax: Decimal
    tax_currency: str
    fx_rate: Decimal | None
    note: str
    external_id: str
    group: str
    instrument: str


def written(rows: Iterable[ExportRow]) -> str:
    """Write rows as CSV: times with their offsets, numbers plain with a point, lines ending CR LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(OWN_COLUMNS)
    writer.writerows(_cells(row) for row in rows)
    return out.getvalue()


def guarded(text: str) -> str:
    """Put a ``'`` before what a spreadsheet would run as a formula."""
    return GUARD + text if text[:1] in _DANGEROUS and text else text


def unguarded(text: str) -> str:
    """Take the guard off again."""
    return text[1:] if text.startswith(GUARD) else text


def number(value: Decimal | None) -> str:
    """Write a decimal without exponent and trailing zeros; nothing for None."""
    return "" if value is None else plain(value)


def _cells(row: ExportRow) -> tuple[str, ...]:
    return (
        row.time.isoformat(),
        row.kind,
        guarded(row.symbol),
        guarded(row.isin),
        guarded(row.name),
        number(row.quantity),
        number(row.price),
        row.currency,
        number(row.fee),
        row.fee_currency,
        number(row.tax),
        row.tax_currency,
        number(row.fx_rate),
        guarded(row.note),
        guarded(row.external_id),
        row.group,
        row.instrument,
    )
