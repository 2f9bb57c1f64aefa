"""Read the entries of a ledger, column by column: row by row takes PostgreSQL's driver five times as long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from portfolios.domain.entries import CarriedLot, Entry, EntryId, EntryKind, Ordered, Pick, in_order
from portfolios.models import CarriedLots, Portfolio, ReliefLink

_KINDS: Final = {kind.value: kind for kind in EntryKind}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS: Final = """
string_agg(uuid_send(id) || xidsend(xmin) || tidsend(ctid), ''), array_agg(id), array_agg(day),
array_agg((extract(epoch FROM time) * 1000000)::bigint), array_agg(kind), array_agg(instrument_id),
array_agg(trim_scale(quantity)), array_agg(trim_scale(price)), array_agg(currency),
array_agg(trim_scale(fee)), array_agg(fee_currency), array_agg(trim_scale(tax)), array_agg(tax_currency),
array_agg(trim_scale(fx_rate)), array_agg(sequence)
"""
_LIVE: Final = "FROM portfolios_transaction WHERE portfolio_id = %s AND deleted_at IS NULL"
# A stamp is the id of a row (16 bytes), the transaction that wrote it (4) and where it stands (6). Whoever
# changes a row, it gets another `xmin`, or within one transaction another `ctid`.
# Instants come as microseconds, which parse in no time, and decimals without trailing zeros: sums and
# products of short ones are fast.
_ROWS: Final = f"SELECT {_FIELDS} {_LIVE}"
_ROWS_BY_ID: Final = f"{_ROWS} AND id = ANY(%s)"
_ROWS_BY_INSTRUMENT: Final = f"{_ROWS} AND instrument_id = ANY(%s)"
_STAMPS: Final = f"SELECT string_agg(uuid_send(id) || xidsend(xmin) || tidsend(ctid), '') {_LIVE}"
_STAMP: Final = 26
_MOST_CHANGED: Final = 500
_BELONGINGS: Final = """
SELECT EXISTS (
    SELECT FROM portfolios_relieflink link JOIN portfolios_transaction sale ON sale.id = link.sale_id
    WHERE sale.portfolio_id = %s AND sale.deleted_at IS NULL
) OR EXISTS (
    SELECT FROM portfolios_carriedlots lots
    JOIN portfolios_transaction moved ON moved.id = lots.transaction_id
    WHERE moved.portfolio_id = %s AND moved.deleted_at IS NULL
)
"""


class Rows(NamedTuple):
    """The entries of a portfolio's live rows, and a stamp of each, another after every change.

    `anew`: those of the entries that other ones before did not have.
    """

    entries: Ordered
    stamps: frozenset[bytes]
    anew: Ordered = Ordered()


def entries_of(portfolio: Portfolio, instruments: Iterable[int]) -> Ordered:
    """Read the entries of some instruments, without chosen lots and without those that they brought along."""
    return _read(_ROWS_BY_INSTRUMENT, portfolio, list(instruments)).entries


def rows_of(portfolio: Portfolio) -> Rows:
    """Read the live rows of a portfolio with everything that belongs to them."""
    found = _read(_ROWS, portfolio)
    return Rows(_carried(portfolio, _picked(portfolio, found.entries)), found.stamps)


def rows_since(portfolio: Portfolio, known: Rows) -> Rows | None:
    """Read what has changed since `known` was read; None: it takes reading everything.

    What belongs to entries besides their rows has no stamps, so a portfolio that has any is read anew.
    """
    if _one(_BELONGINGS, portfolio.pk, portfolio.pk)[0]:
        return None
    stamps = _cut(_one(_STAMPS, portfolio.pk)[0])
    changed = stamps - known.stamps
    if len(changed) > _MOST_CHANGED:
        return None
    anew = _read(_ROWS_BY_ID, portfolio, [_id_of(stamp) for stamp in changed])
    if anew.stamps != changed:
        return None  # somebody wrote meanwhile: these would be rows of two moments
    gone = {_id_of(stamp) for stamp in known.stamps - stamps}
    kept = Ordered(one for one in known.entries if one.id not in gone) if gone else known.entries
    return Rows(kept.with_more(anew.entries), stamps, anew.entries)


def _one(query: str, *parameters: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: tuple[Any, ...] = cursor.fetchone()
        return found


def _cut(packed: Any) -> frozenset[bytes]:
    whole = bytes(packed or b"")
    return frozenset(whole[at : at + _STAMP] for at in range(0, len(whole), _STAMP))


def _id_of(stamp: bytes) -> UUID:
    return UUID(bytes=stamp[:16])


def _read(query: str, portfolio: Portfolio, *parameters: Any) -> Rows:
    stamps, ids, days, micros, kinds, *others = _one(query, portfolio.pk, *parameters)
    if stamps is None:
        return Rows(Ordered(), frozenset())
    instants = {one: _EPOCH + timedelta(microseconds=one) for one in set(micros)}
    times, kinds = map(instants.__getitem__, micros), map(_KINDS.__getitem__, kinds)
    entries = in_order(Entry(*row) for row in zip(ids, days, times, kinds, *others, strict=True))
    return Rows(entries, _cut(stamps))


def _carried(portfolio: Portfolio, entries: Ordered) -> Ordered:
    """Add the lots that transfers from other portfolios brought along."""
    if not any(one.kind is EntryKind.TRANSFER_IN for one in entries):
        return entries
    rows = CarriedLots.objects.filter(transaction__portfolio=portfolio, transaction__deleted_at=None)
    carried: dict[EntryId, tuple[CarriedLot, ...]] = {
        one.transaction_id: tuple(carried_lot(lot, one.base) for lot in one.lots) for one in rows
    }
    if not carried:
        return entries
    return Ordered(one._replace(carried=carried[one.id]) if one.id in carried else one for one in entries)


def carried_lot(row: dict[str, Any], base: str) -> CarriedLot:
    """Read a lot as it is kept with the transfer that brought it."""
    cost, cost_base, charges = (
        None if row[name] is None else Decimal(row[name]) for name in ("cost", "cost_base", "charges")
    )
    return CarriedLot(
        date.fromisoformat(row["acquired"]), Decimal(row["quantity"]), cost, cost_base, charges, base
    )


def _picked(portfolio: Portfolio, entries: Ordered) -> Ordered:
    """Add the lots that were chosen for sales."""
    if not any(one.kind is EntryKind.SELL for one in entries):
        return entries
    links = ReliefLink.objects.filter(sale__portfolio=portfolio, sale__deleted_at=None).order_by("pk")
    picks: dict[EntryId, list[Pick]] = {}
    for sale, acquisition, quantity in links.values_list("sale_id", "acquisition_id", "quantity"):
        picks.setdefault(sale, []).append(Pick(acquisition, quantity))
    if not picks:
        return entries
    return Ordered(one._replace(picks=tuple(picks[one.id])) if one.id in picks else one for one in entries)
