"""What the market deletes of a person in the transaction that erases them."""

from __future__ import annotations

from uuid import UUID

from market.models import FxRate, HeldQuote, Instrument, PriceImport, RateRevision, Watchlist

NOBODY = "erased"


def erase_market_data(*, user_id: UUID) -> None:
    """Delete a person's watchlists, their own instruments with their prices, and their rates.

    What somebody else's portfolio holds of theirs was handed over before; what staff did keeps no name.
    """
    Watchlist.objects.filter(owner_id=user_id).delete()
    Instrument.objects.filter(owner_id=user_id).delete()
    FxRate.objects.filter(owner_id=user_id).delete()
    RateRevision.objects.filter(owner_id=user_id).delete()
    PriceImport.objects.filter(actor_label=f"user:{user_id}").update(actor_label=NOBODY)
    HeldQuote.objects.filter(decided_by=f"user:{user_id}").update(decided_by=NOBODY)
