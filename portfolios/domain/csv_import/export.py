"""The platform's own CSV format: everything a ledger holds, so that it reads back exactly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.cells import guarded
from core.money import plain

# What exports had before they told of lots; they are read as exactly.
FORMER_COLUMNS: Final = (
    "date", "type", "symbol", "isin", "name", "quantity", "price", "currency", "fee", "fee_currency",
    "tax", "tax_currency", "fx_rate", "note", "id", "group", "instrument",
)  # fmt: skip
OWN_COLUMNS: Final = (*FORMER_COLUMNS, "entry", "lots", "carried")
OWN_HEADERS: Final = frozenset({FORMER_COLUMNS, OWN_COLUMNS})
OWN_HEADER: Final = ",".join(FORMER_COLUMNS)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One transaction as text and numbers. `time` has an offset; empty texts say nothing.

    `entry` names the row in its file, `lots` the rows that a sale takes its units of, `carried` the lots
    that a transfer brought from another portfolio (`portfolios.domain.csv_import.lots`).
    """

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
    entry: str = ""
    lots: str = ""
    carried: str = ""


def written(rows: Iterable[ExportRow]) -> str:
    """Write rows as CSV: times with their offsets, numbers plain with a point, lines ending CR LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(OWN_COLUMNS)
    writer.writerows(_cells(row) for row in rows)
    return out.getvalue()


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
        row.entry,
        row.lots,
        row.carried,
    )
