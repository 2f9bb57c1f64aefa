"""What a source of prices can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow
from market.domain.basis import RAW, AdjustmentBasis
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
    """A listing as a provider describes it; "" where it does not say.

    `id` is the source's own name of it, where that is not the symbol; `logo` is the address of an image.
    """

    symbol: str
    name: str
    currency: str
    mic: str = ""
    isin: str = ""
    sector: str = ""
    country: str = ""
    website: str = ""
    logo: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A split or dividend that a source told so that nobody can read it: of which day, and what is wrong."""

    ex_date: date
    reason: str


# What a source tells of a listing, row by row.
Event = Split | Dividend | Unread


def _free(_requests: int) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How one source is reached, as staff configured it.

    `name` marks its prices ("": the adapter's kind), `base_url` replaces the official address, `symbols`
    has the symbol at the source by primary key of the instrument, where it is not the one that follows from
    symbol and exchange. `spend` is told how many requests are about to be made, before each, and may raise
    `market.errors.ProviderLimited`. `timeout` is in seconds, for one request with all its repetitions.
    """

    key: str = field(default="", repr=False)
    base_url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    spend: Callable[[int], None] = _free
    timeout: float = 10.0
    name: str = ""
    symbols: Mapping[int, str] = field(default_factory=dict)


class Provider:
    """A source of prices. What one cannot do it leaves out of `abilities` and refuses.

    `name` is what the prices are marked with. Prices are in quote units, quotes are raw, instants in UTC;
    daily prices are on the basis that `basis` tells. `per_minute`, `per_hour` and `per_day` are the requests
    that its free plan allows (0: it sets no such limit), `most_at_once` is how many instruments one request
    for quotes may ask for.

    Adapters of sources elsewhere take a `SourceSettings`, and raise the errors of `market.errors` that begin
    with Provider where an answer does not come, or is not what it should be.
    """

    name: str
    abilities: frozenset[Ability] = frozenset()
    kind: ClassVar[str] = ""
    label: ClassVar[str] = ""
    needs_key: ClassVar[bool] = False
    per_minute: ClassVar[int] = 0
    per_hour: ClassVar[int] = 0
    per_day: ClassVar[int] = 0
    most_at_once: int = 1

    @classmethod
    def offers(cls, options: Mapping[str, Any]) -> frozenset[Ability]:  # noqa: ARG003  # adapters need them
        """Tell what an adapter with these options offers, without making one."""
        return cls.abilities

    def basis(self, today: date) -> AdjustmentBasis:
        """Tell what the prices of `history` are adjusted for when they are asked for on `today`."""
        return RAW

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

    def actions(self, instrument: Instrument, start: date, end: date) -> list[Event]:
        """Tell the splits and dividends from `start` to `end` (both included), by ex-date.

        One that cannot be read is an `Unread`, and takes neither the others nor the source with it.

        Raises:
            CannotDo: it does not offer this.
        """
        raise self._cannot(Ability.ACTIONS)

    def _cannot(self, ability: Ability) -> CannotDo:
        return CannotDo(f"{self.name} does not offer {ability}")
