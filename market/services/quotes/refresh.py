"""Ask the sources of a world for new prices and take them in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from core.models import World
from core.worlds import now_in
from market import locks
from market.domain.prices import SIMULATED
from market.domain.quotes import last_known
from market.models import Instrument, Quote
from market.providers import Provider, SimulatedMarket, Wanted
from market.selectors import sessions
from market.selectors.quotes import listings
from market.services.quotes.record import Recorded, record_locked

OFF: Final = "off"
ALWAYS: Final = "always"
# Tasks that waited for a worker find that the work of theirs is done.
SOONEST: Final = timedelta(seconds=4)


@transaction.atomic
def refresh_simulated(*, world_id: int) -> Recorded | None:
    """Move the simulated market of a world on to now; None where it does not trade or just did.

    In the live world it quotes fictional public instruments only, in a simulated one those that have a
    quote there, in the hours of their exchanges unless it is always open. One refresh of a world at a
    time: who comes second does nothing.
    """
    world = World.objects.get(pk=world_id)
    if settings.SIMULATED_MARKET == OFF or not locks.refresh_of(world_id, SIMULATED):
        return None
    now = now_in(world)
    instruments = list(_simulated(world))
    if settings.SIMULATED_MARKET != ALWAYS:
        instruments = sessions.trading(instruments, now)
    newest = Quote.objects.filter(world=world, source=SIMULATED, instrument__in=instruments)
    last = newest.order_by("-as_of").values_list("as_of", flat=True).first()
    if not instruments or (last is not None and now - last < SOONEST):
        return None
    return _taken(world, SimulatedMarket(), instruments)


def _simulated(world: World) -> QuerySet[Instrument]:
    rows = Instrument.objects.filter(owner=None).order_by("pk")
    if world.kind == World.Kind.LIVE:
        return rows.filter(is_fictional=True)
    quoted = Quote.objects.filter(world=world).values("instrument")
    return rows.filter(pk__in=quoted) if world.kind == World.Kind.SIMULATED else rows.none()


def _taken(world: World, provider: Provider, instruments: Sequence[Instrument]) -> Recorded:
    locks.price_log(world.pk)
    now = now_in(world)
    known = listings(world.pk, {one.pk: now for one in instruments})
    rows = [
        Wanted(one, last_known(known[one.pk], now), known[one.pk].quote)
        for one in instruments
        if one.pk in known
    ]
    return record_locked(world, provider.quotes(rows, now))
