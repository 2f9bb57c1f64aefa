"""Bring files of ticks in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePath
from typing import IO, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import Forbidden, ValidationFailed
from core.models import LIVE_WORLD, World
from market.domain.plausibility import AHEAD
from market.domain.price_files.faults import UnreadableFileError
from market.domain.ticks import months
from market.errors import ImportRefused
from market.services import texts
from market.services.quotes.tickdays import close_tick_days
from market.services.tick_import.newest import quote_newest
from market.services.tick_import.reading import Reading, copy_table, without_instrument
from market.services.tick_import.symbols import Making, Meanings, meanings
from market.services.tick_import.words import reason
from market.services.ticks import oldest_kept, partitions, store
from market.transports import price_files

POWER: Final = "market.add_tick"
SORT_MEMORY: Final = "256MB"
FILED: Final = store.FILED


@dataclass(frozen=True, slots=True, kw_only=True)
class TickOptions:
    """How a file of ticks is taken in.

    `ticker` is meant by files that name none. Times without an offset are of `zone` (an IANA name).
    `owner`: private instruments of that user. At most `most_refused` refused lines are kept of each table.
    """

    ticker: str = ""
    zone: str = "UTC"
    owner: UUID | None = None
    making: Making = field(default_factory=Making)
    most_refused: int = 10_000
    limits: price_files.Limits = field(default_factory=lambda: price_files.Limits(max_bytes=64 << 30))


@dataclass(frozen=True, slots=True)
class RefusedTick:
    """A refused line: its table and number, why, and its text."""

    table: str
    line: int
    reason: str
    text: str


@dataclass(slots=True)
class TickOutcome:
    """What became of a file: lines that were read, stored, there already, and refused."""

    read: int = 0
    stored: int = 0
    known: int = 0
    refused: int = 0
    quoted: int = 0
    refusals: list[RefusedTick] = field(default_factory=list)
    made: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TickProgress:
    """How far an import is: bytes of the file, lines so far, and whether they are being stored."""

    done: int
    total: int
    lines: int
    storing: bool = False


def import_ticks(
    *,
    actor: Actor,
    file: IO[bytes],
    name: str,
    options: TickOptions,
    on_progress: Callable[[TickProgress], None] = lambda _progress: None,
    world_id: int = LIVE_WORLD,
) -> TickOutcome:
    """Import ticks from a CSV file, plain, gzip or ZIP: each table in one transaction.

    What is stored already is not stored again. A tick that is newest for its instrument becomes its quote;
    the others are history and move nothing.

    Raises:
        Forbidden: public instruments, and the actor may not bring ticks in; or somebody else's.
        ValidationFailed: there is no such time zone.
        ImportRefused: a table cannot be read; those before it are stored.
    """
    if options.owner is None and not actor.may(POWER):
        raise Forbidden(_("Only staff may import ticks of public instruments."))
    if options.owner is not None and actor.user_id not in {None, options.owner}:
        raise Forbidden(_("These are somebody else's instruments."))
    if options.zone not in clock.time_zones():
        raise ValidationFailed.of("zone", _("There is no such time zone."), "time-zone")
    size = file.seek(0, 2)
    outcome = TickOutcome()

    def tell(lines: int, *, storing: bool = False) -> None:
        on_progress(TickProgress(size if storing else file.tell(), size, outcome.read + lines, storing))

    try:
        with price_files.reading():
            for member in price_files.members(file, name, options.limits):
                _Table(member, options, world_id, outcome).take(tell)
    except UnreadableFileError as error:
        raise ImportRefused.of("file", texts.unreadable(error), error.code) from error
    finally:
        store.end()
    _note(actor, name, outcome, options)
    return outcome


class _Table:
    """One table of a file on its way in."""

    def __init__(
        self, member: price_files.Member, options: TickOptions, world_id: int, outcome: TickOutcome
    ) -> None:
        self._member, self._options, self._outcome = member, options, outcome
        self._now = clock.now()
        self._world = World.objects.get(pk=world_id)
        self._reading = Reading(options.zone, oldest_kept(), self._now + AHEAD, options.most_refused)

    def take(self, tell: Callable[..., None]) -> None:
        """Copy the table, see what its tickers mean, and store what is good."""
        store.begin()
        ticker = self._options.ticker or self._member.stem.upper()
        for lines in copy_table(self._member, ticker, self._reading):
            tell(lines)
        tell(self._reading.lines, storing=True)
        told = store.survey(FILED)
        found = self._resolve(told)
        parts = list(_always(told, found))
        if found.dated:
            parts += store.survey_dated(FILED, found.dated)
        good = [one for one in parts if one.fault is None]
        stored = self._store(good)
        outcome = self._outcome
        outcome.read += self._reading.lines
        outcome.known += sum(one.count for one in good) - stored
        self._refuse(sum(one.count for one in parts if one.fault is not None), found)
        outcome.quoted += quote_newest(self._world.pk, [one.instrument for one in good if one.instrument])

    def _resolve(self, tickers: Collection[str]) -> Meanings:
        with transaction.atomic():
            found = meanings(FILED, tickers, self._options.owner, self._options.making)
            store.name_symbols(found.rows)
        self._outcome.made += found.made
        return found

    def _store(self, good: Sequence[store.Part]) -> int:
        partitions.make(sorted({month for one in good for month in months(one.first, one.last)}))
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('work_mem', %s, true)", [SORT_MEMORY])
            stored = store.settle(self._world.pk, FILED, good)
            close_tick_days(self._world, [(instrument, day) for instrument, day, _volume in stored.days])
        self._outcome.stored += stored.count
        return stored.count

    def _refuse(self, unknown: int, found: Meanings) -> None:
        """Count what is wrong, and keep the first lines with what is wrong with them."""
        reading, outcome = self._reading, self._outcome
        refused = list(reading.refused)
        if unknown:
            refused += islice(without_instrument(self._member, reading, found), reading.most)
        outcome.refused += unknown + reading.refused_count
        outcome.refusals += [
            RefusedTick(self._member.name, one.line, reason(one.fault, one.about), one.text)
            for one in sorted(refused, key=lambda one: one.line)[: reading.most]
        ]


def _always(told: dict[str, store.Part], found: Meanings) -> Iterator[store.Part]:
    """Join what came in with what it means."""
    for ticker, (_name, _since, _until, instrument, fault) in found.always.items():
        yield replace(told[ticker], instrument=instrument, fault=fault)


def _note(actor: Actor, name: str, outcome: TickOutcome, options: TickOptions) -> None:
    audit.record(
        actor=actor,
        verb="ticks.imported",
        object_type="tick-import",
        object_id=PurePath(name).name[-40:],
        after={
            "read": outcome.read,
            "stored": outcome.stored,
            "refused": outcome.refused,
            "private": options.owner is not None,
        },
    )
