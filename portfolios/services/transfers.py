"""Move units in kind between two portfolios of one owner: lots, dates and cost go along."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import ValidationFailed
from core.ids import uuid7
from market.models import Instrument
from portfolios.domain.entries import EntryKind
from portfolios.locks import lock_portfolios
from portfolios.models import CarriedLots, Portfolio, Transaction
from portfolios.selectors.ledger import owner_id, units_held
from portfolios.selectors.transfers import lots_gone, told
from portfolios.services.inputs import TransactionInput
from portfolios.services.revisions import bump
from portfolios.services.transactions import add_transactions


@transaction.atomic
def move_in_kind(
    *,
    actor: Actor,
    portfolio_id: UUID,
    to_id: UUID,
    instrument: Instrument,
    quantity: Decimal,
    times: tuple[datetime, datetime],
    note: str = "",
) -> tuple[Transaction, Transaction]:
    """Take units out of one portfolio and bring their lots into another; answers both entries.

    `times` are the instants of the two entries: a day begins at another one in each time zone. Deleting or
    restoring one of the entries does so to both.

    Raises:
        NotFound: one of the portfolios is not there for the actor.
        ValidationFailed: they are not two portfolios of one owner, or the receiving one is short of it.
        Oversold: more would go out than is held.
    """
    if portfolio_id == to_id:
        raise ValidationFailed.of("to", _("Choose another portfolio than this one."), "same")
    first, second = lock_portfolios(actor=actor, portfolio_ids=[portfolio_id, to_id])
    _refuse_strange(first, second)
    group = uuid7()
    out, into = (
        TransactionInput(
            kind=kind,
            time=time,
            instrument=instrument,
            quantity=quantity,
            price=None,
            currency=instrument.currency,
            note=note,
            group=group,
        )
        for kind, time in zip((EntryKind.TRANSFER_OUT, EntryKind.TRANSFER_IN), times, strict=True)
    )
    [gone] = add_transactions(actor=actor, portfolio_id=portfolio_id, inputs=[out])
    if units_held(second, instrument, gone.day) < 0:
        raise ValidationFailed.of(
            "to", _("That portfolio is short of it; close the position first."), "short"
        )
    [come] = add_transactions(actor=actor, portfolio_id=to_id, inputs=[into])
    CarriedLots.objects.create(
        transaction=come, source=gone, base=first.currency, lots=told(lots_gone(first, gone.pk))
    )
    bump(second)
    return gone, come


def _refuse_strange(first: Portfolio, second: Portfolio) -> None:
    if owner_id(first) != owner_id(second) or first.world_id != second.world_id:
        raise ValidationFailed.of("to", _("Units move between portfolios of one owner only."), "owner")
