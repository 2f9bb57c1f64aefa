"""Take ticks as feeds send them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import FieldError, Forbidden, ValidationFailed
from core.models import LIVE_WORLD
from market.domain.plausibility import AHEAD
from market.domain.sent_ticks import RowFault, SentTick, read_ticks
from market.domain.ticks import EARLIEST, NewTick, TickFault, fault_of, month_of
from market.errors import AmbiguousSymbol
from market.models import Instrument
from market.selectors.instruments import SymbolBook, owned_or_public, symbol_book_among
from market.services.quotes import record_quotes
from market.services.tick_import.run import POWER
from market.services.tick_import.words import reason
from market.services.ticks import oldest_kept

# Each month is a table that stays: nobody makes them by the thousand.
REACH: Final = timedelta(days=365)
MOST_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of ticks that were sent: how many were stored, there already, held back for staff.

    `refused` names what is wrong with the others.
    """

    received: int
    stored: int
    known: int
    held: int
    refused: list[tuple[int, FieldError]]


@transaction.atomic
def post_ticks(*, actor: Actor, rows: Sequence[Any]) -> Taken:
    """Take ticks into the live world, with the quotes that they are; rows that are none are told.

    A feed that sends the same again changes nothing. Public instruments are for staff, and for
    programs of theirs; everybody may send ticks of their own, up to a year old. Of months (UTC) that
    come, the first three are taken.

    Raises:
        Forbidden: a row is about a public instrument, and the actor is not staff who may.
        ValidationFailed: no row is a tick; it names what is wrong with each.
    """
    sent, faults = read_ticks(list(rows))
    found = dict(_instruments(actor, sent))
    if not actor.may(POWER) and any(one is not None and one.owner_id is None for one in found.values()):
        raise Forbidden(_("Only staff may send ticks of public instruments."))
    good, more = _checked(sent, found, _Reach.of(actor))
    faults = sorted([*faults, *more], key=lambda one: one.row)
    refused = [(one.row, FieldError(one.field, reason(one.fault, one.about), one.fault)) for one in faults]
    if rows and not good:
        told = tuple(FieldError(f"[{row}].{one.field}", one.message, one.code) for row, one in refused)
        raise ValidationFailed(errors=told)
    done = record_quotes(world_id=LIVE_WORLD, ticks=good)
    known = len(good) - done.ticks - done.held - done.unknown
    return Taken(len(rows), done.ticks, known, done.held, refused)


def _instruments(actor: Actor, sent: Sequence[SentTick]) -> Iterator[tuple[int, Instrument | None]]:
    """Look up what each row is about: its UUID, or its symbol on the day (UTC) of the tick."""
    seen = owned_or_public(actor.user_id)
    named = {one.instrument for one in sent if one.instrument is not None}
    by_uuid = {one.uuid: one for one in seen.filter(uuid__in=named)} if named else {}
    book = symbol_book_among(seen, {one.ticker for one in sent if one.instrument is None})
    known: dict[Any, Instrument | None] = {}
    for one in sent:
        if one.instrument is not None:
            yield one.row, by_uuid.get(one.instrument)
            continue
        key = one.ticker, one.at.date()
        if key not in known:
            known[key] = _find(book, *key)
        yield one.row, known[key]


def _find(book: SymbolBook, ticker: str, day: Any) -> Instrument | None:
    try:
        return book.find(ticker, day) if ticker else None
    except AmbiguousSymbol:
        return None


@dataclass(slots=True)
class _Reach:
    """How far back ticks may be sent, and of which months they came so far."""

    since: datetime
    months: set[datetime] = field(default_factory=set)

    @classmethod
    def of(cls, actor: Actor) -> _Reach:
        return cls(EARLIEST if actor.may(POWER) else clock.now() - REACH)

    def fault_of(self, at: datetime) -> TickFault | None:
        """Tell what is wrong with the time of a tick that is good otherwise, and count its month."""
        if at < self.since:
            return TickFault.LONG_AGO
        self.months.add(month := month_of(at))
        if len(self.months) > MOST_MONTHS:
            self.months.remove(month)
            return TickFault.MANY_MONTHS
        return None


def _checked(
    sent: Sequence[SentTick], found: dict[int, Instrument | None], reach: _Reach
) -> tuple[list[NewTick], list[RowFault]]:
    latest, oldest = clock.now() + AHEAD, oldest_kept()
    good, bad = [], []
    for one in sent:
        instrument = found[one.row]
        if instrument is None:
            bad.append(RowFault(one.row, "ticker", TickFault.UNKNOWN_SYMBOL, one.ticker))
            continue
        tick = NewTick(instrument.pk, one.at, one.price, **one.sizes)
        fault = fault_of(tick, latest, oldest) or reach.fault_of(one.at)
        if fault is None:
            good.append(tick)
        else:
            bad.append(RowFault(one.row, "timestamp" if fault in _OF_TIME else "ltp", fault))
    return good, bad


_OF_TIME = frozenset({TickFault.FUTURE, TickFault.TOO_OLD, TickFault.LONG_AGO, TickFault.MANY_MONTHS})
