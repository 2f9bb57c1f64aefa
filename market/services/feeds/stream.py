"""Take in Finnhub's trades as they happen; one process of all does, whoever holds the lock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Final, cast

import structlog
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.db.utils import Error as DatabaseFailure

from core import clock
from core.beat import BeatLock
from core.errors import DependencyUnavailable, DomainError
from core.models import LIVE_WORLD
from market.domain import breaker
from market.domain.quotes import NewQuote
from market.models import Instrument, PriceSource, SourceSymbol
from market.providers.finnhub import Finnhub
from market.providers.finnhub_stream import FinnhubStream
from market.selectors import feeds, sessions
from market.services.feeds import health, sources
from market.services.feeds.refresh import note
from market.services.quotes import record_quotes

log = structlog.get_logger(__name__)
LOCK: Final = 0x464C_4F57
# How often it is looked at who holds the lock and what is to be followed.
KEEP_SECONDS: Final = 5.0
# While the database is away so many trades are kept, the newest.
MOST_WAITING: Final = 3_000


async def stream(stop: asyncio.Event, *, keep: float = KEEP_SECONDS, every: float = 0.25) -> None:
    """Follow what is wanted until `stop` is set, while this process holds the lock; else wait for it.

    `keep` and `every` are in seconds: between two looks at what to follow, and between two batches.
    """
    lock = BeatLock(LOCK)
    try:
        while not stop.is_set():
            try:
                source = await sync_to_async(_source)()
                if source is not None and await _holds(lock):
                    await _follow(source, lock, stop, (keep, every))
            except DatabaseFailure:
                # it is away, or was for a moment: what it brings to an end begins anew
                log.exception("market.stream_broken")
                await sync_to_async(close_old_connections)()
            await _wait(stop, keep)
    finally:
        await sync_to_async(lock.release)()
        await sync_to_async(connections.close_all)()


async def _follow(
    source: PriceSource, lock: BeatLock, stop: asyncio.Event, pauses: tuple[float, float]
) -> None:
    """Follow a source until it is stopped, refused, switched off, or the lock is lost."""
    keep, every = pauses
    try:
        told = await sync_to_async(sources.settings_of)(source)
        trades = FinnhubStream(told, every=every)
    except DomainError as error:
        await sync_to_async(health.failed)(source, error)
        return
    trades.follow(*await sync_to_async(_wanted)(source))
    log.info("market.stream_begins", source=source.name, symbols=len(trades.symbols))
    reader = asyncio.create_task(_read(source, trades))
    try:
        while not stop.is_set() and not reader.done() and await _holds(lock):
            if await sync_to_async(_source)() is None:
                break
            trades.follow(*await sync_to_async(_wanted)(source))
            await asyncio.wait(
                {reader, asyncio.ensure_future(_wait(stop, keep))}, return_when="FIRST_COMPLETED"
            )
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader


async def _read(source: PriceSource, trades: FinnhubStream) -> None:
    """Take in what comes; a source that refuses is left alone for its time, and any failure is noted.

    What the database could not take is tried again with what comes next.
    """
    waiting: list[NewQuote] = []
    try:
        told = cast("AsyncGenerator[list[NewQuote], None]", trades.batches())
        async with aclosing(told) as batches:
            async for batch in batches:
                waiting = [*waiting, *batch][-MOST_WAITING:]
                if await sync_to_async(_is_taken)(source, waiting):
                    waiting = []
    except DatabaseFailure:
        raise
    except Exception as error:
        if not isinstance(error, DomainError):
            log.exception("market.stream_ended", source=source.name)
        await sync_to_async(health.failed)(source, error)


def _is_taken(source: PriceSource, batch: Sequence[NewQuote]) -> bool:
    """Store trades, and tell whether the database took them; what it will never take is dropped."""
    try:
        _take(source, batch)
    except (OperationalError, InterfaceError):
        log.warning("market.stream_waits", source=source.name, quotes=len(batch), exc_info=True)
        close_old_connections()
        return False
    except Exception:  # the fault of some trades, or ours: the source itself goes on well
        log.exception("market.stream_dropped", source=source.name, quotes=len(batch))
    return True


def _take(source: PriceSource, batch: Sequence[NewQuote]) -> None:
    """Store trades; what is followed so need not be asked for meanwhile."""
    recorded = record_quotes(world_id=LIVE_WORLD, batch=batch)
    fresh = sorted({one.instrument for one in batch} - recorded.doubted)
    note(source, feeds.still_due(source, fresh, clock.now()))
    if source.last_ok_at is None or clock.now() - source.last_ok_at > timedelta(seconds=KEEP_SECONDS):
        source.last_ok_at = clock.now()
        health.succeeded(source)


def _source() -> PriceSource | None:
    """Choose the first source that can stream and may be asked."""
    rows = PriceSource.objects.filter(enabled=True, kind=Finnhub.kind)
    now = clock.now()
    return next((row for row in rows if breaker.state(row.open_until, now) is not breaker.State.OPEN), None)


def _wanted(source: PriceSource) -> tuple[list[Instrument], dict[int, str]]:
    """List what trades now and is wanted, and what staff call it at the source; they may say never, too."""
    never = SourceSymbol.objects.filter(source=source, is_excluded=True).values_list("instrument", flat=True)
    left_out = set(never)
    rows = [one for one in sessions.trading(feeds.wanted(), clock.now()) if one.pk not in left_out]
    return rows, feeds.symbols_of(source.pk, [one.pk for one in rows])


async def _holds(lock: BeatLock) -> bool:
    try:
        return await sync_to_async(lock.held)()
    except (DatabaseFailure, DependencyUnavailable):
        log.warning("market.stream_lock_lost")
        return False


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
