"""From the numbers of a row to quantity and price, by what the row does.

Files state a purchase by quantity and price, or by quantity and amount, before or after costs,
with or without signs. A ledger wants the quantity and the price per unit, both positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from portfolios.domain.csv_import.findings import Finding, error, note, warning
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ONE, PLACES, ZERO, exact

# What a stated amount may differ from quantity × price: prices are printed rounded.
_TOLERANCE: Final = Decimal("0.005")
_SMALLEST: Final = Decimal("0.05")
_INCOMING: Final = frozenset({EntryKind.SELL, EntryKind.DIVIDEND, EntryKind.INTEREST, EntryKind.DEPOSIT})


@dataclass(frozen=True, slots=True)
class Stated:
    """The numbers of a row as they stand there, in one currency; None where it has none.

    `amount` is before costs, `net` after. `costs` is fee plus tax where they are in that same
    currency, else None.
    """

    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    net: Decimal | None
    costs: Decimal | None


@dataclass(frozen=True, slots=True)
class Meant:
    """Quantity and price per unit as a ledger takes them, and what was noticed on the way."""

    quantity: Decimal | None
    price: Decimal | None
    findings: tuple[Finding, ...] = ()


def meant(kind: EntryKind, stated: Stated, *, cash_signed: bool) -> Meant:
    """Answer what a row's numbers mean.

    `cash_signed` says that the file counts money going out as negative.
    """
    with exact():  # a sign alone would round to 28 digits
        if kind is EntryKind.DIVIDEND:
            return _dividend(stated)
        if kind in {EntryKind.BUY, EntryKind.SELL, EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT}:
            return _units(kind, stated)
        return _money(kind, stated, cash_signed=cash_signed)


def gross(kind: EntryKind, stated: Stated) -> Decimal | None:
    """Answer the amount before costs, without sign; None if the row states none."""
    if stated.amount is not None:
        return abs(stated.amount)
    if stated.net is None:
        return None
    costs = stated.costs or ZERO
    return EXACT.add(abs(stated.net), costs if kind in _INCOMING else -costs)


def _units(kind: EntryKind, stated: Stated) -> Meant:
    if stated.quantity is None:
        return Meant(None, stated.price, (error("no-quantity", "quantity"),))
    if stated.quantity < 0 and kind in {EntryKind.BUY, EntryKind.TRANSFER_IN}:
        return Meant(stated.quantity, stated.price, (error("cancellation", "quantity"),))
    quantity, total = abs(stated.quantity), gross(kind, stated)
    if stated.price is not None:
        return Meant(quantity, stated.price, _disagreement(quantity, stated, total))
    if total is None or quantity == 0:
        unknown = (warning("unknown-cost", "price"),) if kind is EntryKind.TRANSFER_IN else ()
        return Meant(quantity, ZERO if kind is EntryKind.TRANSFER_OUT else None, unknown)
    return Meant(quantity, per_unit(total, quantity), (note("price-from-amount", "price"),))


def _dividend(stated: Stated) -> Meant:
    """Keep shares × amount per share where it is stated; else the total as one unit."""
    total = gross(EntryKind.DIVIDEND, stated)
    reversal = next(
        (one for one in (stated.amount, stated.net, stated.quantity) if one is not None and one < 0), None
    )
    if reversal is not None:
        return Meant(reversal, ONE, (error("cancellation", "amount"),))
    if stated.quantity and stated.price is not None:
        if total is None or _near(EXACT.multiply(stated.quantity, stated.price), total):
            return Meant(stated.quantity, stated.price)
        return Meant(ONE, total, (warning("dividend-total", "amount"),))
    if total is not None:
        return Meant(*by_share(stated.quantity, total))
    lone = stated.quantity if stated.price is None else stated.price
    if lone is None:
        return Meant(None, None, (error("no-amount", "amount"),))
    return Meant(ONE, lone, (warning("dividend-one-number", "amount"),))


def by_share(quantity: Decimal | None, total: Decimal) -> tuple[Decimal, Decimal]:
    """Divide a total by the shares where that loses nothing; else it is one unit."""
    if quantity:
        per_share = per_unit(total, quantity)
        if EXACT.multiply(per_share, quantity) == total:
            return quantity, per_share
    return ONE, total


def _money(kind: EntryKind, stated: Stated, *, cash_signed: bool) -> Meant:
    value = _moved(kind, stated)
    if value is None:
        return Meant(None, ONE, (error("no-amount", "amount"),))
    if cash_signed and kind in {EntryKind.FEE, EntryKind.TAX, EntryKind.WITHDRAWAL}:
        value = -value
    if value < 0 and kind in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL}:
        return Meant(value, ONE, (error("cancellation", "amount"),))
    return Meant(value, ONE)


def _moved(kind: EntryKind, stated: Stated) -> Decimal | None:
    """Answer the money moved, with the file's sign, before costs."""
    if stated.amount is not None:
        return stated.amount
    if stated.net is not None:
        before = gross(kind, stated) or ZERO
        return -before if stated.net < 0 else before
    if stated.quantity is not None:
        return EXACT.multiply(stated.quantity, ONE if stated.price is None else stated.price)
    return stated.price


def per_unit(total: Decimal, quantity: Decimal) -> Decimal:
    """Divide, rounded half to even at 18 decimals."""
    return EXACT.divide(total, quantity).quantize(PLACES, rounding=ROUND_HALF_EVEN, context=EXACT)


def _disagreement(quantity: Decimal, stated: Stated, total: Decimal | None) -> tuple[Finding, ...]:
    """Say so when the amount is neither quantity × price nor that with the costs."""
    if total is None or stated.price is None:
        return ()
    product = EXACT.multiply(quantity, abs(stated.price))
    costs = stated.costs or ZERO
    raw = abs(stated.amount if stated.amount is not None else stated.net or ZERO)
    if any(_near(product, one) for one in (total, raw, raw - costs, raw + costs)):
        return ()
    return (warning("amount-differs", "amount"),)


def _near(expected: Decimal, stated: Decimal) -> bool:
    return abs(expected - stated) <= max(_SMALLEST, abs(expected) * _TOLERANCE)
