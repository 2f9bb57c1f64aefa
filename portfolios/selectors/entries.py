"""Transactions as a list shows them, and what each of them was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import exact
from portfolios.models import Portfolio, Transaction, TransactionRevision
from portfolios.selectors.portfolios import get, transactions

_PAYS = {EntryKind.BUY, EntryKind.WITHDRAWAL, EntryKind.FEE, EntryKind.TAX}
_IN_KIND = {EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT}
_COUNTED = {EntryKind.BUY, EntryKind.SELL, EntryKind.DIVIDEND, *_IN_KIND}


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A transaction in a list. `amount` is what it moves in its currency: in positive, out negative.

    Without fee and tax, which stand apart; None: units that moved in kind. `counted` says that
    quantity and price mean something.
    """

    entry: Transaction
    amount: Decimal | None
    counted: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A former state of a transaction: when and by whom it was left, and what differed after it."""

    version: int
    changed_at: datetime
    by_caller: bool
    deleted: bool
    fields: list[tuple[str, Any, Any]]


def shown(row: Transaction) -> EntryRow:
    """Lay a transaction out for a list."""
    kind = EntryKind(row.kind)
    with exact():
        gross = None if kind in _IN_KIND or row.price is None else row.quantity * row.price
    signed = -gross if gross is not None and kind in _PAYS else gross
    return EntryRow(row, signed, kind in _COUNTED and not (kind is EntryKind.DIVIDEND and row.price == 1))


def listed(
    portfolio: Portfolio,
    *,
    kind: str = "",
    instrument: str = "",
    start: date | None = None,
    end: date | None = None,
) -> QuerySet[Transaction]:
    """List the live transactions that match every filter given, newest first; days of the portfolio."""
    rows = transactions(portfolio)
    if kind:
        rows = rows.filter(kind=kind)
    if instrument:
        rows = rows.filter(instrument__uuid=instrument)
    if start is not None:
        rows = rows.filter(day__gte=start)
    if end is not None:
        rows = rows.filter(day__lte=end)
    return rows.order_by("-time", "-sequence")


def traded(portfolio: Portfolio) -> list[Instrument]:
    """List the instruments that the portfolio's live transactions name, by symbol."""
    keys = Transaction.objects.filter(portfolio=portfolio, deleted_at=None).values("instrument")
    return list(Instrument.objects.filter(pk__in=keys).order_by("symbol"))


def was_sent(portfolio_id: UUID, fingerprint: str) -> bool:
    """Tell whether a form was already sent: its transaction carries the form's mark."""
    return Transaction.objects.filter(portfolio=portfolio_id, fingerprint=fingerprint).exists()


def history(user: Any, portfolio_id: UUID, transaction_id: UUID) -> tuple[Transaction, list[Change]]:
    """Answer a transaction, deleted or not, and its former states, newest first.

    Raises:
        NotFound: there is none, or the portfolio is somebody else's.
    """
    row = (
        Transaction.objects.filter(portfolio=get(user, portfolio_id), pk=transaction_id)
        .select_related("instrument", "portfolio")
        .first()
    )
    if row is None:
        raise NotFound
    revisions = list(TransactionRevision.objects.filter(transaction=row).order_by("version"))
    states = [one.state for one in revisions] + [_current_state(row)]
    changes = [
        Change(
            version=one.version,
            changed_at=one.changed_at,
            by_caller=one.changed_by == user.pk,
            deleted=not before.get("deleted") and bool(after.get("deleted")),
            fields=_differences(before, after),
        )
        for one, before, after in zip(revisions, states, states[1:], strict=False)
    ]
    return row, changes[::-1]


def _current_state(row: Transaction) -> dict[str, Any]:
    """Write a transaction as its revisions are written."""
    state: dict[str, Any] = {"deleted": row.deleted_at is not None}
    for name in _HISTORY:
        value = getattr(row, name)
        state[name] = str(value.uuid) if isinstance(value, Instrument) else value
    return state


_HISTORY = (
    "kind", "time", "instrument", "quantity", "price", "currency", "fee", "fee_currency", "tax",
    "tax_currency", "fx_rate", "note",
)  # fmt: skip
_NUMBERS = {"quantity", "price", "fee", "tax", "fx_rate"}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    pairs = [(name, _read(name, before.get(name)), _read(name, after.get(name))) for name in _HISTORY]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _read(name: str, value: Any) -> Any:
    if value in {None, ""}:
        return None
    if name in _NUMBERS:
        with exact():
            return Decimal(value).normalize()
    if name == "time":
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    return str(value)
