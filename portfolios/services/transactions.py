"""Add, change and delete transactions. Every former state is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.api.rendering import plain
from core.errors import Conflict, FieldError, NotFound, ValidationFailed
from core.money import SUBUNITS
from market.domain.bars import EARLIEST
from market.locks import keep_instruments
from market.models import Instrument
from portfolios.domain import rules
from portfolios.domain.entries import EntryId, EntryKind
from portfolios.errors import Oversold, StaleVersion
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, Transaction, TransactionImport, TransactionRevision
from portfolios.selectors.ledger import instrument_shortfalls
from portfolios.services.bulk import store
from portfolios.services.portfolios import bump

ONE = Decimal(1)
ZERO = Decimal(0)
FIELDS = (
    "kind", "time", "instrument", "quantity", "price", "currency", "fee", "fee_currency",
    "tax", "tax_currency", "fx_rate", "note", "external_id", "group",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionInput:
    """A transaction as somebody enters it. Amounts in `currency`; empty cost currencies mean the same.

    `fx_rate` is portfolio currency for one unit of `currency`, if the user knows it.
    `fingerprint` is the identity that an import gave the row; empty for manual entries.
    """

    kind: EntryKind
    time: datetime
    quantity: Decimal
    price: Decimal | None
    currency: str
    instrument: Instrument | None = None
    fee: Decimal = ZERO
    fee_currency: str = ""
    tax: Decimal = ZERO
    tax_currency: str = ""
    fx_rate: Decimal | None = None
    note: str = ""
    external_id: str = ""
    group: UUID | None = None
    fingerprint: str = ""


@transaction.atomic
def add_transactions(
    *,
    actor: Actor,
    portfolio_id: UUID,
    inputs: Sequence[TransactionInput],
    import_batch: TransactionImport | None = None,
    allow_shortfall: bool = False,
    manager: UUID | None = None,
) -> list[Transaction]:
    """Add all of `inputs`, or none. Answers the rows in the order given.

    `allow_shortfall` lets history in that lacks its purchases; it is shown as missing then.

    Raises:
        ValidationFailed: names the field, and with several inputs the row (``[2].price``).
        Oversold: units would be sold that are not held.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, manager=manager)
    _refuse_faults(portfolio, inputs)
    checked = [_normalised(portfolio, item) for item in inputs]
    _keep_instruments(checked)
    before = _shortfalls(portfolio, checked) if not allow_shortfall else {}
    rows = _built(portfolio, checked, import_batch)
    store(rows)
    if not allow_shortfall:
        _refuse_oversold(portfolio, {item.instrument for item in checked}, before)
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
    old = _as_input(row)
    wanted = _with(old, changes)
    _refuse_faults(portfolio, [wanted])
    changed = _normalised(portfolio, wanted)
    _keep_instruments([changed])
    touched = {old.instrument, changed.instrument}
    before = instrument_shortfalls(portfolio, _ids(touched))
    _keep_revision(actor, row)
    _apply(portfolio, row, changed)
    row.version += 1
    row.save()
    _refuse_oversold(portfolio, touched, before)
    audit.record(
        actor=actor,
        verb="transaction.changed",
        object_type="transaction",
        object_id=row.pk,
        before=_state(old),
        after=_state(changed),
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
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    row = _locked_row(portfolio, transaction_id, version)
    before = instrument_shortfalls(portfolio, _ids({row.instrument}))
    _keep_revision(actor, row)
    row.deleted_at = clock.now()
    row.version += 1
    row.save(update_fields=["deleted_at", "version", "updated_at"])
    _refuse_oversold(portfolio, {row.instrument}, before)
    audit.record(
        actor=actor,
        verb="transaction.deleted",
        object_type="transaction",
        object_id=row.pk,
        before=_state(_as_input(row)),
    )
    bump(portfolio)


@transaction.atomic
def restore_transaction(*, actor: Actor, transaction_id: UUID, portfolio_id: UUID) -> Transaction:
    """Bring a deleted transaction back, as undo does.

    Raises:
        NotFound: no such deleted transaction in that portfolio.
        Conflict: its row was imported again meanwhile.
        Oversold: a sale would lack units.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    row = (
        Transaction.objects.select_related("instrument")
        .filter(portfolio=portfolio, pk=transaction_id, deleted_at__isnull=False)
        .first()
    )
    if row is None:
        raise NotFound
    _refuse_twin(portfolio, row)
    before = instrument_shortfalls(portfolio, _ids({row.instrument}))
    _keep_revision(actor, row)
    row.deleted_at = None
    row.version += 1
    row.save(update_fields=["deleted_at", "version", "updated_at"])
    _refuse_oversold(portfolio, {row.instrument}, before)
    audit.record(
        actor=actor,
        verb="transaction.restored",
        object_type="transaction",
        object_id=row.pk,
        after=_state(_as_input(row)),
    )
    bump(portfolio)
    return row


def _refuse_twin(portfolio: Portfolio, row: Transaction) -> None:
    same = Transaction.objects.filter(portfolio=portfolio, deleted_at=None, fingerprint=row.fingerprint)
    if row.fingerprint and same.exists():
        raise Conflict(_("This transaction is there again: its file was imported once more."))


def faults(portfolio: Portfolio, item: TransactionInput) -> list[FieldError]:
    """Name everything wrong with one input, without writing: for previews."""
    normalised = _normalised(portfolio, item)
    found = rules.faults(
        rules.Draft(
            kind=normalised.kind,
            has_instrument=normalised.instrument is not None,
            quantity=normalised.quantity,
            price=normalised.price,
            fee=normalised.fee,
            tax=normalised.tax,
            fx_rate=normalised.fx_rate,
        )
    )
    if normalised.time > clock.now():
        found.append(FieldError("time", _("This is in the future."), "future"))
    if item.fx_rate is not None and item.currency in SUBUNITS:
        text = _("With a rate, give the price in %(major)s: it is not clear what %(code)s one is for.")
        names = {"major": normalised.currency, "code": item.currency}
        found.append(FieldError("fx_rate", text % names, "ambiguous"))
    if normalised.time.date() < EARLIEST:
        found.append(FieldError("time", _("This is too long ago."), "too-early"))
    return found


def _normalised(portfolio: Portfolio, item: TransactionInput) -> TransactionInput:
    """Fold subunits, fill the currencies of costs, drop a rate that says nothing."""
    currency, price = rules.major(item.currency, item.price)
    quantity = item.quantity
    if item.kind in rules.MONEY_ONLY and item.price in {None, ONE}:
        price, quantity = ONE, rules.major(item.currency, quantity)[1] or ZERO
    fee_currency, fee = rules.major(item.fee_currency or item.currency, item.fee)
    tax_currency, tax = rules.major(item.tax_currency or item.currency, item.tax)
    return _with(
        item,
        {
            "currency": currency,
            "quantity": quantity,
            "price": price,
            "fee": fee or ZERO,
            "fee_currency": fee_currency,
            "tax": tax or ZERO,
            "tax_currency": tax_currency,
            "fx_rate": None if currency == portfolio.currency else item.fx_rate,
        },
    )


def _with(item: TransactionInput, changes: dict[str, Any]) -> TransactionInput:
    values = {name: getattr(item, name) for name in (*FIELDS, "fingerprint")}
    return TransactionInput(**{**values, **changes})


def _refuse_faults(portfolio: Portfolio, items: Sequence[TransactionInput]) -> None:
    errors: list[FieldError] = []
    for position, item in enumerate(items):
        prefix = f"[{position}]." if len(items) > 1 else ""
        errors += [FieldError(prefix + one.field, one.message, one.code) for one in faults(portfolio, item)]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _keep_instruments(items: Sequence[TransactionInput]) -> None:
    """Hold the instruments until the rows that point at them are committed."""
    wanted = _ids({item.instrument for item in items})
    if wanted - keep_instruments(wanted):
        raise ValidationFailed.of("instrument", _("This instrument was deleted meanwhile."), "unknown")


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


def _as_input(row: Transaction) -> TransactionInput:
    values = {name: getattr(row, name) for name in FIELDS}
    return TransactionInput(**{**values, "kind": EntryKind(row.kind)}, fingerprint=row.fingerprint)


def _keep_revision(actor: Actor, row: Transaction) -> None:
    state = state_of(row) | {"deleted": row.deleted_at is not None}
    TransactionRevision.objects.create(
        transaction=row, version=row.version, changed_by=actor.user_id, state=state
    )


def state_of(row: Transaction) -> dict[str, Any]:
    """Answer a transaction as revisions and the audit keep it: JSON-ready, decimals as strings."""
    return _state(_as_input(row))


def _state(item: TransactionInput) -> dict[str, Any]:
    return {name: _json(getattr(item, name)) for name in FIELDS}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Instrument):
        return str(value.uuid)
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _ids(instruments: Iterable[Instrument | None]) -> set[int]:
    return {instrument.pk for instrument in instruments if instrument is not None}


def _shortfalls(portfolio: Portfolio, items: Sequence[TransactionInput]) -> dict[EntryId, Decimal]:
    return instrument_shortfalls(portfolio, _ids({item.instrument for item in items}))


def _refuse_oversold(
    portfolio: Portfolio, instruments: Iterable[Instrument | None], before: dict[EntryId, Decimal]
) -> None:
    """Refuse a write after which more is missing than was missing before it."""
    touched = [instrument for instrument in instruments if instrument is not None]
    after = instrument_shortfalls(portfolio, _ids(touched))
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
            after=_state(_as_input(rows[0])),
        )
        return
    audit.record(
        actor=actor,
        verb=verb,
        object_type="portfolio",
        object_id=portfolio.pk,
        after={"count": len(rows), "import": str(batch.pk) if batch else None},
    )
