"""Read the move log on from a cursor, and let it age."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db import connection, transaction

from core import clock
from market import locks
from market.models import Cursor, HeldQuote, LogHead, MoveBatch
from market.services.quotes.store import make_partition

log = structlog.get_logger(__name__)
KEPT_DAYS: Final = 7
AHEAD_DAYS: Final = 3
KEPT_DECISIONS: Final = timedelta(days=90)
BATCHES_AT_ONCE: Final = 50
_PARTITION = re.compile(r"market_movebatch_(\d{8})")
Handler = Callable[[MoveBatch], None]


def consume(consumer: str, world_id: int, handler: Handler) -> int:
    """Give a consumer all batches of a world's log that it has not had, in order, and say how many.

    The handler's writes and the cursor are one transaction, of up to 50 batches: whatever kills it, the
    next call goes on with the first batch that was not done, and no batch is done twice. Calls of one
    consumer wait for each other. A new consumer begins with what comes after its first call.
    """
    done = 0
    while True:
        count = _step(consumer=consumer, world_id=world_id, handler=handler)
        done += count
        if count < BATCHES_AT_ONCE:
            return done


@transaction.atomic
def _step(*, consumer: str, world_id: int, handler: Handler) -> int:
    cursor = _cursor(consumer, world_id)
    rows = MoveBatch.objects.filter(world_id=world_id, seq__gt=cursor.seq).order_by("seq")
    batches = list(rows[:BATCHES_AT_ONCE])
    if batches and batches[0].seq != cursor.seq + 1:
        # numbers have no gaps: what lies between aged out while the consumer was away
        log.error("market.moves_missed", consumer=consumer, after=cursor.seq, before=batches[0].seq)
    for batch in batches:
        handler(batch)
    if batches:
        Cursor.objects.filter(pk=cursor.pk).update(seq=batches[-1].seq)
    return len(batches)


def _cursor(consumer: str, world_id: int, *, shared: bool = False) -> Cursor:
    locks.cursor_of(consumer, world_id, shared=shared)
    # of those who only keep it still, many may do so at once
    strength = "SHARE" if shared else "UPDATE"
    wanted = f"SELECT * FROM market_cursor WHERE consumer = %s AND world_id = %s FOR {strength}"  # noqa: S608
    found = next(iter(Cursor.objects.raw(wanted, [consumer, world_id])), None)
    if found is None:
        head = LogHead.objects.filter(world_id=world_id).values_list("seq", flat=True).first()
        start = Cursor(consumer=consumer, world_id=world_id, seq=head or 0)
        Cursor.objects.bulk_create([start], ignore_conflicts=True)
        found = next(iter(Cursor.objects.raw(wanted, [consumer, world_id])))
    return found


def hold_cursor(consumer: str, world_id: int) -> int:
    """Keep a consumer from reading on until this transaction ends, and tell the log's number by then.

    What a writer changes meanwhile is there for every batch after that number, and for none up to it.
    """
    _cursor(consumer, world_id, shared=True)
    return LogHead.objects.filter(world_id=world_id).values_list("seq", flat=True).first() or 0


def keep_log() -> int:
    """Make the tables of the next days; drop days of the move log older than a week, decisions older than 90.

    Answers how many days were dropped.
    """
    today = clock.today("UTC")
    for ahead in range(AHEAD_DAYS):
        with transaction.atomic():
            make_partition(today + timedelta(days=ahead))
    oldest = today - timedelta(days=KEPT_DAYS)
    dropped = 0
    for name, day in _partitions():
        if day < oldest:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
            dropped += 1
    HeldQuote.objects.filter(decided_at__lt=clock.now() - KEPT_DECISIONS).delete()
    return dropped


def _partitions() -> list[tuple[str, date]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('market_movebatch') WHERE isleaf")
        names = [name for (name,) in cursor.fetchall()]
    found = [(name, _PARTITION.fullmatch(name)) for name in names]
    return [
        (name, datetime.strptime(match[1], "%Y%m%d").date())  # noqa: DTZ007  # a date has no zone
        for name, match in found
        if match
    ]
