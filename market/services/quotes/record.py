"""Take a batch of quotes into a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from core.bus import bus
from core.collector import uncollected
from core.models import World
from core.worlds import now_in
from market import locks
from market.domain.plausibility import Doubt
from market.domain.quotes import NewQuote, Outcome, Rules, fold
from market.events import PricesUpdated
from market.selectors.quotes import listings
from market.services.quotes import store


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: prices that moved, quotes held back, and the number of the log's batch, if any.

    `unknown`: quotes of instruments that are not there any more. `doubted`: the instruments of which a
    quote was not believed.
    """

    moved: int
    held: int
    unknown: int
    seq: int | None
    doubted: frozenset[int] = field(default=frozenset(), compare=False)


@transaction.atomic
def record_quotes(*, world_id: int, batch: Sequence[NewQuote], trusted: bool = False) -> Recorded:
    """Take quotes into a world: what is newest becomes its quote, and what moved is one batch of its log.

    One writer at a time per world. A late quote widens the range of its day and moves nothing; one on or
    after the ex-date of a split that is not in effect yet waits for it; one that is not plausible is held
    back for staff. `trusted`: staff looked at it.

    Raises:
        World.DoesNotExist: there is no such world.
    """
    world = World.objects.get(pk=world_id)
    locks.price_log(world_id)
    with uncollected():
        return record_locked(world, batch, trusted=trusted)


def record_locked(world: World, batch: Sequence[NewQuote], *, trusted: bool = False) -> Recorded:
    """Take quotes into a world whose log is locked."""
    rules = Rules(now_in(world), invents_all=world.kind != World.Kind.LIVE, trusted=trusted)
    quotes: dict[int, list[NewQuote]] = {}
    for one in batch:
        quotes.setdefault(one.instrument, []).append(one)
    known = listings(world.pk, {key: max(one.at for one in rows) for key, rows in quotes.items()})
    outcomes = {key: fold(listing, quotes[key], rules) for key, listing in known.items()}
    held = [row for one in outcomes.values() for row in one.held]
    store.quotes(world.pk, {key: one.quote for key, one in outcomes.items() if one.quote is not None})
    store.bars(world.pk, [(key, bar) for key, one in outcomes.items() for bar in one.bars.values()])
    store.held(world.pk, held)
    unknown = sum(len(rows) for key, rows in quotes.items() if key not in known)
    recorded = _logged(world, outcomes, rules, len(held), unknown)
    doubted = frozenset(new.instrument for new, doubt, _reference in held if doubt is not Doubt.SPLIT)
    return replace(recorded, doubted=doubted) if doubted else recorded


def _logged(world: World, outcomes: dict[int, Outcome], rules: Rules, held: int, unknown: int) -> Recorded:
    moves = [one.move for one in outcomes.values() if one.move is not None]
    if not moves:
        return Recorded(0, held, unknown, None)
    seq = store.append(world.pk, rules.now, moves)
    bus.publish(PricesUpdated(world.pk, seq))
    return Recorded(len(moves), held, unknown, seq)
