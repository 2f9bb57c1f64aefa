"""Units moved in kind between portfolios: the two entries of a move, and the lots that went along."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core.models import WRITERS, Role
from core.money import plain
from portfolios.domain.entries import CarriedLot
from portfolios.domain.lots import Lot
from portfolios.models import CarriedLots, Portfolio, PortfolioMember, Transaction
from portfolios.selectors.ledger import Ledger, owner_id, read
from portfolios.selectors.relief import folded


def legs_of(portfolio_id: UUID, transaction_id: UUID) -> list[Transaction]:
    """List both entries of a move between portfolios, that which goes out first; none where it is no move."""
    found = (
        CarriedLots.objects.filter(Q(transaction=transaction_id) | Q(source=transaction_id))
        .exclude(source=None)
        .select_related("transaction", "source")
        .first()
    )
    if found is None or found.source is None:
        return []
    legs = [found.source, found.transaction]
    return legs if portfolio_id in {one.portfolio_id for one in legs} else []


def destinations(user: Any, portfolio: Portfolio) -> QuerySet[Portfolio]:
    """List the other real portfolios of the same owner and world that `user` may write."""
    writable = PortfolioMember.objects.filter(user=user, role__in=WRITERS).values("portfolio")
    owned = PortfolioMember.objects.filter(user=owner_id(portfolio), role=Role.OWNER).values("portfolio")
    rows = Portfolio.objects.filter(pk__in=writable, managed_by=None, world=portfolio.world)
    return rows.filter(pk__in=owned).exclude(pk=portfolio.pk).order_by("name", "pk")


def lots_gone(portfolio: Portfolio, transaction_id: UUID) -> list[CarriedLot]:
    """Tell which lots an entry took out, as the database stands now."""
    return _gone(read(portfolio), {transaction_id}, None).get(transaction_id, [])


def changed(portfolio: Portfolio) -> Transaction | None:
    """Answer an entry whose lots went to another portfolio and would be others now; None: there is none."""
    moves = CarriedLots.objects.filter(
        source__portfolio=portfolio, source__deleted_at=None, transaction__deleted_at=None
    ).select_related("source__instrument", "transaction__portfolio")
    kept = {one.source_id: one for one in moves if one.source_id is not None}
    if not kept:
        return None
    now = _gone(read(portfolio), set(kept), None)
    for key, one in kept.items():
        if _facts(told(now.get(key, []))) != _facts(one.lots):
            return one.source
    return None


def _facts(lots: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Tell what must stay: rates may be corrected, units, days and prices of the lots may not change."""
    return [(one["acquired"], one["quantity"], one["cost"]) for one in lots]


def _gone(ledger: Ledger, wanted: set[UUID], until: date | None) -> dict[UUID, list[CarriedLot]]:
    fees = ledger.portfolio.fees_in_basis
    return {
        row.entry_id: [_carried(lot, ledger.base, fees_in_basis=fees) for lot in row.lots]
        for row in folded(ledger, ledger.entries, until).transfers
        if isinstance(row.entry_id, UUID) and row.entry_id in wanted and not row.incoming
    }


def _carried(lot: Lot, base: str, *, fees_in_basis: bool) -> CarriedLot:
    # Charges that are in the cost already are not to be added to it again.
    charges = Decimal(0) if fees_in_basis else lot.charges
    return CarriedLot(lot.acquired, lot.quantity, lot.cost, lot.cost_base, charges, base)


def told(lots: Iterable[CarriedLot]) -> list[dict[str, Any]]:
    """Write lots as they are kept: exact decimals as texts."""
    return [
        {
            "acquired": one.acquired.isoformat(),
            "quantity": plain(one.quantity),
            "cost": None if one.cost is None else plain(one.cost),
            "cost_base": None if one.cost_base is None else plain(one.cost_base),
            "charges": None if one.charges is None else plain(one.charges),
        }
        for one in lots
    ]
