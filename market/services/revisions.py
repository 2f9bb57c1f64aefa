"""Count changes, in the transaction that makes them, and say so."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F

from core.bus import bus
from market.events import PricesChanged, RatesChanged
from market.models import Instrument, RateRevision


def prices_changed(world_id: int, instrument_ids: Iterable[int]) -> None:
    """Count a change of these instruments' prices or corporate actions. Their rows are locked already."""
    ids = tuple(sorted(set(instrument_ids)))
    if ids:
        Instrument.objects.filter(id__in=ids).update(price_revision=F("price_revision") + 1)
        bus.publish(PricesChanged(world_id, ids))


def rates_changed(user_id: UUID | None) -> None:
    """Count a change of the public rates (None) or of a user's own. Their writers are locked out."""
    RateRevision.objects.filter(owner_id=user_id).update(value=F("value") + 1)
    bus.publish(RatesChanged(user_id))
