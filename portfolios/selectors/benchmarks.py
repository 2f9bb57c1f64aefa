"""Benchmarks beside a portfolio: instruments or a blend of them, dividends reinvested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from core.errors import ValidationFailed
from core.money import plain
from market.domain.actions import Dividend, Split
from market.domain.prices import CloseSeries
from market.domain.rates import RateTable
from market.models import Instrument
from market.selectors import actions, prices, rates
from portfolios.domain.arrays import Floats, Ints
from portfolios.domain.benchmark import SameFlows, blended, same_flows, total_return
from portfolios.domain.reasons import Figure, Reason
from portfolios.models import BenchmarkPart, Portfolio
from portfolios.selectors.figures import Performance
from portfolios.selectors.ledger import Ledger

_EPOCH = 719163  # date(1970, 1, 1).toordinal(): series of the market count days from the year 1


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument of a benchmark; `weight` is a fraction."""

    instrument: Instrument
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Benchmark:
    """An instrument, or several in fixed weights that add up to 1."""

    parts: list[Part]

    @property
    def name(self) -> str:
        """What charts and tables call it."""
        if len(self.parts) == 1:
            return self.parts[0].instrument.symbol
        return " + ".join(f"{plain(part.weight * 100)} % {part.instrument.symbol}" for part in self.parts)

    @property
    def weights(self) -> dict[int, Decimal]:
        """The weight of each instrument by its key."""
        return {part.instrument.pk: part.weight for part in self.parts}


def of_instrument(instrument: Instrument) -> Benchmark:
    """Make a benchmark of one instrument."""
    return Benchmark([Part(instrument, Decimal(1))])


def blend(parts: list[Part], field: str = "parts") -> Benchmark:
    """Make a benchmark of several instruments.

    Raises:
        ValidationFailed: a weight is not positive, an instrument comes twice, or they do not add up to 1.
    """
    if any(not part.weight.is_finite() or part.weight <= 0 for part in parts):
        raise ValidationFailed.of(field, _("Each weight must be above 0."), "weight")
    if len({part.instrument.pk for part in parts}) < len(parts):
        raise ValidationFailed.of(field, _("An instrument may be in a benchmark once."), "twice")
    if sum(part.weight for part in parts) != 1:
        raise ValidationFailed.of(field, _("The weights must add up to 1."), "sum")
    return Benchmark(parts)


def chosen(portfolio: Portfolio) -> Benchmark | None:
    """Answer the benchmark that is kept with a portfolio.

    A blend of which an instrument is gone is none: the rest is not what was chosen.
    """
    return _kept([portfolio])[0]


def _kept(portfolios: Sequence[Portfolio]) -> list[Benchmark | None]:
    """Answer what is kept with each of several portfolios."""
    blends: dict[UUID, list[Part]] = defaultdict(list)
    blended_ones = [one.pk for one in portfolios if not one.benchmark]
    rows = BenchmarkPart.objects.filter(portfolio__in=blended_ones).select_related("instrument")
    for row in rows if blended_ones else ():
        blends[row.portfolio_id].append(Part(row.instrument, row.weight))
    return [
        of_instrument(one.benchmark) if one.benchmark else _whole(blends.get(one.pk, []))
        for one in portfolios
    ]


def _whole(parts: list[Part]) -> Benchmark | None:
    return Benchmark(parts) if sum(part.weight for part in parts) == 1 else None


def in_common(portfolios: Sequence[Portfolio]) -> Benchmark | None:
    """Answer the benchmark that is kept with each of several portfolios; None where they differ."""
    kept = _kept(portfolios)
    first = kept[0]
    if first is None or any(one is None or one.weights != first.weights for one in kept):
        return None
    return first


def index(ledger: Ledger, benchmark: Benchmark, days: Ints) -> Floats:
    """Return what a benchmark is worth day by day in the portfolio's currency; shape (days,).

    Dividends are reinvested gross at the close of the ex-date, splits taken out; NaN where it is not
    known. Only changes mean something: its unit is arbitrary.
    """
    found = _Market.read(ledger, [part.instrument for part in benchmark.parts])
    indices = [found.index(part.instrument, days) for part in benchmark.parts]
    return blended(days, indices, [float(part.weight) for part in benchmark.parts])


def line(benchmark: Floats, found: Performance) -> Floats:
    """Return a benchmark's cumulative return over a period, as fractions; shape (days + 1,).

    It starts at the portfolio's own return on the first day on which it is known; NaN before that.
    """
    known = np.flatnonzero(~np.isnan(benchmark))
    if not len(known):
        return benchmark
    first = known[0]
    growth: Floats = (1.0 + found.cumulative[first]) * benchmark / benchmark[first] - 1.0
    return growth


