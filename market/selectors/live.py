"""What the price socket reads: which instruments a user means, and quotes that moved since a number."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from core.models import World
from market.errors import AmbiguousSymbol
from market.models import Instrument
from market.selectors.instruments import symbol_book, visible_to

# One statement, so that the number and the quotes are of the same moment.
_MOVED: Final = """
WITH head AS (
    SELECT coalesce((SELECT seq FROM market_loghead WHERE world_id = %(world)s), 0) AS seq
), wanted AS (
    SELECT unnest(%(fresh)s::int[]) AS id
    UNION
    SELECT moved.id
    FROM (SELECT unnest(instruments) AS id FROM market_movebatch
          WHERE world_id = %(world)s AND seq > %(after)s) moved
    WHERE moved.id = ANY(%(followed)s::int[])
), quotes AS (
    SELECT instrument.id, uuid, symbol, currency, trim_scale(quote.price * quote_unit),
           trim_scale(quote.bid * quote_unit), trim_scale(quote.ask * quote_unit), trim_scale(quote.volume),
           trim_scale(quote.open * quote_unit), trim_scale(quote.high * quote_unit),
           trim_scale(quote.low * quote_unit), trim_scale(quote.previous_close * quote_unit),
           quote.as_of, quote.day, quote.source, quote.quality
    FROM wanted
    JOIN market_instrument instrument ON instrument.id = wanted.id
    JOIN market_quote quote ON quote.instrument_id = instrument.id AND quote.world_id = %(world)s
)
SELECT head.seq, quotes.* FROM head LEFT JOIN quotes ON true
"""


@dataclass(frozen=True, slots=True)
class LiveQuote:
    """The newest quote of an instrument: raw prices for one unit, in the major unit of `currency`."""

    instrument: int
    uuid: UUID
    symbol: str
    currency: str
    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    volume: Decimal | None
    open: Decimal | None
    high: Decimal
    low: Decimal
    previous_close: Decimal | None
    at: datetime
    day: date
    source: str
    given: str


@dataclass(frozen=True, slots=True)
class Named:
    """An instrument as a client may name it."""

    id: int
    uuid: UUID
    symbol: str


def moved_since(
    world_id: int, after: int, followed: Collection[int], fresh: Collection[int]
) -> tuple[int, list[LiveQuote]]:
    """Read the log's newest number, quotes of `fresh`, and those of `followed` that moved after `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVED, {"world": world_id, "after": after, "followed": list(followed), "fresh": list(fresh)}
        )
        rows = cursor.fetchall()
    return rows[0][0], [LiveQuote(*row[1:]) for row in rows if row[1] is not None]


def named(user: object, names: Iterable[str]) -> dict[str, Named]:
    """Find the instruments that a user names by UUID or symbol; what is not theirs to see is left out.

    A symbol that several venues list names none of them.
    """
    uuids, symbols = _sorted(names)
    found: dict[str, Named] = {}
    if uuids:
        rows = visible_to(user).filter(uuid__in=list(uuids.values())).only("id", "uuid", "symbol")
        by_uuid = {row.uuid: row for row in rows}
        found = {name: _named(by_uuid[uuid]) for name, uuid in uuids.items() if uuid in by_uuid}
    if symbols:
        book = symbol_book(user, symbols)
        for symbol in symbols:
            try:
                row = book.find(symbol)
            except AmbiguousSymbol:
                continue
            if row is not None:
                found[symbol] = _named(row)
    return found


def has_world(world_id: int) -> bool:
    """Tell whether there is such a world."""
    return World.objects.filter(pk=world_id).exists()


def _named(row: Instrument) -> Named:
    return Named(row.id, row.uuid, row.symbol)


def _sorted(names: Iterable[str]) -> tuple[dict[str, UUID], list[str]]:
    uuids: dict[str, UUID] = {}
    symbols: list[str] = []
    for name in names:
        try:
            uuids[name] = UUID(name)
        except ValueError:
            symbols.append(name)
    return uuids, symbols
