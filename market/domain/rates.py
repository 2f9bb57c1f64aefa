"""Exchange rates into one base currency: the last known on or before a day, never the next, never 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

ONE: Final = Decimal(1)
IDENTITY: Final = "identity"
_STEP: Final = Decimal(1).scaleb(-18)
_EXACT: Final = Context(prec=160, rounding=ROUND_HALF_EVEN)
_MOST_EDGES: Final = 3
_NONE: Final = -1

Days = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RateUsed:
    """A rate as it was used: base currency for one unit, the day it is of, and whose it is.

    A cross rate carries the older of its legs' days and both sources.
    """

    rate: Decimal
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class RateSeries:
    """The rates of one pair from one source, in ascending order of day: `quote` for one `base`.

    `days` int32 ordinals, shape (n,); `texts` the exact decimals; `own` says that they are the
    user's and win over public ones of the same day.
    """

    base: str
    quote: str
    own: bool
    source: str
    days: Days
    texts: list[str]


class _Edge:
    """The merged rates from one currency to another: per day one winner.

    On the same day the user's own rate wins over a public one, then the pair as it is quoted
    over its inverse.
    """

    def __init__(self, source: str, series: list[RateSeries]) -> None:
        ranked = sorted(series, key=lambda one: (one.own, one.base == source))
        self._series = ranked
        self._inverted = [one.base != source for one in ranked]
        sizes = [len(one.days) for one in ranked]
        days = np.concatenate([one.days for one in ranked])
        rank = np.repeat(np.arange(len(ranked)), sizes)
        position = np.concatenate([np.arange(size) for size in sizes])
        order = np.lexsort((rank, days))
        days = days[order]
        last_of_day = np.append(days[1:] != days[:-1], True) if len(days) else np.zeros(0, dtype=bool)
        self.days: Days = days[last_of_day].astype(np.int32)
        self._rank = rank[order][last_of_day]
        self._position = position[order][last_of_day]

    @cached_property
    def floats(self) -> Floats:
        """The rates, float64, shape (n,)."""
        values = np.empty(len(self.days), dtype=np.float64)
        for rank, one in enumerate(self._series):
            mine = self._rank == rank
            rates = np.array(one.texts, dtype=np.float64)[self._position[mine]]
            values[mine] = 1.0 / rates if self._inverted[rank] else rates
        return values

    def at(self, day: int) -> int:
        """Find the place of the last rate on or before the ordinal `day`; -1 for none."""
        return int(np.searchsorted(self.days, day, side="right")) - 1

    def exact(self, place: int) -> tuple[Decimal, bool, str]:
        """Return the rate at a place as it is stored, whether it is inverted, and its source."""
        rank = int(self._rank[place])
        one = self._series[rank]
        return Decimal(one.texts[int(self._position[place])]), self._inverted[rank], one.source


class RateTable:
    """Rates into `base` from what is stored: as quoted, inverted, or crossed over other currencies.

    For a day, of all ways the one whose (oldest leg's) date is latest wins; on a tie the shorter
    way, then the one over EUR. An inverse or a cross is divided once and rounded once, half to
    even, to 18 places.
    """

    def __init__(self, base: str, series: Iterable[RateSeries]) -> None:
        self.base = base
        self._by_pair: dict[frozenset[str], list[RateSeries]] = {}
        for one in series:
            if len(one.days):
                self._by_pair.setdefault(frozenset((one.base, one.quote)), []).append(one)
        self._neighbours: dict[str, list[str]] = {}
        for pair in self._by_pair:
            for currency in pair:
                self._neighbours.setdefault(currency, []).extend(pair - {currency})
        self._edges: dict[tuple[str, str], _Edge] = {}
        self._ways: dict[str, list[list[_Edge]]] = {}
        self._known: dict[tuple[str, int], RateUsed | None] = {}

    def rate(self, currency: str, day: date) -> RateUsed | None:
        """Return base currency per one unit of `currency` as known on `day`; None when never known.

        Exactly 1 for the base itself.
        """
        if currency == self.base:
            return RateUsed(ONE, day, IDENTITY)
        key = (currency, day.toordinal())
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def series(self, currency: str) -> tuple[Days, Floats]:
        """Return the days on which the rate changes and the rates from then on.

        int32 ordinals and float64, both of shape (n,), ascending; empty when nothing is known.
        The base itself is 1 from the first day of the calendar on.
        """
        if currency == self.base:
            return np.array([1], dtype=np.int32), np.ones(1, dtype=np.float64)
        ways = self._ways_from(currency)
        if not ways:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float64)
        days = np.unique(np.concatenate([edge.days for way in ways for edge in way])).astype(np.int32)
        best = np.full(len(days), _NONE, dtype=np.int64)
        rates = np.full(len(days), np.nan)
        for way in ways:
            as_of, values = _along(way, days)
            better = as_of > best
            best[better], rates[better] = as_of[better], values[better]
        known = best > _NONE
        return days[known], rates[known]

    def currencies(self) -> list[str]:
        """List the currencies that have any rate into the base, without the base."""
        return sorted(one for one in self._neighbours if one != self.base and self._ways_from(one))

    def _find(self, currency: str, day: int) -> RateUsed | None:
        best: list[tuple[_Edge, int]] = []
        best_day = _NONE
        for way in self._ways_from(currency):
            places = [edge.at(day) for edge in way]
            if min(places) < 0:
                continue
            as_of = min(int(edge.days[place]) for edge, place in zip(way, places, strict=True))
            if as_of > best_day:
                best, best_day = list(zip(way, places, strict=True)), as_of
        return _used(best, best_day) if best else None

    def _ways_from(self, currency: str) -> list[list[_Edge]]:
        if currency not in self._ways:
            paths = sorted(self._paths((currency,)), key=lambda path: (len(path), path[1] != "EUR", path))
            self._ways[currency] = [[self._edge(one, two) for one, two in pairwise(path)] for path in paths]
        return self._ways[currency]

    def _paths(self, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for following in self._neighbours.get(path[-1], ()):
            if following == self.base:
                yield (*path, following)
            elif following not in path and len(path) < _MOST_EDGES:
                yield from self._paths((*path, following))

    def _edge(self, one: str, two: str) -> _Edge:
        if (one, two) not in self._edges:
            self._edges[one, two] = _Edge(one, self._by_pair[frozenset((one, two))])
        return self._edges[one, two]


def _used(legs: list[tuple[_Edge, int]], as_of: int) -> RateUsed | None:
    numerator, denominator, plain = ONE, ONE, len(legs) == 1
    sources: list[str] = []
    for edge, place in legs:
        rate, inverted, source = edge.exact(place)
        if inverted:
            denominator, plain = _EXACT.multiply(denominator, rate), False
        else:
            numerator = _EXACT.multiply(numerator, rate)
        if source not in sources:
            sources.append(source)
    rate = numerator if plain else _EXACT.divide(numerator, denominator).quantize(_STEP, context=_EXACT)
    # A cross too small for 18 places is not known; it is never 0.
    return RateUsed(rate, date.fromordinal(as_of), "+".join(sources)) if rate else None


def _along(way: list[_Edge], days: Days) -> tuple[NDArray[np.int64], Floats]:
    as_of = np.full(len(days), np.iinfo(np.int64).max)
    rates = np.ones(len(days), dtype=np.float64)
    for edge in way:
        place = np.searchsorted(edge.days, days, side="right") - 1
        known = place >= 0
        as_of = np.where(known, np.minimum(as_of, edge.days[place]), _NONE)
        rates *= np.where(known, edge.floats[place], np.nan)
    return as_of, rates
