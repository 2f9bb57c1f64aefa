"""A portfolio's transactions as CSV."""

from __future__ import annotations

from typing import Any

from portfolios.domain.csv_import.export import ExportRow, written
from portfolios.models import Portfolio, Transaction

_COLUMNS = (
    "time", "kind", "instrument__symbol", "instrument__isin", "instrument__name", "quantity", "price",
    "currency", "fee", "fee_currency", "tax", "tax_currency", "fx_rate", "note", "external_id", "group",
    "instrument__uuid",
)  # fmt: skip


def export_csv(portfolio: Portfolio) -> str:
    """Write the live transactions as they are booked; an import reads them back exactly."""
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None).order_by(
        "day", "time", "sequence"
    )
    return written(_row(values) for values in rows.values_list(*_COLUMNS).iterator(chunk_size=10_000))


def _row(values: tuple[Any, ...]) -> ExportRow:
    time, kind, symbol, isin, name, *rest = values
    group, instrument = rest[-2:]
    figures: list[Any] = rest[:-2]
    return ExportRow(
        time, kind, symbol or "", isin or "", name or "", *figures, group=str(group or ""),
        instrument=str(instrument or ""),
    )  # fmt: skip
