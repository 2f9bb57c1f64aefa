"""The simulated market: it needs no key and no network, and says in every price that it is invented."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from market.domain.prices import SIMULATED, Quality
from market.domain.quotes import NewQuote
from market.domain.simulation import Temper, next_price
from market.models import Instrument
from market.providers.base import Ability, Provider, Wanted

_KIND = Instrument.Kind
# What a fund's units are worth is worked out once a day, after hours: it has no quotes.
_TEMPERS: Final = {
    _KIND.STOCK: Temper(0.26, 0.6, 60_000),
    _KIND.ETF: Temper(0.15, 0.85, 90_000),
    _KIND.CRYPTO: Temper(0.62, 0.4, 2_000),
    _KIND.INDEX: Temper(0.15, 0.95),
    _KIND.CURRENCY_PAIR: Temper(0.08, 0.1),
}
_FIRST_STEP: Final = timedelta(minutes=1)


class SimulatedMarket(Provider):
    """Moves the last known price of each instrument by a seeded random step.

    Whoever asks says by asking that it trades. An instrument without any price has none here either.
    """

    name = SIMULATED
    abilities = frozenset({Ability.QUOTES})

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Invent the next price of each instrument."""
        return list(self._invented(wanted, now))

    def _invented(self, wanted: Sequence[Wanted], now: datetime) -> Iterator[NewQuote]:
        for one in wanted:
            kind = _KIND(one.instrument.kind)
            if one.last is None or kind not in _TEMPERS:
                continue
            yield self._next(one, _TEMPERS[kind], one.last, now)

    def _next(self, one: Wanted, temper: Temper, last: Decimal, now: datetime) -> NewQuote:
        since = one.quote.at if one.quote else now - _FIRST_STEP
        seeds = self._seed, zlib.crc32(one.instrument.symbol.encode())
        made = next_price(temper, last, since, now, seeds)
        today = one.quote is not None and one.quote.at.date() == now.date()
        before = one.quote.volume if today and one.quote else None
        return NewQuote(
            instrument=one.instrument.pk,
            price=made.price,
            at=now,
            source=self.name,
            quality=Quality.SIMULATED,
            currency=one.instrument.currency,
            bid=made.bid,
            ask=made.ask,
            volume=(before or Decimal(0)) + made.traded if temper.volume else None,
        )
