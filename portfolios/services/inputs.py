"""Transactions as people enter them: their fields, what is wrong with them, how they are recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core import clock
from core.errors import FieldError
from core.money import SUBUNITS, plain
from market.domain.bars import EARLIEST
from market.models import Instrument
from portfolios.domain import rules
from portfolios.domain.entries import EntryKind
from portfolios.models import Portfolio, Transaction

ONE = Decimal(1)
ZERO = Decimal(0)
FIELDS = (
    "kind", "time", "instrument", "quantity", "price", "currency", "fee", "fee_currency",
    "tax", "tax_currency", "fx_rate", "note", "external_id", "group",
)  # fmt: skip
_DOUBTS = frozenset({("price", "positive"), ("time", "future")})
WORDS = frozenset({"note", "external_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LotPick:
    """Units of the lot that a purchase or transfer in opened, in units of the day of the sale."""

    transaction: UUID
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionInput:
    """A transaction as somebody enters it. Amounts in `currency`; empty cost currencies mean the same.

    `fx_rate` is portfolio currency for one unit of `currency`, if the user knows it.
    `lots` are those that a sale is to take; empty: by the portfolio's method.
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
    lots: tuple[LotPick, ...] = ()


def faults(portfolio: Portfolio, item: TransactionInput) -> list[FieldError]:
    """Name everything wrong with one input, without writing: for previews."""
    entry = normalised(portfolio, item)
    found = rules.faults(
        rules.Draft(
            kind=entry.kind,
            has_instrument=entry.instrument is not None,
            quantity=entry.quantity,
            price=entry.price,
            fee=entry.fee,
            tax=entry.tax,
            fx_rate=entry.fx_rate,
        )
    )
    if entry.time > clock.now():
        found.append(FieldError("time", _("This is in the future."), "future"))
    if item.fx_rate is not None and item.currency in SUBUNITS:
        text = _("With a rate, give the price in %(major)s: it is not clear what %(code)s one is for.")
        names = {"major": entry.currency, "code": item.currency}
        found.append(FieldError("fx_rate", text % names, "ambiguous"))
    if entry.time.date() < EARLIEST:
        found.append(FieldError("time", _("This is too long ago."), "too-early"))
    return found


def is_doubt(fault: FieldError) -> bool:
    """Tell what an import may bring in with a warning: a price that is not positive, a future time."""
    return (fault.field, fault.code) in _DOUBTS


def normalised(portfolio: Portfolio, item: TransactionInput) -> TransactionInput:
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


def amended(item: TransactionInput, changes: dict[str, Any]) -> TransactionInput:
    """Change an entry as people mean it.

    With another currency the own rate says nothing any more, unless a new one comes along, and costs
    that were in the old currency are in the new one.
    """
    follow: dict[str, Any] = {}
    if changes.get("currency", item.currency) != item.currency:
        follow = {"fx_rate": None}
        for name in ("fee_currency", "tax_currency"):
            if getattr(item, name) == item.currency:
                follow[name] = changes["currency"]
    return _with(item, {**follow, **changes})


def _with(item: TransactionInput, changes: dict[str, Any]) -> TransactionInput:
    values = {name: getattr(item, name) for name in (*FIELDS, "fingerprint", "lots")}
    return TransactionInput(**{**values, **changes})


def as_input(row: Transaction) -> TransactionInput:
    """Answer a stored transaction as the input that would make it."""
    values = {name: getattr(row, name) for name in FIELDS}
    return TransactionInput(**{**values, "kind": EntryKind(row.kind)}, fingerprint=row.fingerprint)


def state_of(row: Transaction) -> dict[str, Any]:
    """Answer a transaction as its revisions keep it: JSON-ready, decimals as strings."""
    return _state(as_input(row))


def audited(item: TransactionInput) -> dict[str, Any]:
    """Answer an entry as the audit log may keep it for ever: without what a person wrote in words."""
    return {name: value for name, value in _state(item).items() if name not in WORDS}


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
