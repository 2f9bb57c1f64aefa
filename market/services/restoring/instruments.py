"""Which instrument an archived one is here; and what is not here is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import DomainError
from core.records import Record
from market.models import SYMBOL_LENGTH, Exchange, Instrument, SymbolSpan
from market.selectors.instruments import owned_or_public
from market.services.instruments import InstrumentData, create_instrument
from market.services.reference import ExchangeData, save_exchange

_TEXTS = {"name": 200, "isin": 12, "sector": 80, "country": 2, "coin_id": 80}
_MOST_SPANS = 1000


@dataclass(slots=True)
class Found:
    """What became of archived instruments, by their ids there.

    `made` are those that were not here, public or the owner's own; `renamed` the own ones that had to take
    another symbol, `unlisted` the venues that nobody here knows.
    """

    here: dict[UUID, Instrument] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    renamed: list[str] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Archived:
    id: UUID
    own: bool
    data: InstrumentData
    spans: tuple[tuple[str, date, date | None], ...]


def restore_exchanges(*, actor: Actor, rows: Iterable[Record]) -> None:
    """Store the venues that are not here, where the actor may; others are left as they are."""
    known = set(Exchange.objects.values_list("mic", flat=True))
    for row in rows:
        data = ExchangeData(
            mic=row.text("mic", 4, needed=True),
            name=row.text("name", 120, needed=True),
            time_zone=row.text("time_zone", 64, needed=True),
            country=row.text("country", 2),
        )
        row.done()
        if data.mic not in known and actor.may("market.change_exchange"):
            try:
                save_exchange(actor=actor, data=data)
            except DomainError as error:
                row.refuse("mic", error.detail)


def restore_instruments(*, actor: Actor, owner_id: UUID, rows: Iterable[Record]) -> Found:
    """Find each instrument here, among the public ones and the owner's own, or make it.

    A public one is the same when it has the id, or the symbol, venue and ISIN, and with that the currency
    and unit. What is not here is made public where the actor may do that and all of it can be, else the
    owner's own. Nobody else's own is ever looked at.

    Raises:
        BrokenArchive: a line says what no instrument can be.
    """
    archived = [(row, _read(row)) for row in rows]
    found, venues = Found(), set(Exchange.objects.values_list("mic", flat=True))
    seen = set[UUID]()
    for row, one in archived:
        if one.id in seen:
            row.refuse("id", _("This is there twice."))
        seen.add(one.id)
        same = _same(owner_id, one, {known.id for known in found.here.values()})
        if same is not None:
            found.here[one.id] = same
    missing = [(row, one) for row, one in archived if one.id not in found.here]
    public = actor.may("market.add_instrument") and _can_be_public(archived, found)
    for row, one in missing:
        if one.data.exchange and one.data.exchange not in venues:
            found.unlisted.add(one.data.exchange)
        try:
            made = _made(actor, owner_id, one, found, public=public and not one.own)
        except ValidationError as error:
            row.refuse("symbol", "; ".join(error.messages))
        except DomainError as error:
            row.refuse("symbol", error.detail)
        found.made.add(made.id)
        found.here[one.id] = made
    return found


def _can_be_public(archived: list[tuple[Record, _Archived]], found: Found) -> bool:
    """Tell whether all that was public can be so here, since one of it may turn into another of it."""
    return all(
        found.here[one.id].owner_id is None
        if one.id in found.here
        else _free_symbol(None, one.data) == one.data.symbol
        for _row, one in archived
        if not one.own
    )


def _read(row: Record) -> _Archived:
    texts = {name: row.text(name, most) for name, most in _TEXTS.items()}
    data = InstrumentData(
        symbol=row.text("symbol", SYMBOL_LENGTH, needed=True),
        currency=row.currency("currency"),
        kind=row.choice("kind", Instrument.Kind.values),
        quote_unit=row.number("quote_unit"),
        exchange=row.text("exchange", 4),
        is_fictional=row.flag("fictional"),
        **texts,
    )
    found = _Archived(row.key("id"), row.flag("own"), data, _spans(row))
    row.done()
    return found


def _spans(row: Record) -> tuple[tuple[str, date, date | None], ...]:
    found = []
    for one in row.items("symbols", _MOST_SPANS):
        span = (one.text("symbol", SYMBOL_LENGTH, needed=True), one.day("from"), one.day_or_none("to"))
        one.done()
        if span[2] is not None and span[2] <= span[1]:
            row.refuse("symbols")
        found.append(span)
    if len({start for _symbol, start, _end in found}) < len(found):
        row.refuse("symbols")
    return tuple(found)


def _same(owner_id: UUID, one: _Archived, used: set[int]) -> Instrument | None:
    """Find what the owner sees under the id it has or would get here, else what is listed alike.

    Two of an archive are never one here.
    """
    data = one.data
    rows = owned_or_public(owner_id).filter(currency=data.currency, quote_unit=data.quote_unit)
    rows = rows.exclude(pk__in=used)
    by_id = rows.filter(uuid__in=[one.id, _other_id(one.id, owner_id)]).first()
    if by_id is not None:
        return by_id
    listed = Q(symbol=data.symbol, exchange=data.exchange or None, kind=data.kind)
    if data.isin:
        listed &= Q(isin=data.isin) | Q(isin="")
    if data.coin_id and not one.own:
        listed |= Q(coin_id=data.coin_id)
    alike = list(rows.filter(listed, owner_id=owner_id if one.own else None)[:2])
    return alike[0] if len(alike) == 1 else None


def _other_id(key: UUID, owner_id: UUID) -> UUID:
    """Name what an owner's copy is called where somebody else has the id."""
    return uuid5(key, owner_id.hex)


def _made(actor: Actor, owner_id: UUID, one: _Archived, found: Found, *, public: bool) -> Instrument:
    """Make an instrument under its own id, if nobody has that here."""
    exchange = "" if one.data.exchange in found.unlisted else one.data.exchange
    data = replace(one.data, exchange=exchange)
    if not public:
        data = replace(data, symbol=_free_symbol(owner_id, data))
        if data.symbol != one.data.symbol:
            found.renamed.append(data.symbol)
    maker = actor if public else Actor(user_id=owner_id, label=actor.label)
    made = create_instrument(actor=maker, data=data, public=public)
    is_taken = Instrument.objects.filter(uuid=one.id).exists()
    made.uuid = _other_id(one.id, owner_id) if is_taken else one.id
    Instrument.objects.filter(pk=made.pk).update(uuid=made.uuid)
    SymbolSpan.objects.bulk_create(
        [
            SymbolSpan(instrument=made, symbol=symbol, valid_from=start, valid_to=end)
            for symbol, start, end in one.spans
        ]
    )
    return made


def _free_symbol(owner_id: UUID | None, data: InstrumentData) -> str:
    namesakes = Instrument.objects.filter(owner_id=owner_id, exchange_id=data.exchange or None)
    free, number = data.symbol, 1
    while namesakes.filter(symbol=free).exists():
        number += 1
        suffix = f"-{number}"
        free = data.symbol[: SYMBOL_LENGTH - len(suffix)] + suffix
    return free


def instrument_of(found: Found, row: Record, name: str) -> Any:
    """Answer which instrument a value names.

    Raises:
        BrokenArchive: the archive has none of that id.
    """
    key = row.key(name)
    if key not in found.here:
        row.refuse(name, _("The archive has no such instrument."))
    return found.here[key]
