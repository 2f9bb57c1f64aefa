"""Worlds that play stored history again: make them, hold them, move them on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import LIVE_WORLD, World
from core.money import plain
from core.worlds import now_in, stopped
from market import locks
from market.domain.quotes import NewQuote
from market.domain.replay import SOURCE, grain_at
from market.models import Instrument, Replay
from market.selectors.replay import history, instruments_of, next_price, next_split
from market.services.quotes.record import record_locked
from market.services.quotes.splits import apply_splits_of

ADD, CHANGE = "market.add_replay", "market.change_replay"
FASTEST: Final = Decimal(10_000_000)
LONGEST_NAME: Final = 80
# bars before the start, by which a world has a past that it may look at
PAST_DAYS: Final = 400
# how long one call may take: it shares the workers with others
SECONDS: Final = 8.0

_PAST = """
INSERT INTO market_dailybar (world_id, instrument_id, date, open, high, low, close, volume, source)
SELECT %s, instrument_id, date, open, high, low, close, volume, source FROM market_dailybar
WHERE world_id = %s AND instrument_id = ANY(%s) AND date >= %s AND date < %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayData:
    """What is played: history from `starts_at` to `ends_at` (None: to now), `speed` seconds in one.

    Without instruments all public ones.
    """

    name: str
    starts_at: datetime
    ends_at: datetime | None = None
    speed: Decimal = Decimal(1)
    instruments: Sequence[Instrument] = ()


@transaction.atomic
def create_replay(*, actor: Actor, data: ReplayData) -> Replay:
    """Make a world that plays the live world's history, beginning now.

    It has the daily bars of the 400 days before the start. Nothing that happens in it is seen elsewhere.

    Raises:
        Forbidden: the actor may not.
        ValidationFailed: the name is empty, the times are not in order, or the speed is none.
        Conflict: a world has the name.
    """
    if not actor.may(ADD):
        raise Forbidden(_("You may not make worlds."))
    _check(data)
    now = clock.now()
    world = World(
        kind=World.Kind.REPLAY,
        name=data.name.strip(),
        clock_at=data.starts_at,
        clock_since=now,
        clock_speed=data.speed,
    )
    try:
        with transaction.atomic():
            world.save()
    except IntegrityError as error:
        raise Conflict(_("Another world has this name.")) from error
    replay = Replay.objects.create(
        world=world,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        played_to=data.starts_at,
        speed=data.speed,
        instruments=[one.pk for one in data.instruments],
    )
    start = data.starts_at.date()
    with connection.cursor() as cursor:
        since = start - timedelta(days=PAST_DAYS)
        cursor.execute(_PAST, [world.pk, LIVE_WORLD, instruments_of(replay), since, start])
    _note(actor, "created", replay, "")
    return replay


def _check(data: ReplayData) -> None:
    if not data.name.strip() or len(data.name) > LONGEST_NAME:
        raise ValidationFailed.of("name", _("Give it a name of at most 80 characters."))
    if data.starts_at >= clock.now():
        raise ValidationFailed.of("starts_at", _("It plays the past: it starts before now."))
    if data.ends_at is not None and data.ends_at <= data.starts_at:
        raise ValidationFailed.of("ends_at", _("It ends after it starts."))
    _check_speed(data.speed)
    if any(one.owner_id is not None for one in data.instruments):
        raise ValidationFailed.of("instruments", _("Only public instruments are played."))


def _check_speed(speed: Decimal) -> None:
    if not speed.is_finite() or not 0 < speed <= FASTEST:
        message = _("Say how many seconds pass in one: more than 0, at most 10,000,000.")
        raise ValidationFailed.of("speed", message)


@transaction.atomic
def pause_replay(*, actor: Actor, world_id: int, reason: str) -> None:
    """Let a replay's clock stand.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such replay.
        Conflict: it stands already, or has ended.
    """
    replay = _locked(actor, world_id)
    if replay.world.clock_speed == 0:
        raise Conflict(_("It stands already."))
    _turn(replay, Decimal(0))
    _note(actor, "paused", replay, reason)


@transaction.atomic
def resume_replay(*, actor: Actor, world_id: int, reason: str) -> None:
    """Let a replay that stands go on from where it is.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such replay.
        Conflict: it goes already, or has ended.
    """
    replay = _locked(actor, world_id)
    if replay.world.clock_speed:
        raise Conflict(_("It goes on already."))
    _turn(replay, replay.speed)
    _note(actor, "resumed", replay, reason)


