"""Purchases and coins in the default portfolio: what the published contract's endpoints write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import FieldError, NotFound, ValidationFailed
from market.models import Instrument
from market.selectors import instruments
from market.services.coins import instrument_for_coin
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import ONE, exact, share
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.holdings import coin_quantity
from portfolios.services.inputs import TransactionInput
from portfolios.services.portfolios import default_portfolio
from portfolios.services.transactions import add_transactions


@dataclass(frozen=True, slots=True)
class Purchase:
    """One row of ``place-order``: a price and a quantity of an instrument, both above 0."""

    tick_id: UUID
    price: Decimal
    quantity: Decimal


@transaction.atomic
def place_purchases(*, actor: Actor, user: Any, purchases: Sequence[Purchase]) -> list[Transaction]:
    """Record purchases in the default portfolio, all or none, in the order given.

    Raises:
        ValidationFailed: names the row and field (``[1].tick_id``).
    """
    found = _instruments(user, purchases)
    now = clock.now()
    portfolio = default_portfolio(actor=actor, user=user)
    inputs = [
        TransactionInput(
            kind=EntryKind.BUY,
            time=now,
            instrument=instrument,
            quantity=purchase.quantity,
            price=_major(purchase.price, instrument),
            currency=instrument.currency,
        )
        for purchase, instrument in zip(purchases, found, strict=True)
    ]
    return add_transactions(actor=actor, portfolio_id=portfolio.pk, inputs=inputs)


def _major(price: Decimal, instrument: Instrument) -> Decimal:
    """Turn a quoted price into the major currency, to the 18 decimals that are kept."""
    if instrument.quote_unit == 1:
        return price
    with exact():
        return share(price, instrument.quote_unit, ONE)


def _instruments(user: Any, purchases: Sequence[Purchase]) -> list[Instrument]:
    visible = instruments.visible_to(user).filter(uuid__in={one.tick_id for one in purchases})
    by_uuid = {instrument.uuid: instrument for instrument in visible}
    unknown = tuple(
        FieldError(
            f"[{row}].tick_id", _("Row %(row)s: there is no such instrument.") % {"row": row + 1}, "unknown"
        )
        for row, one in enumerate(purchases)
        if one.tick_id not in by_uuid
    )
    if unknown:
        raise ValidationFailed(errors=unknown)
    return [by_uuid[one.tick_id] for one in purchases]


@transaction.atomic
def add_coins(*, actor: Actor, user: Any, coin_id: str, amount: Decimal) -> Decimal:
    """Add coins to the default portfolio, a transfer in at unknown cost; answer the new amount.

    Raises:
        ValidationFailed: the coin is not in the list, or the amount not above 0.
    """
    instrument = _coin(user, coin_id)
    portfolio = default_portfolio(actor=actor, user=user)
    _move(actor, portfolio, instrument, EntryKind.TRANSFER_IN, amount)
    return coin_quantity(portfolio, instrument)


@transaction.atomic
def remove_coins(*, actor: Actor, user: Any, coin_id: str) -> None:
    """Take all of a coin out of the default portfolio, a transfer out.

    Raises:
        ValidationFailed: the coin is not in the list.
        NotFound: none is held.
    """
    instrument = _coin(user, coin_id)
    portfolio = lock_portfolio(actor=actor, portfolio_id=default_portfolio(actor=actor, user=user).pk)
    held = coin_quantity(portfolio, instrument)
    if held <= 0:
        raise NotFound(_("None of this coin is held."))
    _move(actor, portfolio, instrument, EntryKind.TRANSFER_OUT, held)


def _coin(user: Any, coin_id: str) -> Instrument:
    """Answer the coin's instrument: the user's own, if they keep one, else the public one."""
    own = Instrument.objects.filter(owner=user, coin_id=coin_id, kind=Instrument.Kind.CRYPTO).first()
    return own or instrument_for_coin(coin_id=coin_id)


def _move(
    actor: Actor, portfolio: Portfolio, instrument: Instrument, kind: EntryKind, amount: Decimal
) -> None:
    item = TransactionInput(
        kind=kind,
        time=clock.now(),
        instrument=instrument,
        quantity=amount,
        price=None,
        currency=instrument.currency,
    )
    add_transactions(actor=actor, portfolio_id=portfolio.pk, inputs=[item])
