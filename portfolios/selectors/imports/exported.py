"""A portfolio's transactions as CSV and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.cells import json_text
from portfolios.domain.csv_import.export import ExportRow, written
from portfolios.domain.csv_import.lots import carried_told, chosen_told
from portfolios.domain.entries import CarriedLot
from portfolios.models import CarriedLots, Portfolio, ReliefLink, Transaction
from portfolios.selectors.reading import carried_lot

_COLUMNS = (
    "time", "kind", "instrument__symbol", "instrument__isin", "instrument__name", "quantity", "price",
    "currency", "fee", "fee_currency", "tax", "tax_currency", "fx_rate", "note", "external_id", "group",
    "instrument__uuid", "id",
)  # fmt: skip
_ABOUT = ("id", "name", "currency", "time_zone")


def export_csv(portfolio: Portfolio) -> str:
    """Write the live transactions as they are booked; an import reads them back exactly.

    Times are local to the portfolio, with their offset, so that the date is the one it shows.
    """
    return written(_rows(portfolio, _chosen(portfolio), _carried(portfolio)))


def export_json(portfolio: Portfolio) -> str:
    """Write the live transactions as they are booked: decimals as texts, what is not known null.

    Times are local to the portfolio, with their offset. `lots` are those chosen for a sale, `carried` those
    that a transfer brought from another portfolio.
    """
    chosen, carried = _chosen(portfolio), _carried(portfolio)
    told = [
        {
            **{name: None if value == "" else value for name, value in asdict(row).items()},
            "time": row.time.isoformat(),
            "lots": [
                {"entry": key, "quantity": quantity} for key, quantity in chosen.get(UUID(row.entry), ())
            ],
            "carried": [_lot(one) for one in carried.get(UUID(row.entry), ())],
        }
        for row in _rows(portfolio, chosen, carried)
    ]
    about = {name: getattr(portfolio, name) for name in _ABOUT}
    return json_text({"portfolio": about, "transactions": told}) + "\n"


def _lot(lot: CarriedLot) -> dict[str, Any]:
    return {
        "acquired": lot.acquired,
        "quantity": lot.quantity,
        "cost": lot.cost,
        "cost_base": lot.cost_base,
        "charges": lot.charges,
        "base": lot.base,
    }


def _rows(
    portfolio: Portfolio,
    chosen: dict[UUID, list[tuple[UUID, Decimal]]],
    carried: dict[UUID, list[CarriedLot]],
) -> Iterator[ExportRow]:
    zone = ZoneInfo(portfolio.time_zone)
    rows = Transaction.objects.filter(portfolio=portfolio, deleted_at=None).order_by(
        "day", "time", "sequence"
    )
    for values in rows.values_list(*_COLUMNS).iterator(chunk_size=10_000):
        yield _row(values, zone, chosen, carried)


def _row(
    values: tuple[Any, ...],
    zone: ZoneInfo,
    chosen: dict[UUID, list[tuple[UUID, Decimal]]],
    carried: dict[UUID, list[CarriedLot]],
) -> ExportRow:
    time, kind, symbol, isin, name, *rest, group, instrument, key = values
    cells: list[Any] = [time.astimezone(zone), kind, symbol or "", isin or "", name or "", *rest]
    cells += [str(group or ""), str(instrument or ""), str(key), chosen_told(chosen.get(key, ()))]
    brought = carried.get(key, [])
    cells.append(carried_told(brought[0].base, brought) if brought else "")
    return ExportRow(*cells)


def _chosen(portfolio: Portfolio) -> dict[UUID, list[tuple[UUID, Decimal]]]:
    found: dict[UUID, list[tuple[UUID, Decimal]]] = defaultdict(list)
    links = ReliefLink.objects.filter(sale__portfolio=portfolio, sale__deleted_at=None).order_by("pk")
    for sale, acquisition, quantity in links.values_list("sale_id", "acquisition_id", "quantity"):
        found[sale].append((acquisition, quantity))
    return found


def _carried(portfolio: Portfolio) -> dict[UUID, list[CarriedLot]]:
    rows = CarriedLots.objects.filter(transaction__portfolio=portfolio, transaction__deleted_at=None)
    return {one.transaction_id: [carried_lot(lot, one.base) for lot in one.lots] for one in rows}