def with_same_flows(benchmark: Floats, found: Performance) -> SameFlows:
    """Tell what the opening value and the flows of a period would have become in a benchmark."""
    series = found.series
    return same_flows(benchmark, float(series.value[0]), series.inflow, series.outflow)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A period beside a benchmark; money in the ledger's currency, returns as fractions.

    Day by day, NaN where not known: `worth` of the same flows, `cumulative` return; shapes (days + 1,).
    """

    found: Performance
    benchmark: Benchmark | None
    worth: Floats
    cumulative: Floats
    same_flows: Figure[float]
    difference: Figure[float]
    time_weighted: Figure[float]


def compare(ledger: Ledger, found: Performance, benchmark: Benchmark | None) -> Comparison:
    """Put a period beside a benchmark: its total return, and what the same flows would have become."""
    days = found.series.days
    if benchmark is None:
        unknown = np.full(len(days), np.nan)
        none: Figure[float] = Figure(None, Reason.NO_BENCHMARK)
        return Comparison(found, None, unknown, unknown, none, none, none)
    levels = index(ledger, benchmark, days)
    flows = with_same_flows(levels, found)
    growth = levels / levels[_first(found)] - 1.0
    total = float(growth[-1])
    ours = float(found.series.value[-1])
    return Comparison(
        found=found,
        benchmark=benchmark,
        worth=flows.value,
        cumulative=growth,
        same_flows=flows.final,
        difference=flows.final if flows.final.value is None else Figure(ours - flows.final.value),
        time_weighted=Figure(None, Reason.NO_PRICE) if np.isnan(total) else Figure(total),
    )


def _first(found: Performance) -> int:
    """Find the day on whose close a benchmark's return begins: the opening, or the first day of all money."""
    moved = (found.series.value != 0.0) | (found.series.inflow != 0.0)
    return int(np.argmax(moved))


def stepped(known: np.ndarray, values: Floats, days: Ints) -> Floats:
    """Carry values forward: the last one known on or before each day, NaN where none is.

    `known` are ordinals from the year 1, ascending; `days` are numbers since 1970-01-01.
    """
    if not len(known):
        return np.full(len(days), np.nan)
    at = np.searchsorted(known, days + _EPOCH, side="right") - 1
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan)


@dataclass(frozen=True, slots=True)
class _Market:
    """Closes, rates and corporate actions of a benchmark's instruments."""

    base: str
    closes: dict[int, CloseSeries]
    table: RateTable
    splits: dict[int, list[Split]]
    dividends: dict[int, list[Dividend]]

    @classmethod
    def read(cls, ledger: Ledger, instruments: list[Instrument]) -> _Market:
        keys = {one.pk for one in instruments}
        splits, dividends = defaultdict(list), defaultdict(list)
        for split in actions.splits(keys):
            splits[split.instrument].append(split)
        for dividend in actions.dividends(keys):
            dividends[dividend.instrument].append(dividend)
        paid_in = {one.currency for each in dividends.values() for one in each}
        currencies = {one.currency for one in instruments} | paid_in
        return cls(
            base=ledger.base,
            closes=prices.series_to_now(ledger.world_id, instruments, ledger.portfolio.time_zone),
            table=rates.rate_table(ledger.owner_id, ledger.world_id, currencies, ledger.base),
            splits=splits,
            dividends=dividends,
        )

    def index(self, instrument: Instrument, days: Ints) -> Floats:
        closes = self.closes.get(instrument.pk)
        if closes is None:
            return np.full(len(days), np.nan)
        close = closes.closes * self._units(instrument, closes.days)
        price = stepped(closes.days, close, days) * self._rate(instrument.currency, days)
        return total_return(price, self._paid(instrument, days))

    def _units(self, instrument: Instrument, ordinals: np.ndarray) -> Floats:
        """Return how many units one unit from before all splits is on each day."""
        units = np.ones(len(ordinals))
        for split in self.splits.get(instrument.pk, ()):
            units[ordinals >= split.ex_date.toordinal()] *= split.numerator / split.denominator
        return units

    def _paid(self, instrument: Instrument, days: Ints) -> Floats:
        """Return the dividends of each day per unit from before all splits, in the portfolio's currency."""
        paid = np.zeros(len(days))
        for one in self.dividends.get(instrument.pk, ()):
            at = one.ex_date.toordinal() - _EPOCH - int(days[0])
            if 0 <= at < len(days):
                units = self._units(instrument, days[at : at + 1] + _EPOCH)
                paid[at] += float(one.amount) * units[0] * self._rate(one.currency, days[at : at + 1])[0]
        return paid

    def _rate(self, currency: str, days: Ints) -> Floats:
        if currency == self.base:
            return np.ones(len(days))
        return stepped(*self.table.series(currency), days)
