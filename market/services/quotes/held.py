"""What staff decide on quotes that were held back."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound
from market import locks
from market.domain.plausibility import Doubt
from market.models import HeldQuote
from market.services.quotes.record import record_locked
from market.services.quotes.splits import as_it_came

POWER = "market.change_heldquote"
# What nobody can vouch for: no column takes the price, or the rules of the world forbid it.
_NEVER = frozenset({Doubt.NOT_POSITIVE, Doubt.OUT_OF_RANGE, Doubt.NOT_FICTIONAL})


@transaction.atomic
def release_quote(*, actor: Actor, held_id: int, reason: str) -> None:
    """Take a held quote as it is, on the word of staff; one that is late by now becomes history.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such row.
        Conflict: it is decided already, is no price at all, or waits for a split.
    """
    row = _locked(actor, held_id)
    if row.reason in _NEVER:
        raise Conflict(_("This can never be a price here; it can only be discarded."))
    if row.reason == Doubt.SPLIT:
        raise Conflict(_("It is taken by itself once the split is in effect."))
    _decide(actor, row, HeldQuote.State.RELEASED, reason)
    quote = as_it_came(row)
    if row.reason == Doubt.CROSSED:
        quote = replace(quote, high=None, low=None)
    record_locked(row.world, [quote], trusted=True)


@transaction.atomic
def discard_quote(*, actor: Actor, held_id: int, reason: str) -> None:
    """Say that a held quote is wrong.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such row.
        Conflict: it is decided already.
    """
    _decide(actor, _locked(actor, held_id), HeldQuote.State.DISCARDED, reason)


def _locked(actor: Actor, held_id: int) -> HeldQuote:
    if not actor.may(POWER):
        raise Forbidden(_("You may not decide on quotes."))
    world_id = HeldQuote.objects.filter(pk=held_id).values_list("world_id", flat=True).first()
    if world_id is None:
        raise NotFound
    locks.price_log(world_id)
    row = HeldQuote.objects.select_related("world").filter(pk=held_id).first()
    if row is None:
        raise NotFound
    if row.state != HeldQuote.State.HELD:
        raise Conflict(_("Somebody has decided on it already."))
    return row


def _decide(actor: Actor, row: HeldQuote, state: str, reason: str) -> None:
    row.state, row.decided_at, row.decided_by = state, clock.now(), actor.label
    row.save(update_fields=["state", "decided_at", "decided_by", "updated_at"])
    audit.record(
        actor=actor,
        verb=f"quote.{state}",
        object_type="held_quote",
        object_id=row.pk,
        after={"instrument": row.instrument_id, "price": row.price, "why": row.reason},
        reason=reason,
    )
