"""Which lots a sale takes: those that are open, those it takes now, and choices that no longer hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core import clock
from market.models import Instrument
from portfolios.domain.book import Book, ProblemKind
from portfolios.domain.entries import Entry, EntryId, EntryKind, in_order
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.ledger import fold
from portfolios.domain.lots import CostMethod, Lot
from portfolios.models import Portfolio, ReliefLink, Transaction
from portfolios.selectors.ledger import Ledger, load, read

ACQUIRING = frozenset({EntryKind.BUY, EntryKind.TRANSFER_IN})
# A sale that nobody saved yet comes after all of its instant.
_DRAFT, _LAST = "draft", 2**62


@dataclass(frozen=True, slots=True)
class OpenLot:
    """What a sale may take of one acquisition, in units of the day of the sale.

    `cost` is that of all `quantity` units, in the portfolio's currency (None: unknown); `taken` is what the
    sale takes of them now, by choice or by the portfolio's method.
    """

    acquisition: UUID
    acquired: date
    quantity: Decimal
    cost: Decimal | None
    taken: Decimal


def lots_before(portfolio: Portfolio, sale: Transaction) -> list[OpenLot]:
    """List the lots that are open just before a sale, by acquisition."""
    ledger = load(portfolio)
    return _offered(ledger, in_order(ledger.entries), sale.pk)


def lots_for(
    portfolio: Portfolio,
    instrument: Instrument,
    time: datetime,
    quantity: Decimal,
    instead_of: Transaction | None = None,
) -> list[OpenLot]:
    """List the lots that a sale would find which is not there yet, or is to stand `instead_of` another."""
    ledger = load(portfolio)
    draft = Entry(
        id=_DRAFT,
        day=clock.day_of(time, portfolio.time_zone),
        time=time,
        kind=EntryKind.SELL,
        instrument=instrument.pk,
        quantity=quantity,
        price=ZERO,
        currency=instrument.currency,
        sequence=_LAST if instead_of is None else instead_of.sequence,
    )
    others = [one for one in ledger.entries if instead_of is None or one.id != instead_of.pk]
    return _offered(ledger, in_order([*others, draft]), _DRAFT)


def _offered(ledger: Ledger, entries: list[Entry], sale_id: EntryId) -> list[OpenLot]:
    """List what a sale among `entries`, which are in order, finds when it is booked."""
    at = next(number for number, one in enumerate(entries) if one.id == sale_id)
    sale = entries[at]
    held = folded(ledger, entries[:at], sale.day).holdings.get(sale.instrument or 0)
    lots = [] if held is None else [lot for lot in held.lots if lot.quantity > 0]
    taken: dict[EntryId | None, Decimal] = {}
    with exact():
        for row in folded(ledger, entries[: at + 1], sale.day).disposals:
            if row.entry_id == sale_id and not row.missing:
                taken[row.lot_id] = taken.get(row.lot_id, ZERO) + row.quantity
        return [
            OpenLot(key, lot.acquired, lot.quantity, lot.cost_base, taken.get(key, ZERO))
            for key, lot in _joined(lots).items()
        ]


def _joined(lots: list[Lot]) -> dict[UUID, Lot]:
    """Join the lots of one acquisition: a choice names it, not its parts."""
    found: dict[UUID, Lot] = {}
    for lot in lots:
        if not isinstance(lot.entry_id, UUID):
            continue
        other = found.get(lot.entry_id)
        found[lot.entry_id] = lot if other is None else other.joined(lot)
    return found


def lacking(portfolio: Portfolio) -> dict[EntryId, Decimal]:
    """Tell by sale how many of the units chosen for it are not there, as the database stands now."""
    if not ReliefLink.objects.filter(sale__portfolio=portfolio, sale__deleted_at=None).exists():
        return {}
    ledger = read(portfolio)
    booked = folded(ledger, ledger.entries, None)
    found = booked.problem(ProblemKind.LOTS_NOT_HELD)
    return {row.entry_id: row.quantity or ZERO for row in found if row.entry_id is not None}


def folded(ledger: Ledger, entries: Iterable[Entry], until: date | None) -> Book:
    """Fold entries by the portfolio's settings, without prices: for lots and costs alone."""
    portfolio = ledger.portfolio
    return fold(
        entries,
        ledger.splits,
        ledger.rates,
        base=ledger.base,
        method=CostMethod(portfolio.cost_method),
        fees_in_basis=portfolio.fees_in_basis,
        allow_short=portfolio.allow_short,
        tracks_cash=portfolio.tracks_cash,
        until=until,
        currencies=ledger.currencies,
        actions=ledger.actions,
    )
