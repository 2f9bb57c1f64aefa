"""Ask sources for quotes and take them in.

Nothing waits for the network inside a transaction. A worker that is killed loses nothing: what it had
taken in is stored, and the rest is due again once its claim has run out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from core.models import LIVE_WORLD
from market.domain.feeding import batches
from market.errors import ProviderLimited, ProviderUnknown
from market.models import Instrument, PriceSource
from market.providers import Ability, Provider, Wanted
from market.selectors import feeds, quotes
from market.services.feeds import health, sources
from market.services.feeds.asking import NotAnswered, asking
from market.services.feeds.health import Claim
from market.services.quotes import record_quotes

# No request begins later than this after the first.
DEADLINE: Final = 30.0
# How long the next source in the order is asked instead of one that does not know an instrument, that had
# no quote of it or none to be believed, or that failed.
UNKNOWN: Final = timedelta(hours=6)
LACKING: Final = timedelta(minutes=15)
FAILED: Final = timedelta(minutes=1)

_NOTE = """
INSERT INTO market_sourceask AS known (source_id, instrument_id, asked_at, lacking_until)
SELECT %(source)s, row.id, %(now)s, row.until
FROM unnest(%(ids)s::int[], %(until)s::timestamptz[]) AS row (id, until)
JOIN market_instrument instrument ON instrument.id = row.id
ON CONFLICT (source_id, instrument_id) DO UPDATE
SET asked_at = excluded.asked_at, lacking_until = excluded.lacking_until
"""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many instruments a source was asked for, how many quotes came, how many were not believed."""

    asked: int = 0
    quotes: int = 0
    held: int = 0


def refresh(*, source_id: int, instrument_ids: Sequence[int]) -> Refreshed | None:
    """Ask a source for quotes of instruments; None where another worker asks it, or it is left alone."""
    claim = health.claim(source_id)
    if claim is None:
        return None
    try:
        return _asked(claim, feeds.still_due(claim.source, instrument_ids, clock.now()))
    finally:
        health.release(claim)


def _asked(claim: Claim, ids: Sequence[int]) -> Refreshed:
    """Ask in as many requests as it takes; the first that fails is the last."""
    rows = Instrument.objects.select_related("exchange").in_bulk(list(ids))
    total = Refreshed()
    try:
        with asking(claim.source, Ability.QUOTES):
            provider = sources.provider_of(claim.source, rows)
        for chunk in _chunks(claim, provider, [rows[one] for one in ids if one in rows]):
            one = _once(claim.source, provider, chunk)
            total = Refreshed(total.asked + one.asked, total.quotes + one.quotes, total.held + one.held)
    except NotAnswered as failure:
        if not isinstance(failure.error, ProviderLimited):
            rest = feeds.still_due(claim.source, ids, clock.now())
            note(claim.source, rest, dict.fromkeys(rest, FAILED))
        if not isinstance(failure.error, DomainError):
            raise failure.error from None
    return total


def _chunks(claim: Claim, provider: Provider, rows: Sequence[Instrument]) -> Iterator[Sequence[Instrument]]:
    end = time.monotonic() + DEADLINE
    by_id = {one.pk: one for one in rows}
    for count, chunk in enumerate(batches(list(by_id), max(1, provider.most_at_once))):
        if (claim.is_probe and count) or time.monotonic() > end:
            return
        yield [by_id[one] for one in chunk]


def _once(source: PriceSource, provider: Provider, rows: Sequence[Instrument]) -> Refreshed:
    """Make one request and take what it brings; what it lacks is asked of the next source for a while."""
    ids = [one.pk for one in rows]
    known = quotes.known_quotes(LIVE_WORLD, ids)
    wanted = [Wanted(one, None, known.get(one.pk)) for one in rows]
    try:
        with asking(source, Ability.QUOTES):
            told = provider.quotes(wanted, clock.now())
    except ProviderUnknown as error:
        note(source, ids, dict.fromkeys(ids, UNKNOWN))
        health.succeeded(source)
        health.doubted(source, len(ids), health.told(source, error))
        return Refreshed(len(ids))
    batch = [one for one in told if one.instrument in set(ids)]
    recorded = record_quotes(world_id=LIVE_WORLD, batch=batch)
    held = recorded.doubted
    lacking = (set(ids) - {one.instrument for one in batch}) | held
    note(source, ids, dict.fromkeys(lacking, LACKING))
    health.succeeded(source)
    if held:
        message = _("Quotes of %(count)d instruments were not believed; they are among the held quotes.")
        health.doubted(source, len(held), message % {"count": len(held)})
    return Refreshed(len(ids), len(batch), len(held))


def note(source: PriceSource, ids: Sequence[int], lacking: Mapping[int, timedelta] | None = None) -> None:
    """Write down that a source was asked for instruments, and for how long it is known to lack some."""
    now, without = clock.now(), lacking or {}
    untils = [now + without[one] if one in without else None for one in ids]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"source": source.pk, "ids": list(ids), "until": untils, "now": now})
