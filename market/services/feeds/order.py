"""Which sources may be asked for something, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from market.domain import breaker
from market.models import Instrument, PriceSource, SourceAbility, SourceSymbol
from market.providers import ADAPTERS, Ability, Provider


def adapter_of(source: PriceSource) -> type[Provider] | None:
    """Return the class that asks a source; None where the platform has none of its kind any more."""
    return ADAPTERS.get(source.kind)


def able(ability: Ability) -> list[PriceSource]:
    """List the enabled sources that offer something, in their order."""
    return [row for row in PriceSource.objects.filter(enabled=True) if _offers(row, ability)]


def askable(ability: Ability, now: datetime) -> list[PriceSource]:
    """List those of them that may be asked for it now: not left alone, and with requests left."""
    others = {row.source_id: row for row in SourceAbility.objects.filter(ability=ability)}
    return [row for row in able(ability) if _is_asked(row, others.get(row.pk), ability, now)]


def _is_asked(source: PriceSource, other: SourceAbility | None, ability: Ability, now: datetime) -> bool:
    """Tell whether a source is asked for something; `other` is how that fares, where it is not the first."""
    fare = source if ability is first_of(source) else other
    return fare is None or (is_past(fare.open_until, now) and is_past(fare.limited_until, now))


def first_of(source: PriceSource) -> Ability:
    """Tell the first thing that a source offers, whose fare the source itself has."""
    return next((one for one in Ability if _offers(source, one)), Ability.QUOTES)


def in_order(instrument: Instrument, ability: Ability, now: datetime) -> list[PriceSource]:
    """List the sources to ask for something about one instrument, in the order staff set for it."""
    return _ordered(instrument, askable(ability, now))


def is_waited_for(instrument: Instrument, ability: Ability, now: datetime) -> bool:
    """Tell whether a source that may know it cannot be asked for a while: it has no requests, or is down."""
    asked = {row.pk for row in askable(ability, now)}
    fares = {row.source_id: row for row in SourceAbility.objects.filter(ability=ability)}
    rows = [source for source in _ordered(instrument, able(ability)) if source.pk not in asked]
    found = [source if ability is first_of(source) else fares.get(source.pk) for source in rows]
    return any(_is_back_soon(fare, now) for fare in found if fare is not None)


def _is_back_soon(fare: PriceSource | SourceAbility, now: datetime) -> bool:
    """Tell whether it is left alone for want of requests or for minutes, not because it refuses."""
    is_open = fare.open_until is not None and fare.open_until > now
    if not is_open or fare.open_until is None or fare.last_error_at is None:
        return not is_open
    return fare.open_until - fare.last_error_at < breaker.LONGEST


def _ordered(instrument: Instrument, rows: Iterable[PriceSource]) -> list[PriceSource]:
    said = {row.source_id: row for row in SourceSymbol.objects.filter(instrument=instrument)}
    found = []
    for source in rows:
        row = said.get(source.pk)
        if row is None or not row.is_excluded:
            own = row.priority if row is not None and row.priority is not None else source.priority
            found.append((own, source.pk, source))
    return [source for _priority, _pk, source in sorted(found, key=lambda one: one[:2])]


def is_past(instant: datetime | None, now: datetime) -> bool:
    """Tell whether an instant, if any, is over."""
    return instant is None or instant <= now


def is_limited_long(row: PriceSource, now: datetime) -> bool:
    """Tell whether a source has no requests for so long that others take its place; else it is waited for."""
    return row.limited_until is not None and row.limited_until > now + timedelta(seconds=2 * row.interval)


def _offers(row: PriceSource, ability: Ability) -> bool:
    adapter = adapter_of(row)
    return adapter is not None and ability in adapter.offers(row.options)
