"""Whether the markets that matter here are open, until when or from when on, in words' reach of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count

from core.models import World
from core.worlds import now_in
from market.models import Exchange, Instrument, Quote
from market.selectors import sessions
from market.selectors.sessions import Hours

MOST_VENUES: Final = 5
# Hours change with the minute; the sessions behind them with the night.
_LONGEST: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Venue:
    """A market as a page names it: an exchange, coins, or what is invented; its hours at an instant.

    `name` is empty for coins and for the simulated market, of which `kind` tells.
    """

    mic: str
    name: str
    kind: str
    hours: Hours


def hours_of(world: World, instrument: Instrument) -> Hours:
    """Tell whether an instrument trades now; what is invented keeps the hours of the simulated market."""
    if _is_invented(world, instrument) and settings.SIMULATED_MARKET == "always":
        return Hours(is_open=True, is_known=True)
    return _hours(sessions.venue_of(instrument) or "", instrument.kind, now_in(world))


def closed_until(world: World, instruments: Iterable[Instrument]) -> datetime | None:
    """Tell when the first of these goes on trading; None while one does, or where none is known to."""
    venues = {(sessions.venue_of(one), one.kind, _is_invented(world, one)): one for one in instruments}
    found = [hours_of(world, one) for one in venues.values()]
    if any(one.is_open for one in found):
        return None
    return min((one.opens_at for one in found if one.opens_at is not None), default=None)


def venues(world: World) -> list[Venue]:
    """List the markets that public instruments with quotes trade on, the busiest first, at most five.

    Coins are one market, and so is what is invented, where it does not keep the hours of exchanges.
    """
    now = now_in(world)
    quoted = Quote.objects.filter(world=world, instrument__owner=None)
    counted = (
        quoted.filter(instrument__is_fictional=False, instrument__exchange__isnull=False)
        .exclude(instrument__kind=Instrument.Kind.CRYPTO)
        .values_list("instrument__exchange")
        .annotate(count=Count("id"))
        .order_by("-count", "instrument__exchange")
    )
    mics = [mic for mic, _count in counted[:MOST_VENUES]]
    names = dict(Exchange.objects.filter(pk__in=mics).values_list("pk", "name"))
    found = [Venue(mic, names[mic], "", _hours(mic, "", now)) for mic in mics]
    kinds = set(quoted.values_list("instrument__is_fictional", "instrument__kind").distinct())
    if (False, Instrument.Kind.CRYPTO) in kinds:
        found.append(Venue("", "", "crypto", _hours("", Instrument.Kind.CRYPTO, now)))
    if any(fictional for fictional, _kind in kinds) and settings.SIMULATED_MARKET == "always":
        found.append(Venue("", "", "simulated", Hours(is_open=True, is_known=True)))
    return found


def _is_invented(world: World, instrument: Instrument) -> bool:
    return instrument.is_fictional if world.kind == World.Kind.LIVE else world.kind == World.Kind.SIMULATED


def _hours(mic: str, kind: str, now: datetime) -> Hours:
    """Read hours, and remember them until they change, five minutes at most."""
    special = kind if kind in {Instrument.Kind.CRYPTO, Instrument.Kind.CURRENCY_PAIR} else ""
    key = f"market.hours:{mic}:{special}"
    kept: tuple[datetime, datetime, Hours] | None = cache.get(key)
    if kept is not None and kept[0] <= now < kept[1]:
        return kept[2]
    found = sessions.hours(mic or None, now, kind=special)
    change = found.closes_at if found.is_open else found.opens_at
    until = min(now + _LONGEST, change) if change is not None else now + _LONGEST
    cache.set(key, (now, until, found), timeout=round(_LONGEST.total_seconds()))
    return found
