"""What a transaction must be to enter a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from core.errors import FieldError
from core.money import SUBUNITS
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ONE, exact, share

WITH_INSTRUMENT = frozenset({EntryKind.BUY, EntryKind.SELL, EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT})
MONEY_ONLY = frozenset(
    {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL, EntryKind.INTEREST, EntryKind.FEE, EntryKind.TAX}
)
TRANSFERS = frozenset({EntryKind.TRANSFER_IN, EntryKind.TRANSFER_OUT})
SIGNED = frozenset({EntryKind.INTEREST, EntryKind.FEE, EntryKind.TAX})
LARGEST = Decimal(10) ** 20


@dataclass(frozen=True, slots=True)
class Draft:
    """The figures of a transaction before it is accepted; amounts in the major unit of `currency`."""

    kind: EntryKind
    has_instrument: bool
    quantity: Decimal
    price: Decimal | None
    fee: Decimal
    tax: Decimal
    fx_rate: Decimal | None


def major(currency: str, price: Decimal | None) -> tuple[str, Decimal | None]:
    """Fold a price quoted in a subunit into its major currency, to 18 decimals: 250 GBX is 2.50 GBP."""
    if currency not in SUBUNITS:
        return currency, price
    code, unit = SUBUNITS[currency]
    if price is None:
        return code, None
    with exact():
        return code, share(price, unit, ONE)


def faults(draft: Draft) -> list[FieldError]:
    """Name everything that is wrong with a draft; an empty list means it may enter."""
    return [*_instrument(draft), *_quantity(draft), *_price(draft), *_costs(draft)]


def _instrument(draft: Draft) -> Iterator[FieldError]:
    if draft.kind in WITH_INSTRUMENT and not draft.has_instrument:
        yield FieldError("instrument", "This kind of transaction needs an instrument.", "required")
    if draft.kind in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL} and draft.has_instrument:
        yield FieldError("instrument", "Money has no instrument; to move shares use a transfer.", "invalid")


def _quantity(draft: Draft) -> Iterator[FieldError]:
    if draft.kind in SIGNED:
        if draft.quantity == 0:
            yield FieldError("quantity", "The amount must not be 0.", "zero")
    elif draft.quantity <= 0:
        yield FieldError("quantity", "Must be greater than 0.", "positive")
    if draft.quantity.copy_abs() >= LARGEST:  # abs() would round to 28 digits
        yield FieldError("quantity", "At most 20 digits before the decimal point.", "digits")


def _price(draft: Draft) -> Iterator[FieldError]:
    if draft.kind in MONEY_ONLY:
        if draft.price != 1:
            yield FieldError(
                "price", "A movement of money has price 1; put the amount in the quantity.", "invalid"
            )
    elif draft.price is None:
        if draft.kind not in TRANSFERS:
            yield FieldError("price", "Enter the price per unit.", "required")
    elif draft.price < 0 or (draft.price == 0 and draft.kind in {EntryKind.BUY, EntryKind.DIVIDEND}):
        yield FieldError("price", "Must be greater than 0.", "positive")


def _costs(draft: Draft) -> Iterator[FieldError]:
    for name, amount in (("fee", draft.fee), ("tax", draft.tax)):
        if amount < 0:
            yield FieldError(name, "Must be 0 or more.", "negative")
    if draft.fx_rate is not None and draft.fx_rate <= 0:
        yield FieldError("fx_rate", "Must be greater than 0.", "positive")
