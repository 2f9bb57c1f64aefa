"""Prices and rates held in memory, for tests of the mathematics without a database."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from market.domain.rates import IDENTITY
from portfolios.domain.exact import ONE, share
from portfolios.domain.prices import PriceUsed
from portfolios.domain.rates import RateUsed


class RateTable:
    """Rates held in memory: `series` has, per currency, (day, rate) in ascending order.

    A rate is in `base` for one unit of the currency.
    """

    def __init__(
        self, base: str, series: Mapping[str, Sequence[tuple[date, Decimal]]], *, source: str = "market"
    ) -> None:
        self.base = base
        self._source = source
        self._days = {currency: [day for day, _ in rows] for currency, rows in series.items()}
        self._rates = {currency: [rate for _, rate in rows] for currency, rows in series.items()}

    def rate(self, currency: str, day: date) -> RateUsed | None:
        """Return the last rate known on or before `day`, or None."""
        if currency == self.base:
            return RateUsed(ONE, day, IDENTITY)
        days = self._days.get(currency)
        if not days or (at := bisect_right(days, day)) == 0:
            return None
        return RateUsed(self._rates[currency][at - 1], days[at - 1], self._source)


class CrossRates:
    """Rates into `base` through one pivot, as the ECB publishes them: units for one unit of the pivot.

    The quotient is rounded once to 18 places; `as_of` is the older of its two days.
    """

    def __init__(
        self,
        base: str,
        pivot: str,
        per_pivot: Mapping[str, Sequence[tuple[date, Decimal]]],
        *,
        source: str = "market",
    ) -> None:
        self.base = base
        self._per_pivot = RateTable(pivot, per_pivot, source=source)
        self._source = source

    def rate(self, currency: str, day: date) -> RateUsed | None:
        """Return the last rate known on or before `day`, or None."""
        if currency == self.base:
            return RateUsed(ONE, day, IDENTITY)
        into, out_of = self._per_pivot.rate(self.base, day), self._per_pivot.rate(currency, day)
        if into is None or out_of is None:
            return None
        return RateUsed(share(into.rate, ONE, out_of.rate), min(into.as_of, out_of.as_of), self._source)


class PriceTable:
    """Prices held in memory: `series` has, per instrument, (day, price) in ascending order."""

    def __init__(
        self,
        series: Mapping[int, Sequence[tuple[date, Decimal]]],
        currencies: Mapping[int, str],
        *,
        source: str = "close",
    ) -> None:
        self._currencies = currencies
        self._source = source
        self._days = {instrument: [day for day, _ in rows] for instrument, rows in series.items()}
        self._prices = {instrument: [price for _, price in rows] for instrument, rows in series.items()}

    def price(self, instrument: int, day: date) -> PriceUsed | None:
        """Return the last raw price known on or before `day`, or None."""
        days = self._days.get(instrument)
        if not days or (at := bisect_right(days, day)) == 0:
            return None
        price = self._prices[instrument][at - 1]
        return PriceUsed(price, self._currencies[instrument], days[at - 1], self._source)
