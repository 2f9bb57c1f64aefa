"""Choose the lots that a sale takes, and keep choices that were made true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import ValidationFailed
from core.money import plain
from portfolios.domain.entries import EntryId
from portfolios.domain.exact import ZERO, exact
from portfolios.errors import LotsNotHeld, MovedOn
from portfolios.models import Portfolio, ReliefLink, Transaction
from portfolios.selectors.relief import ACQUIRING, lacking
from portfolios.selectors.transfers import changed
from portfolios.services.inputs import LotPick


def chosen_for(row: Transaction) -> tuple[LotPick, ...]:
    """Answer the lots that were chosen for a sale, in the order in which they were named."""
    links = ReliefLink.objects.filter(sale=row).order_by("pk")
    return tuple(LotPick(transaction=one.acquisition_id, quantity=one.quantity) for one in links)


def choose(portfolio: Portfolio, row: Transaction, lots: Sequence[LotPick]) -> None:
    """Let a sale take these lots, or by the portfolio's method where there are none. It is locked.

    Raises:
        ValidationFailed: it is no sale, there are no such lots, or they do not add up to it.
    """
    ReliefLink.objects.filter(sale=row).delete()
    if not lots:
        return
    if portfolio.cost_method == Portfolio.CostMethod.AVERAGE:
        raise ValidationFailed.of("lots", _("At average cost there are no lots to choose."), "pooled")
    refuse_mismatch(row, lots)
    _refuse_unknown(portfolio, {one.transaction for one in lots})
    ReliefLink.objects.bulk_create(
        [ReliefLink(sale=row, acquisition_id=one.transaction, quantity=one.quantity) for one in lots]
    )


def refuse_mismatch(row: Transaction, lots: Sequence[LotPick]) -> None:
    """Refuse a choice that is not of a sale, names a lot twice, or does not add up to the sale.

    Raises:
        ValidationFailed: names `lots`.
    """
    if row.kind != Transaction.Kind.SELL:
        raise ValidationFailed.of("lots", _("Lots are chosen for a sale only."), "kind")
    if len({one.transaction for one in lots}) < len(lots) or any(one.quantity <= 0 for one in lots):
        raise ValidationFailed.of("lots", _("Name each lot once, with the units taken of it."), "lots")
    with exact():
        total = sum((one.quantity for one in lots), ZERO)
    if total != row.quantity:
        values = {"total": plain(total), "quantity": plain(row.quantity)}
        raise ValidationFailed.of(
            "lots", _("The lots add up to %(total)s, the sale is of %(quantity)s.") % values, "sum"
        )


def _refuse_unknown(portfolio: Portfolio, wanted: set[UUID]) -> None:
    # Of any instrument: a merger may have turned what was bought into what is sold.
    known = Transaction.objects.filter(
        portfolio=portfolio,
        deleted_at=None,
        kind__in=[kind.value for kind in ACQUIRING],
        pk__in=wanted,
    )
    if known.count() < len(wanted):
        raise ValidationFailed.of("lots", _("There is no such purchase."), "unknown")


def refuse_uncovered(portfolio: Portfolio, before: dict[EntryId, Decimal]) -> None:
    """Refuse a write after which lots that were chosen for a sale lack more than before it.

    Raises:
        LotsNotHeld: names the sale.
    """
    worse = [key for key, lack in lacking(portfolio).items() if lack > before.get(key, ZERO)]
    if worse:
        row = Transaction.objects.select_related("instrument").get(pk=cast("UUID", worse[0]))
        raise LotsNotHeld(
            _("The sale of %(quantity)s %(symbol)s on %(day)s takes lots that would not be there.")
            % {
                "quantity": plain(row.quantity),
                "symbol": row.instrument,
                "day": row.day.isoformat(),
            }
        )


def refuse_moved_on(portfolio: Portfolio) -> None:
    """Refuse a write after which other lots would have gone to another portfolio than those that did.

    Raises:
        MovedOn: names the transfer.
    """
    if (row := changed(portfolio)) is not None:
        raise MovedOn(
            _("On %(day)s lots of %(symbol)s were moved to another portfolio; they would be others.")
            % {"day": row.day.isoformat(), "symbol": row.instrument}
        )


def refuse_stale(row: Transaction) -> None:
    """Refuse to change a sale so that the lots chosen for it no longer fit it.

    Raises:
        ValidationFailed: names `lots`.
    """
    lots = chosen_for(row)
    if lots:
        refuse_mismatch(row, lots)


def states(lots: Iterable[LotPick]) -> list[dict[str, Any]]:
    """Write a choice as revisions and the audit log keep it."""
    return [{"transaction": str(one.transaction), "quantity": plain(one.quantity)} for one in lots]
