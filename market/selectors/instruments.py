"""Instruments as a user sees them: the public ones and their own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from core import clock
from core.errors import Forbidden, NotFound
from market.errors import AmbiguousSymbol
from market.models import Coin, Exchange, Instrument, SymbolSpan

if TYPE_CHECKING:
    from collections.abc import Mapping

ISIN = re.compile(r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")


def visible_to(user: object, besides: Any = ()) -> QuerySet[Instrument]:
    """List the instruments that the user may see; nobody in particular sees the public ones.

    `besides` are keys, or a query for them, of others' that the user meets in what is shared with them.
    """
    owner = getattr(user, "pk", None)
    seen = Q(owner=None) | Q(owner=owner) if owner else Q(owner=None)
    shared = isinstance(besides, QuerySet) or bool(besides)
    return Instrument.objects.filter(seen | Q(pk__in=besides) if shared else seen)


def owned_or_public(owner_id: UUID | None) -> QuerySet[Instrument]:
    """List the public instruments and those of one owner; without an owner only the public ones."""
    return Instrument.objects.filter(Q(owner=None) | Q(owner=owner_id) if owner_id else Q(owner=None))


def get(user: object, uuid: UUID, besides: Any = ()) -> Instrument:
    """Return an instrument by its UUID.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = visible_to(user, besides).select_related("exchange").filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("There is no such instrument."))
    return found


def get_own(user: object, uuid: UUID) -> Instrument:
    """Return an instrument of the user's own, which they may change.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: it is public.
    """
    found = get(user, uuid)
    if found.owner_id is None:
        raise Forbidden(_("This instrument is public; only staff may change it."))
    return found


def search(user: object, text: str, limit: int = 20) -> QuerySet[Instrument]:
    """Find instruments by symbol, name or ISIN: a symbol that is equal, then one that begins so."""
    return matching(visible_to(user), text)[:limit]


def matching(rows: QuerySet[Instrument], text: str) -> QuerySet[Instrument]:
    """Narrow `rows` to what matches `text`, the best first."""
    words = text.strip()
    if not words:
        return rows.order_by("symbol", "id")
    rank = Case(
        When(symbol__iexact=words, then=Value(0)),
        When(symbol__istartswith=words, then=Value(1)),
        When(name__istartswith=words, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    found = rows.filter(Q(symbol__icontains=words) | Q(name__icontains=words) | Q(isin__iexact=words))
    return found.order_by(rank, "symbol", "id")


def by_symbol(user: object, symbol: str, on: date | None = None, besides: Any = ()) -> Instrument | None:
    """Return the instrument that had `symbol` on a date (default: today); None when there is none.

    The user's own comes before a public one. `SYMBOL@MIC` names the venue; an ISIN stands for
    its only listing.

    Raises:
        AmbiguousSymbol: several venues list the symbol.
    """
    return symbol_book(user, [symbol], besides).find(symbol, on)


def symbol_book(user: object, symbols: Iterable[str], besides: Any = ()) -> SymbolBook:
    """Read all that `symbols` may mean to a user, in two queries, to look up many rows of a file."""
    return symbol_book_among(visible_to(user, besides), symbols)


def symbol_book_among(rows: QuerySet[Instrument], symbols: Iterable[str]) -> SymbolBook:
    """Read all that `symbols` may mean among `rows`, in two queries."""
    bare = {_split(symbol.strip().upper())[0] for symbol in symbols}
    history: dict[int, list[SymbolSpan]] = defaultdict(list)
    named = Q(symbol__in=bare) | Q(instrument__symbol__in=bare)
    for span in SymbolSpan.objects.filter(named, instrument__in=rows):
        history[span.instrument_id].append(span)
    isins = {one for one in bare if ISIN.match(one)}
    found = rows.filter(Q(symbol__in=bare) | Q(isin__in=isins) | Q(id__in=list(history)))
    return SymbolBook(list(found.order_by("id")), history)


def coins(text: str = "") -> QuerySet[Coin]:
    """List the coins that the crypto endpoints know, or those whose id, symbol or name has `text`."""
    words = text.strip()
    named = Q(coin_id__icontains=words) | Q(symbol__iexact=words) | Q(name__icontains=words)
    rows = Coin.objects.filter(named) if words else Coin.objects.all()
    return rows.order_by("coin_id")


def exchanges() -> QuerySet[Exchange]:
    """List the trading venues by MIC."""
    return Exchange.objects.order_by("mic")


class SymbolBook:
    """What symbols meant when; answers from memory."""

    def __init__(self, rows: list[Instrument], history: Mapping[int, list[SymbolSpan]]) -> None:
        self._today = clock.today("UTC")
        self._history = history
        self._by_name: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in rows:
            spans = history.get(instrument.id, [])
            for name in {instrument.symbol, instrument.isin, *(span.symbol for span in spans)} - {""}:
                self._by_name[name].append(instrument)

    def find(self, symbol: str, on: date | None = None) -> Instrument | None:
        """Return the instrument of that name on a date (default: today); None when there is none.

        Raises:
            AmbiguousSymbol: several venues list the symbol.
        """
        name, venue = _split(symbol.strip().upper())
        day = on or self._today
        found = [
            one
            for one in self._by_name.get(name, ())
            if (venue is None or one.exchange_id == venue) and self._was_called(one, name, day)
        ]
        best = [one for one in found if one.owner_id is not None] or found
        if len(best) > 1:
            raise AmbiguousSymbol.of_listings(name, [one.exchange_id or one.currency for one in best])
        return best[0] if best else None

    def is_dated(self, symbol: str) -> bool:
        """Tell whether what a symbol means depends on the day."""
        name, _venue = _split(symbol.strip().upper())
        return any(one.id in self._history for one in self._by_name.get(name, ()))

    def _was_called(self, instrument: Instrument, name: str, day: date) -> bool:
        spans = self._history.get(instrument.id)
        if not spans or name == instrument.isin:
            return True
        return any(
            span.symbol == name and span.valid_from <= day and (span.valid_to is None or day < span.valid_to)
            for span in spans
        )


def _split(name: str) -> tuple[str, str | None]:
    bare, mark, venue = name.rpartition("@")
    return (bare, venue) if mark and bare else (name, None)
