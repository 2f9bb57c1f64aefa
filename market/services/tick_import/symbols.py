"""Which instruments the tickers of a file mean, when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from core import clock
from market import locks
from market.domain.ticks import TickFault
from market.errors import AmbiguousSymbol
from market.models import SYMBOL_LENGTH, Instrument
from market.selectors.instruments import SymbolBook, symbol_book_among
from market.services.ticks import statements

Row = tuple[str, Any, Any, int | None, str | None]
ALWAYS = ("-infinity", "infinity")


@dataclass(frozen=True, slots=True)
class Making:
    """How unknown instruments are made; without a currency they are not."""

    currency: str = ""
    kind: str = Instrument.Kind.STOCK


@dataclass(frozen=True, slots=True)
class Meanings:
    """What tickers mean: rows for the database, those whose meaning depends on the day, and what was made."""

    rows: list[Row]
    dated: list[str]
    made: list[str]

    @property
    def always(self) -> dict[str, Row]:
        """What tickers mean whenever they come."""
        return {row[0]: row for row in self.rows if row[0] not in self.dated}


def meanings(incoming: str, tickers: Collection[str], owner: UUID | None, making: Making) -> Meanings:
    """Tell what the tickers that came in mean, and make instruments for those that are not there."""
    rows = Instrument.objects.filter(owner_id=owner)
    book = symbol_book_among(rows, tickers)
    made = []
    if making.currency:
        made = _make(owner, making, (one for one in tickers if _is_missing(book, one)))
        book = symbol_book_among(rows, tickers) if made else book
    dated = [one for one in tickers if book.is_dated(one)]
    today = clock.today("UTC")
    found = [_meaning(book, one, *ALWAYS, today) for one in tickers if one not in dated]
    return Meanings([*found, *_by_day(book, incoming, dated)], dated, made)


def _meaning(book: SymbolBook, ticker: str, since: Any, until: Any, day: date) -> Row:
    try:
        instrument = book.find(ticker, day)
    except AmbiguousSymbol:
        return ticker, since, until, None, TickFault.AMBIGUOUS_SYMBOL
    fault = None if instrument else TickFault.UNKNOWN_SYMBOL
    return ticker, since, until, instrument.pk if instrument else None, fault


def _by_day(book: SymbolBook, incoming: str, dated: list[str]) -> Iterator[Row]:
    """Look up what has meant different instruments by the day (UTC) on which it came."""
    if not dated:
        return
    with connection.cursor() as cursor:
        cursor.execute(statements.DAYS_OF.format(incoming=incoming), [dated])
        days: list[tuple[str, date]] = cursor.fetchall()
    for ticker, day in days:
        yield _meaning(book, ticker, f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00", day)


def _is_missing(book: SymbolBook, ticker: str) -> bool:
    name = ticker.strip()
    if not name or len(name) > SYMBOL_LENGTH or book.is_dated(ticker):
        return False
    try:
        return book.find(ticker) is None
    except AmbiguousSymbol:
        return False


def _make(owner: UUID | None, making: Making, tickers: Iterable[str]) -> list[str]:
    """Make instruments, unless another import that was faster has made them meanwhile."""
    names = {one.strip().upper() for one in tickers}
    if not names:
        return []
    locks.creation_of_instruments()
    there = Instrument.objects.filter(owner_id=owner, symbol__in=names).values_list("symbol", flat=True)
    fresh = sorted(names - set(there))
    Instrument.objects.bulk_create(
        Instrument(owner_id=owner, symbol=one, name=one, kind=making.kind, currency=making.currency)
        for one in fresh
    )
    return fresh
