"""A portfolio's transactions as CSV."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from portfolios.domain.csv_import.export import ExportRow, written
from portfolios.models import Portfolio, Transaction

_COLUMNS = (
    "time", "kind", "instrument__symbol", "instrument__isin", "instrument__name", "quantity", "price",
    "currency", "fee", "fee_currency", "tax", "tax_currency", "fx_rate", "note", "external_id", "group",
    "instrument__uuid",
)  # fmt: skip


def export_csv(portfolio: Portfolio) -> str:
    """Write the live transactions as they are booked; an import reads them back exactly.

    Times are local to the portfolio, with their offset, so that the date is the one it shows.
    """
    zone = ZoneInfo(portfolio.time_zone)
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None).order_by(
        "day", "time", "sequence"
    )
    return written(_row(values, zone) for values in rows.values_list(*_COLUMNS).iterator(chunk_size=10_000))


def _row(values: tuple[Any, ...], zone: ZoneInfo) -> ExportRow:
    time, kind, symbol, isin, name, *rest, group, instrument = values
    cells: list[Any] = [time.astimezone(zone), kind, symbol or "", isin or "", name or "", *rest]
    cells += [str(group or ""), str(instrument or "")]
    return ExportRow(*cells)
