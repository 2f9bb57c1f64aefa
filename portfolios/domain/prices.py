"""Prices: raw, the last known on or before a day, carried over splits when read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from portfolios.domain.entries import Split
from portfolios.domain.exact import share, times
from portfolios.domain.rates import Rates

TRADE: Final = "trade"


class PriceUsed(NamedTuple):
    """A price as it was used: for one unit, in the major unit of `currency`, of the day `as_of`.

    `source` names where it comes from; ``trade`` is the portfolio's own last trade, which
    stands in only where no market price is known on or before the day. A quote has its instant `at`
    and the quality that its source claims; a close has none.
    """

    price: Decimal
    currency: str
    as_of: date
    source: str
    at: datetime | None = None
    quality: str = ""


class Prices(Protocol):
    """Something that knows market prices."""

    def price(self, instrument: int, day: date) -> PriceUsed | None:
        """Return the last raw price known on or before `day`, or None."""


class SplitTable:
    """The splits of all instruments, in order, and what they do to a price that is carried over them."""

    def __init__(self, splits: Iterable[Split]) -> None:
        self.in_order = sorted(splits, key=lambda split: (split.ex_date, split.instrument))
        self._of: dict[int, list[Split]] = {}
        for split in self.in_order:
            self._of.setdefault(split.instrument, []).append(split)

    def carried(self, price: Decimal, instrument: int, as_of: date, day: date) -> Decimal:
        """Return a raw price of `as_of` in the units of `day`: a 2 for 1 split between them halves it."""
        for split in self._of.get(instrument, ()):
            if as_of < split.ex_date <= day:
                price = share(price, Decimal(split.denominator), Decimal(split.numerator))
        return price


class Valuer:
    """Prices in the units of the day and in one currency per instrument."""

    def __init__(self, prices: Prices | None, rates: Rates, splits: SplitTable) -> None:
        self._prices = prices
        self._rates = rates
        self._splits = splits

    def price(self, instrument: int, currency: str, day: date, own: PriceUsed | None) -> PriceUsed | None:
        """Return what one unit is worth on `day`, in `currency`, or None where nothing is known.

        The last market price on or before the day; without any, `own`, the portfolio's last trade.
        """
        found = None if self._prices is None else self._prices.price(instrument, day)
        used = found or own
        if used is None or used.as_of > day:
            return None
        price = self._splits.carried(used.price, instrument, used.as_of, day)
        return self._into(currency, used._replace(price=price), day)

    def rate(self, currency: str, day: date) -> Decimal | None:
        """Return the day's rate into the portfolio's currency, or None."""
        used = self._rates.rate(currency, day)
        return None if used is None else used.rate

    def value(self, instrument: int, currency: str, day: date, own: PriceUsed | None) -> Decimal | None:
        """Return what one unit is worth on `day` in the portfolio's currency, or None."""
        used = self.price(instrument, currency, day, own)
        return None if used is None else times(used.price, self.rate(currency, day))

    def _into(self, currency: str, used: PriceUsed, day: date) -> PriceUsed | None:
        if used.currency == currency:
            return used
        from_rate, to_rate = self.rate(used.currency, day), self.rate(currency, day)
        if from_rate is None or to_rate is None:
            return None
        return used._replace(price=share(used.price, from_rate, to_rate), currency=currency)
