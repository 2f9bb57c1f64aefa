"""The ledgers of an archive: transactions as they were, deleted ones too, with lots chosen or moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from core import clock
from core.errors import BrokenArchive
from core.money import plain
from core.records import Record
from portfolios.domain.entries import EntryKind
from portfolios.models import CarriedLots, Portfolio, ReliefLink, Transaction
from portfolios.services.archive.context import Restoration
from portfolios.services.bulk import store_as_told
from portfolios.services.inputs import TransactionInput, faults, is_doubt, normalised

_MOST_LOTS: Final = 100_000
_ENTRY = (
    "id", "portfolio_id", "kind", "time", "day", "instrument_id", "quantity", "price", "currency", "fee",
    "fee_currency", "tax", "tax_currency", "fx_rate", "note", "external_id", "group", "import_batch_id",
    "fingerprint", "sequence", "version", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
# What a choice of lots must be: of a sale, of purchases of the same portfolio, and all of the sale.
_WRONG_CHOICE = """
SELECT EXISTS (
    SELECT FROM portfolios_relieflink link
    JOIN portfolios_transaction sale ON sale.id = link.sale_id
    JOIN portfolios_transaction lot ON lot.id = link.acquisition_id
    WHERE sale.portfolio_id = ANY(%(ids)s)
      AND (sale.kind <> 'sell' OR lot.portfolio_id <> sale.portfolio_id
           OR lot.kind NOT IN ('buy', 'transfer_in'))
) OR EXISTS (
    SELECT FROM portfolios_relieflink link
    JOIN portfolios_transaction sale ON sale.id = link.sale_id
    WHERE sale.portfolio_id = ANY(%(ids)s)
    GROUP BY sale.id HAVING sum(link.quantity) <> sale.quantity
)
"""
# Lots come along with a transfer in; where from, is a transfer out of as much of the same.
_WRONG_MOVE = """
SELECT EXISTS (
    SELECT FROM portfolios_carriedlots carried
    JOIN portfolios_transaction come ON come.id = carried.transaction_id
    LEFT JOIN portfolios_transaction gone ON gone.id = carried.source_id
    WHERE come.portfolio_id = ANY(%(ids)s)
      AND (come.kind <> 'transfer_in'
           OR (gone.id IS NOT NULL
               AND (gone.kind <> 'transfer_out' OR gone.portfolio_id = come.portfolio_id
                    OR gone.instrument_id <> come.instrument_id OR gone.quantity <> come.quantity)))
)
"""


def restore_entries(work: Restoration) -> None:
    """Store the transactions of the portfolios that are made, as the archive tells them.

    Raises:
        BrokenArchive: a line breaks a rule of the ledger.
    """
    counts = Counter[UUID]()
    with work.storing("transactions"):
        store_as_told(Transaction, _ENTRY, _entries(work, counts))
    for told, portfolio in zip(_made(work), work.portfolios.values(), strict=True):
        told["transactions"] = counts[portfolio.pk]


def _made(work: Restoration) -> list[dict[str, Any]]:
    return [one for one in work.result["portfolios"] if not one["there"]]


def _entries(work: Restoration, counts: Counter[UUID]) -> Iterator[tuple[Any, ...]]:
    for row in work.rows("transactions"):
        portfolio, key = work.portfolio(row), row.key("id")
        if portfolio is None:
            work.entries_there.add(key)
            continue
        work.entries.add(key)
        counts[portfolio.pk] += 1
        yield _entry(work, row, portfolio, key)


def _entry(work: Restoration, row: Record, portfolio: Portfolio, key: UUID) -> tuple[Any, ...]:
    item = _input(work, row)
    batch = row.key_or_none("import")
    if batch is not None and work.batches.get(batch) != portfolio.pk:
        row.refuse("import", _("The archive has no such import of this portfolio."))
    values = (
        work.key(key), portfolio.pk, item.kind.value, item.time, clock.day_of(item.time, portfolio.time_zone),
        item.instrument.pk if item.instrument else None, item.quantity, item.price, item.currency, item.fee,
        item.fee_currency, item.tax, item.tax_currency, item.fx_rate, item.note, item.external_id, item.group,
        work.key(batch) if batch else None, item.fingerprint, row.whole("sequence"), _version(row),
        row.instant("created_at"), row.instant("updated_at"), row.instant_or_none("deleted_at"),
    )  # fmt: skip
    row.done()
    for one in faults(portfolio, item):
        if not is_doubt(one):
            row.refuse(one.field, _(one.message))
    if normalised(portfolio, item) != item:
        row.refuse("currency", _("It is not written as the ledger keeps it."))
    return values


def _input(work: Restoration, row: Record) -> TransactionInput:
    return TransactionInput(
        kind=EntryKind(row.choice("kind", Transaction.Kind.values)),
        time=row.instant("time"),
        instrument=work.instrument(row),
        quantity=row.number("quantity"),
        price=row.number_or_none("price"),
        currency=row.currency("currency"),
        fee=row.number("fee"),
        fee_currency=row.currency("fee_currency"),
        tax=row.number("tax"),
        tax_currency=row.currency("tax_currency"),
        fx_rate=row.number_or_none("fx_rate"),
        note=row.text("note", 400),
        external_id=row.text("external_id", 120),
        group=row.key_or_none("group"),
        fingerprint=row.text("fingerprint", 64),
    )


def _version(row: Record) -> int:
    version = row.whole("version")
    if not 1 <= version < 2**31:
        row.refuse("version")
    return version


def restore_lots(work: Restoration) -> None:
    """Store which lots were chosen for sales, and which came along with transfers.

    Raises:
        BrokenArchive: a choice or a move is none that the ledger allows.
    """
    with work.storing("lots_chosen"):
        store_as_told(ReliefLink, ("sale_id", "acquisition_id", "quantity"), _chosen(work))
        _refuse_if(work, "lots_chosen", _WRONG_CHOICE, _("Lots chosen for a sale are not those of the sale."))
    with work.storing("lots_carried"):
        store_as_told(CarriedLots, ("transaction_id", "source_id", "base", "lots"), _carried(work))
        _refuse_if(
            work, "lots_carried", _WRONG_MOVE, _("Lots came along with something that is no such transfer.")
        )


def _refuse_if(work: Restoration, name: str, query: str, message: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, {"ids": [one.pk for one in work.portfolios.values()]})
        (is_wrong,) = cursor.fetchone()
    if is_wrong:
        raise BrokenArchive(message, member=f"{name}.jsonl")


def _chosen(work: Restoration) -> Iterator[tuple[Any, ...]]:
    for row in work.rows("lots_chosen"):
        sale = work.entry(row, "sale")
        if sale is None:
            continue
        values = (sale, work.entry(row, "acquisition"), row.number("quantity"))
        row.done()
        yield values


def _carried(work: Restoration) -> Iterator[tuple[Any, ...]]:
    for row in work.rows("lots_carried"):
        come = work.entry(row, "transaction")
        if come is None:
            continue
        source = work.entry(row, "source") if row.key_or_none("source") else None
        values = (
            come,
            source,
            row.currency("base"),
            orjson.dumps([_lot(one) for one in row.items("lots", _MOST_LOTS)]).decode(),
        )
        row.done()
        yield values


def _lot(row: Record) -> dict[str, Any]:
    acquired: date = row.day("acquired")
    numbers = {name: row.number_or_none(name) for name in ("cost", "cost_base", "charges")}
    quantity = row.number("quantity")
    row.done()
    if quantity <= 0:
        row.refuse("lots")
    told = {name: None if one is None else plain(one) for name, one in numbers.items()}
    return {"acquired": acquired.isoformat(), "quantity": plain(quantity), **told}
