"""What a source of prices can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow
from market.domain.quotes import KnownQuote, NewQuote
from market.models import Instrument


class Ability(StrEnum):
    """What a provider may offer."""

    QUOTES = "quotes"
    HISTORY = "history"
    PROFILE = "profile"
    SEARCH = "search"
    RATES = "rates"
    ACTIONS = "actions"


class CannotDo(Exception):
    """A provider was asked for what it does not offer; ask `Provider.abilities` first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instrument to quote: its last known price, in quote units and of today, and its newest quote."""

    instrument: Instrument
    last: Decimal | None
    quote: KnownQuote | None


@dataclass(frozen=True, slots=True)
class Company:
    """A listing as a provider describes it; "" where it does not say."""

    symbol: str
    name: str
    currency: str
    mic: str = ""
    isin: str = ""
    sector: str = ""
    country: str = ""


class Provider:
    """A source of prices. What one cannot do it leaves out of `abilities` and refuses.

    `name` is what the prices are marked with. Prices are raw and in quote units, instants in UTC.
    """

    name: ClassVar[str]
    abilities: ClassVar[frozenset[Ability]] = frozenset()

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Tell the newest prices, at the instant `now` of the world; what has none is left out.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.QUOTES)

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell daily bars from `start` to `end` (both included), oldest first.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.HISTORY)

    def profile(self, instrument: Instrument) -> Company:
        """Describe a listing.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.PROFILE)

    def search(self, text: str) -> list[Company]:
        """Find listings by a part of symbol or name.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.SEARCH)

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell how many units of each of `quotes` one unit of `base` was worth on a day.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.RATES)

    def actions(self, instrument: Instrument, start: date, end: date) -> list[Split | Dividend]:
        """Tell the splits and dividends from `start` to `end` (both included), by ex-date.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.ACTIONS)

    def _cannot(self, ability: Ability) -> CannotDo:
        return CannotDo(f"{self.name} does not offer {ability}")
