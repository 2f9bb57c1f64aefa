"""Take a whole import out of the ledger again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import Conflict
from core.money import plain
from portfolios.domain.entries import EntryId
from portfolios.domain.shortfall import OUTGOING
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, Transaction, TransactionImport, TransactionRevision
from portfolios.selectors.ledger import instrument_shortfalls
from portfolios.selectors.relief import lacking
from portfolios.services.bulk import store, uncollected
from portfolios.services.imports.preview import locked_import
from portfolios.services.inputs import state_of
from portfolios.services.relief import refuse_moved_on, refuse_uncovered
from portfolios.services.revisions import bump

_MOST_NAMED = 5
ZERO = Decimal(0)


@transaction.atomic
def undo_import(*, actor: Actor, portfolio_id: UUID, import_id: UUID) -> TransactionImport:
    """Delete every transaction of an import that is still there; rows and their history stay.

    Rows that were edited since go too, and the result says how many. Afterwards the same file
    can be imported again.

    Raises:
        NotFound: no such import, or the actor is no member.
        Conflict: it is not applied; or sales entered since would lack units (names them).
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    batch = locked_import(portfolio, import_id, TransactionImport.Status.APPLIED)
    take_out(actor, portfolio, batch)
    return batch


def take_out(actor: Actor, portfolio: Portfolio, batch: TransactionImport) -> None:
    """Delete an import's transactions from a portfolio that the caller has locked.

    Raises:
        Conflict: as `undo_import`.
    """
    rows = list(
        Transaction.objects.filter(portfolio=portfolio, import_batch=batch, deleted_at=None).select_related(
            "instrument"
        )
    )
    touched = _also_sold_outside(portfolio, batch, rows)
    before, picked = instrument_shortfalls(portfolio, touched), lacking(portfolio)
    with uncollected():
        _delete(actor, rows)
    _refuse_shortfalls(portfolio, touched, before)
    refuse_uncovered(portfolio, picked)
    refuse_moved_on(portfolio)
    _close(actor, portfolio, batch, rows)


def _also_sold_outside(
    portfolio: Portfolio, batch: TransactionImport, rows: Sequence[Transaction]
) -> set[int]:
    """List the instruments of the import that go out by entries which stay."""
    touched = {row.instrument_id for row in rows if row.instrument_id is not None}
    outside = Transaction.objects.filter(
        portfolio=portfolio, deleted_at=None, instrument__in=touched, kind__in=OUTGOING
    ).exclude(import_batch=batch)
    return {key for key in outside.values_list("instrument_id", flat=True).distinct() if key is not None}


def _delete(actor: Actor, rows: Sequence[Transaction]) -> None:
    store(
        [
            TransactionRevision(
                transaction=row,
                version=row.version,
                changed_by=actor.user_id,
                state=state_of(row) | {"deleted": False},
            )
            for row in rows
        ]
    )
    now = clock.now()
    Transaction.objects.filter(pk__in=[row.pk for row in rows]).update(
        deleted_at=now, updated_at=now, version=F("version") + 1
    )


def _refuse_shortfalls(portfolio: Portfolio, touched: set[int], before: dict[EntryId, Decimal]) -> None:
    after = instrument_shortfalls(portfolio, touched)
    worse = {entry: lack for entry, lack in after.items() if lack > before.get(entry, ZERO)}
    if not worse:
        return
    rows = Transaction.objects.select_related("instrument").filter(pk__in=list(worse)).order_by("time")
    named = [f"{row.day.isoformat()}: {row.instrument} −{plain(row.quantity)}" for row in rows[:_MOST_NAMED]]
    more = len(worse) - len(named)
    detail = _("%(count)s later sales need units of this import. Delete them first: %(rows)s") % {
        "count": len(worse),
        "rows": "; ".join(named) + (_(" and %(more)s more") % {"more": more} if more else ""),
    }
    raise Conflict(detail, code="import-in-use")


def _close(actor: Actor, portfolio: Portfolio, batch: TransactionImport, rows: Sequence[Transaction]) -> None:
    edited = sum(1 for row in rows if row.version > 1)
    batch.status = TransactionImport.Status.UNDONE
    batch.summary.pop("failure", None)
    batch.summary["undone"] = {"removed": len(rows), "edited": edited}
    batch.save(update_fields=["status", "summary", "updated_at"])
    audit.record(
        actor=actor,
        verb="import.undone",
        object_type="transaction_import",
        object_id=batch.pk,
        after={"portfolio": str(portfolio.pk), **batch.summary["undone"]},
    )
    if rows:
        bump(portfolio)
