"""Take a batch of quotes into a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain

from django.db import transaction

from core.bus import bus
from core.collector import uncollected
from core.models import World
from core.worlds import now_in
from market import locks
from market.domain.plausibility import Doubt
from market.domain.quotes import Listing, NewQuote, Outcome, Rules, fold
from market.domain.ticks import SOURCE, NewTick, as_quote
from market.events import PricesUpdated
from market.models import Tick
from market.selectors.quotes import listings
from market.services.quotes import store
from market.services.quotes.tickdays import close_tick_days
from market.services.ticks.store import Stored, prepare, put

Held = tuple[NewQuote, Doubt, Decimal | None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: prices that moved, quotes held back, and the number of the log's batch, if any.

    `unknown`: quotes of instruments that are not there any more. `doubted`: the instruments of which a
    quote was not believed. `ticks`: how many were stored that were not there.
    """

    moved: int
    held: int
    unknown: int
    seq: int | None
    doubted: frozenset[int] = field(default=frozenset(), compare=False)
    ticks: int = 0


@transaction.atomic
def record_quotes(
    *,
    world_id: int,
    batch: Sequence[NewQuote] = (),
    ticks: Sequence[NewTick] = (),
    trusted: bool = False,
) -> Recorded:
    """Take quotes into a world: what is newest becomes its quote, and what moved is one batch of its log.

    One writer at a time per world. A late quote widens the range of its day and moves nothing; one on or
    after the ex-date of a split that is not in effect yet waits for it; one that is not plausible is held
    back for staff. `trusted`: staff looked at it. `ticks` are quotes too, and are stored with the bars
    that they make, unless they are held back.

    Raises:
        World.DoesNotExist: there is no such world.
    """
    world = World.objects.get(pk=world_id)
    # whoever brings a file of these instruments in is waited for here, where nobody waits for us
    prepare(world_id, ticks)
    locks.price_log(world_id)
    with uncollected():
        return record_locked(world, batch, ticks, trusted=trusted)


def record_locked(
    world: World, batch: Sequence[NewQuote], ticks: Sequence[NewTick] = (), *, trusted: bool = False
) -> Recorded:
    """Take quotes into a world whose log is locked."""
    rules = Rules(now_in(world), invents_all=world.kind != World.Kind.LIVE, trusted=trusted)
    traded = [as_quote(one, rules.now) for one in ticks]
    quotes: dict[int, list[NewQuote]] = {}
    for one in chain(batch, traded):
        quotes.setdefault(one.instrument, []).append(one)
    known = listings(world.pk, {key: max(one.at for one in rows) for key, rows in quotes.items()})
    _leave_out_known(world, quotes, known, traded)
    outcomes = {key: fold(listing, quotes[key], rules) for key, listing in known.items()}
    held = [row for one in outcomes.values() for row in one.held]
    refused = {id(new) for new, _doubt, _reference in held}
    good = [tick for tick, one in zip(ticks, traded, strict=True) if id(one) not in refused]
    stored = _keep_ticks(world, good, outcomes)
    _write(world, outcomes, held, stored)
    store.minutes(world.pk, [one for one in batch if id(one) not in refused and _tells(known, one)])
    unknown = sum(one.instrument not in known for one in chain(batch, traded))
    recorded = _logged(world, outcomes, rules, len(held), unknown)
    doubted = frozenset(new.instrument for new, doubt, _reference in held if doubt is not Doubt.SPLIT)
    return replace(recorded, doubted=doubted, ticks=stored.count) if doubted or ticks else recorded


def _write(world: World, outcomes: dict[int, Outcome], held: Sequence[Held], stored: Stored) -> None:
    """Write what the quotes and the ticks' days came to."""
    store.quotes(world.pk, {key: one.quote for key, one in outcomes.items() if one.quote is not None})
    store.bars(world.pk, [(key, bar) for key, one in outcomes.items() for bar in one.bars.values()])
    close_tick_days(world, [(instrument, day) for instrument, day, _volume in stored.days])
    store.held(world.pk, held)


def _leave_out_known(
    world: World,
    quotes: dict[int, list[NewQuote]],
    known: dict[int, Listing],
    traded: Sequence[NewQuote],
) -> None:
    """Leave out ticks of the very instant of the newest quote that are stored: they are sent again."""
    newest = {key: one.quote.at for key, one in known.items() if one.quote is not None}
    at_once = {one.instrument for one in traded if newest.get(one.instrument) == one.at}
    if not at_once:
        return
    rows = Tick.objects.filter(instrument__in=at_once, world=world, at__in={newest[key] for key in at_once})
    stored = set(rows.values_list("instrument_id", "at", "price"))
    for key in at_once:
        quotes[key] = [
            one
            for one in quotes[key]
            if one.source != SOURCE or one.at != newest[key] or (key, one.at, one.price) not in stored
        ]


def _keep_ticks(world: World, good: Sequence[NewTick], outcomes: dict[int, Outcome]) -> Stored:
    """Store ticks, and let the volume of the day's ticks be that of the quote which is one of them."""
    stored = put(world.pk, [one for one in good if one.instrument in outcomes])
    for instrument, day, volume in stored.days:
        quote = outcomes[instrument].quote
        if quote is not None and quote.source == SOURCE and quote.day == day:
            quote.volume = volume
    return stored


def _tells(known: dict[int, Listing], one: NewQuote) -> bool:
    """Tell whether a quote is for the bar of its minute: no tick that is there, and not told before."""
    if one.instrument not in known or one.source == SOURCE:
        return False
    quote = known[one.instrument].quote
    return quote is None or (quote.at, quote.price) != (one.at, one.price)


def _logged(world: World, outcomes: dict[int, Outcome], rules: Rules, held: int, unknown: int) -> Recorded:
    moves = [one.move for one in outcomes.values() if one.move is not None]
    if not moves:
        return Recorded(0, held, unknown, None)
    seq = store.append(world.pk, rules.now, moves)
    bus.publish(PricesUpdated(world.pk, seq))
    return Recorded(len(moves), held, unknown, seq)