@transaction.atomic
def set_speed(*, actor: Actor, world_id: int, speed: Decimal, reason: str = "") -> Replay:
    """Say how fast a replay plays; one that stands goes on standing.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such replay.
        Conflict: it has ended.
        ValidationFailed: the speed is none.
    """
    _check_speed(speed)
    replay = _locked(actor, world_id)
    replay.speed = speed
    replay.save(update_fields=["speed", "updated_at"])
    if replay.world.clock_speed:
        _turn(replay, speed)
    _note(actor, "speed_changed", replay, reason)
    return replay


@transaction.atomic
def end_replay(*, actor: Actor, world_id: int, reason: str) -> None:
    """End a replay for good; its prices stay as they are.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such replay.
        Conflict: it has ended.
    """
    replay = _locked(actor, world_id)
    _end(replay)
    _note(actor, "ended", replay, reason)


def play(*, world_id: int) -> int:
    """Move a replay on to its clock, and say how many prices moved.

    Batch by batch, each in a transaction with how far it is, so that whatever stops it goes on from there.
    It takes at most eight seconds; what is left is for the next call. One at a time: who comes second
    does nothing.
    """
    until, moved = time.monotonic() + SECONDS, 0
    while (step := _step(world_id=world_id)) is not None:
        moved += step
        if time.monotonic() >= until:
            break
    return moved


@transaction.atomic
def _step(*, world_id: int) -> int | None:
    """Play one window; None when there is nothing to do."""
    if not locks.refresh_of(world_id, SOURCE):
        return None
    rows = Replay.objects.select_for_update(of=("self",)).select_related("world")
    replay = rows.filter(world=world_id, ended_at=None).first()
    if replay is None:
        return None
    world, since = replay.world, replay.played_to
    end = replay.ends_at or clock.now()
    now = min(now_in(world), end)
    if now <= since:
        if now >= end:
            _end(replay)
        return None
    grain = grain_at(replay.speed)
    instruments = instruments_of(replay)
    last = min(now, next_split(instruments, since) or now)
    until = min(last, since + grain.window)
    batch = history(instruments, since, until, grain)
    if not batch:
        following = next_price(instruments, since, grain)
        until = last if following is None else min(last, max(until, following))
    moved = _told(world, batch, since, until)
    Replay.objects.filter(pk=replay.pk).update(played_to=until)
    return moved


def _told(world: World, batch: Sequence[NewQuote], since: datetime, until: datetime) -> int:
    """Let the splits take effect that the window begins with, and record its prices as at its end."""
    locks.price_log(world.pk)
    apply_splits_of(stopped(world, since))
    return record_locked(stopped(world, until), batch).moved if batch else 0


def _locked(actor: Actor, world_id: int) -> Replay:
    if not actor.may(CHANGE):
        raise Forbidden(_("You may not hold worlds."))
    rows = Replay.objects.select_for_update(of=("self", "world")).select_related("world")
    replay = rows.filter(world=world_id).first()
    if replay is None:
        raise NotFound(_("There is no such replay."))
    if replay.ended_at is not None:
        raise Conflict(_("It has ended."))
    return replay


def _turn(replay: Replay, speed: Decimal) -> None:
    """Let the world's clock go on from what it shows at another speed."""
    world = replay.world
    world.clock_at, world.clock_since, world.clock_speed = now_in(world), clock.now(), speed
    world.save(update_fields=["clock_at", "clock_since", "clock_speed"])


def _end(replay: Replay) -> None:
    at = min(now_in(replay.world), replay.ends_at or clock.now())
    replay.world.clock_at, replay.world.clock_since = at, clock.now()
    replay.world.clock_speed = Decimal(0)
    replay.world.save(update_fields=["clock_at", "clock_since", "clock_speed"])
    Replay.objects.filter(pk=replay.pk).update(ended_at=clock.now())


def _note(actor: Actor, verb: str, replay: Replay, reason: str) -> None:
    audit.record(
        actor=actor,
        verb=f"replay.{verb}",
        object_type="replay",
        object_id=replay.pk,
        after={
            "world": replay.world.name,
            "speed": plain(replay.speed),
            "starts_at": replay.starts_at.isoformat(),
        },
        reason=reason,
    )
