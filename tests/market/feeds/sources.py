"""A source whose answers a test holds in its hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from core import clock
from core.models import LIVE_WORLD
from market.domain.bars import BarRow
from market.domain.basis import RAW, AdjustmentBasis
from market.domain.quotes import NewQuote
from market.models import Quote
from market.providers import Ability, Event, Provider, SourceSettings, Wanted
from market.services import feeds

NOON = datetime(2025, 7, 2, 16, tzinfo=UTC)


@dataclass
class Told:
    """Answers by the name of a source: prices by symbol, an error to raise, or what makes them."""

    quotes: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[BarRow]] = field(default_factory=dict)
    actions: dict[str, list[Event]] = field(default_factory=dict)
    adjusted: bool = False
    asked: list[tuple[str, list[str]]] = field(default_factory=list)


class Hand(Provider):
    """Answers what the test says, and counts a request for each call."""

    told: ClassVar[Told]
    kind: ClassVar[str] = "hand"
    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.QUOTES, Ability.HISTORY, Ability.ACTIONS})

    def __init__(self, settings: SourceSettings) -> None:
        self.settings, self.name = settings, settings.name

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        self.settings.spend(1)
        symbols = {
            self.settings.symbols.get(one.instrument.pk, one.instrument.symbol): one.instrument
            for one in wanted
        }
        self.told.asked.append((self.name, list(symbols)))
        answer = self.told.quotes.get(self.name, {})
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return [
            made(one, answer[symbol], now, self.name) for symbol, one in symbols.items() if symbol in answer
        ]

    def history(self, instrument: Any, start: date, end: date) -> list[BarRow]:
        self.settings.spend(1)
        self.told.asked.append((self.name, [instrument.symbol, str(start), str(end)]))
        answer = self.told.history.get(self.name, [])
        if isinstance(answer, Exception):
            raise answer
        return [row for row in answer if start <= row.day <= end]

    def actions(self, instrument: Any, start: date, end: date) -> list[Event]:
        return self.told.actions.get(self.name, [])

    def basis(self, today: date) -> AdjustmentBasis:
        return AdjustmentBasis(today) if self.told.adjusted else RAW


def made(instrument: Any, price: Any, now: datetime, source: str) -> NewQuote:
    fields = price if isinstance(price, dict) else {"price": price}
    values = {"at": now, "source": source, **fields}
    return NewQuote(instrument=instrument.pk, **{**values, "price": Decimal(values["price"])})


def run() -> list[tuple[int, list[int]]]:
    """Do what is due, as the tasks do it, one after the other."""
    from django.core.cache import cache

    cache.delete("market.feeds.wanted")
    tasks = feeds.plan(clock.now())
    for one in tasks:
        feeds.refresh(source_id=one.source, instrument_ids=one.instruments)
    return [(one.source, one.instruments) for one in tasks]


def prices() -> dict[str, tuple[str, str]]:
    """Tell the newest quotes of the live world: price and source by symbol."""
    rows = Quote.objects.filter(world=LIVE_WORLD).select_related("instrument")
    return {row.instrument.symbol: (f"{row.price.normalize():f}", row.source) for row in rows}


def answers(*values: Any) -> Callable[[], Any]:
    """Answer one after the other."""
    rest = list(values)
    return lambda: rest.pop(0) if len(rest) > 1 else rest[0]
