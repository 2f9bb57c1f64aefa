"""Add, change and delete transactions. Every former state is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, FieldError, NotFound, ValidationFailed
from core.money import plain
from market.locks import keep_instruments
from market.models import Instrument
from portfolios.domain.entries import EntryId
from portfolios.domain.exact import ZERO
from portfolios.errors import MovedOn, Oversold, StaleVersion
from portfolios.locks import lock_portfolio, lock_portfolios
from portfolios.models import Portfolio, Transaction, TransactionImport, TransactionRevision
from portfolios.selectors.ledger import instrument_shortfalls, owner_id
from portfolios.selectors.portfolios import named_in
from portfolios.selectors.relief import lacking
from portfolios.selectors.transfers import legs_of
from portfolios.services.bulk import store
from portfolios.services.inputs import (
    FIELDS,
    TransactionInput,
    amended,
    as_input,
    audited,
    faults,
    is_doubt,
    normalised,
    state_of,
)
from portfolios.services.relief import (
    choose,
    chosen_for,
    refuse_moved_on,
    refuse_stale,
    refuse_uncovered,
    states,
)
from portfolios.services.revisions import bump


@transaction.atomic
def add_transactions(
    *,
    actor: Actor,
    portfolio_id: UUID,
    inputs: Sequence[TransactionInput],
    import_batch: TransactionImport | None = None,
    allow_shortfall: bool = False,
    allow_doubtful: bool = False,
    manager: UUID | None = None,
) -> list[Transaction]:
    """Add all of `inputs`, or none. Answers the rows in the order given.

    `allow_shortfall` lets history in that lacks its purchases; it is shown as missing then.
    `allow_doubtful` lets prices of 0 or less and times in the future in, which quality checks show.

    Raises:
        ValidationFailed: names the field, and with several inputs the row (``[2].price``).
        Oversold: units would be sold that are not held.
        LotsNotHeld: lots chosen for a sale, this or an earlier one, would not be there.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, manager=manager)
    _refuse_faults(portfolio, inputs, lenient=allow_doubtful)
    checked = [normalised(portfolio, item) for item in inputs]
    _keep_instruments(actor, portfolio, checked)
    picked = lacking(portfolio) if not allow_shortfall else {}
    rows = _built(portfolio, checked, import_batch)
    store(rows)
    if not allow_shortfall:
        _refuse_oversold(portfolio, {item.instrument for item in checked}, added={row.pk for row in rows})
        for row, item in zip(rows, checked, strict=True):
            if item.lots:
                choose(portfolio, row, item.lots)
        refuse_uncovered(portfolio, picked)
        refuse_moved_on(portfolio)
    _recorded(actor, portfolio, "transactions.added", rows, import_batch)
    bump(portfolio)
    return rows


