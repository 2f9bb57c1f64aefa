"""The order in which rows of the market are locked: ticks, a world's price log, instruments by id, rates.

Whoever writes prices or corporate actions holds the instruments' rows first, so that two
writers of the same instruments wait for each other instead of deadlocking.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Forbidden, NotFound
from market.models import Instrument

_CREATING = 0x464C_4F52
_READING = 0x464C_4F4C
_REFRESHING = 0x464C_4F54
_WATCHING = 0x464C_4F57


def instrument(actor: Actor, uuid: UUID, *, unused: bool = False) -> Instrument:
    """Lock an instrument that the actor may write: their own, or a public one for staff who keep market data.

    `unused`: wait for whoever is about to point at it (`keep_instruments`), and let them wait, so that
    whether it is in use stays as it is; for deleting it and for changing its currency.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: it is public and the actor may not change it as staff.
    """
    mine = Q(owner=None) | Q(owner=actor.user_id) if actor.user_id else Q(owner=None)
    found = Instrument.objects.select_for_update(no_key=not unused).filter(mine, uuid=uuid).first()
    if found is None:
        raise NotFound(_("There is no such instrument."))
    if found.owner_id is None and not actor.may("market.change_instrument"):
        raise Forbidden(_("This instrument is public; only staff may change it."))
    return found


def instruments(ids: Iterable[int]) -> None:
    """Lock instruments in the order of their ids, leaving their key free for new bars."""
    rows = Instrument.objects.select_for_update(no_key=True).filter(id__in=set(ids))
    list(rows.order_by("id").values_list("id", flat=True))


def keep_instruments(ids: Iterable[int]) -> set[int]:
    """Keep instruments from being deleted until the transaction ends; answer those that are there.

    Others may do the same, and write prices meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM market_instrument WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(ids)]
        )
        return {found for (found,) in cursor.fetchall()}


def rates(user_id: UUID | None) -> None:
    """Let one transaction at a time write the public rates (None) or a user's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO market_raterevision (owner_id, value) VALUES (%s, 0) ON CONFLICT DO NOTHING",
            [user_id],
        )
        cursor.execute(
            "SELECT FROM market_raterevision WHERE owner_id IS NOT DISTINCT FROM %s FOR UPDATE", [user_id]
        )


def creation_of_instruments() -> None:
    """Let one transaction at a time make instruments for a file's unknown symbols."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATING])


def price_log(world_id: int) -> int:
    """Let one transaction at a time write a world's quotes; answer the number of its newest batch.

    Whoever writes quotes takes this first, and instruments after it. Only rows of `market_ticker` come
    before it: an import of ticks holds them for long, and all quotes wait for this one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO market_loghead AS head (world_id, seq) VALUES (%s, 0) "
            "ON CONFLICT (world_id) DO UPDATE SET seq = head.seq RETURNING seq",
            [world_id],
        )
        return int(cursor.fetchone()[0])


def cursor_of(consumer: str, world_id: int, *, shared: bool) -> None:
    """Let a consumer read a world's log alone, or (`shared`) let those who keep it from it do so together.

    Who waits comes in the order in which they asked, so that no stream of those who share it lets the
    consumer wait for ever, as locks of rows would. Before the cursor's row.
    """
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, hashtext(%s))", [_READING, f"{world_id} {consumer}"])


def refresh_of(world_id: int, source: str) -> bool:
    """Let one transaction at a time ask a source for a world's prices; False where another does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_REFRESHING, f"{world_id} {source}"]
        )
        return bool(cursor.fetchone()[0])


def watchlists(user_id: UUID) -> None:
    """Let one transaction at a time change a person's watchlists."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_WATCHING, str(user_id)])