@transaction.atomic
def change_transaction(
    *,
    actor: Actor,
    transaction_id: UUID,
    portfolio_id: UUID,
    changes: dict[str, Any],
    version: int | None = None,
) -> Transaction:
    """Change one transaction and keep what it was. `version`: the one the caller read, if it matters.

    Raises:
        NotFound: no such transaction in that portfolio.
        StaleVersion: somebody changed it meanwhile.
        ValidationFailed: names the field.
        Oversold: a later sale would lack units.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    row = _locked_row(portfolio, transaction_id, version)
    if changes.keys() - {"note"} and legs_of(portfolio_id, transaction_id):
        raise MovedOn(_("It is one end of a transfer between portfolios: delete it and transfer anew."))
    old = as_input(row)
    wanted = amended(old, changes)
    _refuse_faults(portfolio, [wanted])
    changed = normalised(portfolio, wanted)
    _keep_instruments(actor, portfolio, [changed])
    with _nothing_lacks(portfolio, {old.instrument, changed.instrument}):
        _keep_revision(actor, row)
        _apply(portfolio, row, changed)
        row.version += 1
        row.save()
        if "lots" in changes:
            choose(portfolio, row, changed.lots)
        else:
            refuse_stale(row)
    audit.record(
        actor=actor,
        verb="transaction.changed",
        object_type="transaction",
        object_id=row.pk,
        before=audited(old),
        after=audited(changed),
    )
    bump(portfolio)
    return row


@transaction.atomic
def delete_transaction(
    *, actor: Actor, transaction_id: UUID, portfolio_id: UUID, version: int | None = None
) -> None:
    """Take one transaction out of the ledger; the row and its history stay.

    Raises:
        NotFound: no such transaction in that portfolio.
        Oversold: a later sale would lack units.
        MovedOn: its lots went on to another portfolio.
    """
    legs = legs_of(portfolio_id, transaction_id)
    if not legs:
        _delete(actor, lock_portfolio(actor=actor, portfolio_id=portfolio_id), transaction_id, version)
        return
    # What came in goes first: what went out is only then its own again.
    locked = lock_portfolios(actor=actor, portfolio_ids=[one.portfolio_id for one in legs])
    for leg, portfolio in reversed(list(zip(legs, locked, strict=True))):
        _delete(actor, portfolio, leg.pk, version if leg.pk == transaction_id else None)


def _delete(actor: Actor, portfolio: Portfolio, transaction_id: UUID, version: int | None) -> None:
    row = _locked_row(portfolio, transaction_id, version)
    _mark(actor, portfolio, row, deleted_at=clock.now())
    audit.record(
        actor=actor,
        verb="transaction.deleted",
        object_type="transaction",
        object_id=row.pk,
        before=audited(as_input(row)),
    )
    bump(portfolio)


@transaction.atomic
def restore_transaction(*, actor: Actor, transaction_id: UUID, portfolio_id: UUID) -> Transaction:
    """Bring a deleted transaction back, as undo does.

    Raises:
        NotFound: no such deleted transaction in that portfolio.
        Conflict: its row was imported again meanwhile.
        Oversold: a sale would lack units.
        MovedOn: other lots would go out by it than went.
    """
    legs = legs_of(portfolio_id, transaction_id)
    if not legs:
        return _restore(actor, lock_portfolio(actor=actor, portfolio_id=portfolio_id), transaction_id)
    locked = lock_portfolios(actor=actor, portfolio_ids=[one.portfolio_id for one in legs])
    rows = [_restore(actor, portfolio, leg.pk) for leg, portfolio in zip(legs, locked, strict=True)]
    refuse_moved_on(locked[0])
    return next(row for row in rows if row.pk == transaction_id)


def _restore(actor: Actor, portfolio: Portfolio, transaction_id: UUID) -> Transaction:
    row = (
        Transaction.objects.select_related("instrument")
        .filter(portfolio=portfolio, pk=transaction_id, deleted_at__isnull=False)
        .first()
    )
    if row is None:
        raise NotFound
    _refuse_twin(portfolio, row)
    _mark(actor, portfolio, row, deleted_at=None)
    audit.record(
        actor=actor,
        verb="transaction.restored",
        object_type="transaction",
        object_id=row.pk,
        after=audited(as_input(row)),
    )
    bump(portfolio)
    return row


def _mark(actor: Actor, portfolio: Portfolio, row: Transaction, *, deleted_at: datetime | None) -> None:
    """Take a row out of the ledger, or (None) bring it back, and keep what it was."""
    with _nothing_lacks(portfolio, {row.instrument}):
        _keep_revision(actor, row)
        row.deleted_at = deleted_at
        row.version += 1
        row.save(update_fields=["deleted_at", "version", "updated_at"])


@contextmanager
def _nothing_lacks(portfolio: Portfolio, touched: set[Instrument | None]) -> Iterator[None]:
    """Refuse what is written inside if sales, lots chosen for them or lots moved on would lack by it."""
    before, picked = instrument_shortfalls(portfolio, _ids(touched)), lacking(portfolio)
    yield
    _refuse_oversold(portfolio, touched, before)
    refuse_uncovered(portfolio, picked)
    refuse_moved_on(portfolio)


def _refuse_twin(portfolio: Portfolio, row: Transaction) -> None:
    same = Transaction.objects.filter(portfolio=portfolio, deleted_at=None, fingerprint=row.fingerprint)
    if row.fingerprint and same.exists():
        raise Conflict(_("This transaction is there again: its file was imported once more."))


def _refuse_faults(portfolio: Portfolio, items: Sequence[TransactionInput], *, lenient: bool = False) -> None:
    errors: list[FieldError] = []
    for position, item in enumerate(items):
        prefix = f"[{position}]." if len(items) > 1 else ""
        errors += [
            FieldError(prefix + one.field, one.message, one.code)
            for one in faults(portfolio, item)
            if not (lenient and is_doubt(one))
        ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _keep_instruments(actor: Actor, portfolio: Portfolio, items: Sequence[TransactionInput]) -> None:
    """Hold the instruments until the rows that point at them are committed.

    They are public, the actor's own, those of the portfolio's owner, or in the portfolio already.
    """
    refuse_foreign(actor, portfolio, [item.instrument for item in items if item.instrument])
    wanted = _ids({item.instrument for item in items})
    if wanted - keep_instruments(wanted):
        raise ValidationFailed.of("instrument", _("This instrument was deleted meanwhile."), "unknown")


def refuse_foreign(actor: Actor, portfolio: Portfolio, used: Iterable[Instrument]) -> None:
    """Refuse instruments that the actor may not name in this portfolio.

    Raises:
        ValidationFailed: one is another person's, and neither the owner's nor in the portfolio.
    """
    theirs = [one for one in used if one.owner_id not in {None, actor.user_id}]
    if not theirs:
        return
    owner = owner_id(portfolio)
    strange = {one.pk for one in theirs if one.owner_id != owner}
    if strange and strange - set(named_in(portfolio.pk).values_list("instrument_id", flat=True)):
        raise ValidationFailed.of("instrument", _("There is no such instrument."), "unknown")


def _built(
    portfolio: Portfolio, items: Sequence[TransactionInput], batch: TransactionImport | None
) -> list[Transaction]:
    last = Transaction.objects.filter(portfolio=portfolio).aggregate(last=Max("sequence"))["last"] or 0
    rows = []
    for position, item in enumerate(items, start=1):
        row = Transaction(portfolio=portfolio, import_batch=batch, sequence=last + position)
        _apply(portfolio, row, item)
        row.fingerprint = item.fingerprint
        rows.append(row)
    return rows


def _apply(portfolio: Portfolio, row: Transaction, item: TransactionInput) -> None:
    for name in FIELDS:
        setattr(row, name, getattr(item, name))
    row.kind = item.kind.value
    row.day = clock.day_of(item.time, portfolio.time_zone)


def _locked_row(portfolio: Portfolio, transaction_id: UUID, version: int | None) -> Transaction:
    row = (
        Transaction.objects.select_related("instrument")
        .filter(portfolio=portfolio, pk=transaction_id, deleted_at=None)
        .first()
    )
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise StaleVersion(_("Somebody changed this transaction since you opened it. Look at it again."))
    return row


def _keep_revision(actor: Actor, row: Transaction) -> None:
    state = state_of(row) | {"deleted": row.deleted_at is not None}
    if lots := chosen_for(row):
        state["lots"] = states(lots)
    TransactionRevision.objects.create(
        transaction=row, version=row.version, changed_by=actor.user_id, state=state
    )


def _ids(instruments: Iterable[Instrument | None]) -> set[int]:
    return {instrument.pk for instrument in instruments if instrument is not None}


def _refuse_oversold(
    portfolio: Portfolio,
    instruments: Iterable[Instrument | None],
    before: dict[EntryId, Decimal] | None = None,
    *,
    added: AbstractSet[EntryId] = frozenset(),
) -> None:
    """Refuse a write after which more is missing than before it; without `before`, than without `added`."""
    touched = _ids(instruments)
    after = instrument_shortfalls(portfolio, touched)
    if not after:
        return
    if before is None:
        before = instrument_shortfalls(portfolio, touched, without=added)
    worse = {entry: lack for entry, lack in after.items() if lack > before.get(entry, ZERO)}
    if worse:
        entry, lack = next(iter(worse.items()))
        row = Transaction.objects.select_related("instrument").get(pk=cast("UUID", entry))
        raise Oversold(
            _("On %(day)s %(lack)s %(symbol)s more would go out than are held.")
            % {"day": row.day.isoformat(), "lack": plain(lack), "symbol": row.instrument}
        )


def _recorded(
    actor: Actor,
    portfolio: Portfolio,
    verb: str,
    rows: Sequence[Transaction],
    batch: TransactionImport | None,
) -> None:
    if len(rows) == 1 and batch is None:
        audit.record(
            actor=actor,
            verb="transaction.added",
            object_type="transaction",
            object_id=rows[0].pk,
            after=audited(as_input(rows[0])),
        )
        return
    audit.record(
        actor=actor,
        verb=verb,
        object_type="portfolio",
        object_id=portfolio.pk,
        after={"count": len(rows), "import": str(batch.pk) if batch else None},
    )
