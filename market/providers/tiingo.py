"""Tiingo: US listings, raw and adjusted, with their splits and dividends; coins and currencies.

Source: tiingo.com/documentation. `tngoLast` is the last price of IEX or its middle of bid and ask; the
volume and the range beside it are of that one exchange, a fiftieth of the market, and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

from market.domain.bars import BarRow
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, Company, Event, Wanted
from market.providers.http import KIND, US, HttpProvider, dividend_of, pair_of, split_of, within

_DOLLAR: Final = "USD"
_COINS: Final = "/tiingo/crypto/top"
_PAIRS: Final = "/tiingo/fx/top"
_PLACES: Final = {KIND.CRYPTO: _COINS, KIND.CURRENCY_PAIR: _PAIRS}


class Tiingo(HttpProvider):
    """Tiingo; bars are raw, as traded."""

    kind: ClassVar[str] = "tiingo"
    label: ClassVar[str] = "Tiingo"
    official: ClassVar[str] = "https://api.tiingo.com"
    needs_key: ClassVar[bool] = True
    per_hour: ClassVar[int] = 50
    per_day: ClassVar[int] = 1000
    most_at_once: int = 100
    suffixes = dict.fromkeys(US, "")
    abilities = frozenset(Ability)

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for all listings, all coins and all currencies at once, up to 100 a request."""
        return self.in_batches(wanted, now, self._batch, _place)

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell raw daily bars."""
        days = {"startDate": start.isoformat(), "endDate": end.isoformat()}
        symbol = self.symbol_of(instrument)
        if instrument.kind == KIND.CRYPTO:
            asked = {**days, "tickers": symbol, "resampleFreq": "1day"}
            coins = reading.rows(self.client.get_json("/tiingo/crypto/prices", asked))
            found = reading.rows(coins[0].get("priceData"), "priceData") if coins else []
        elif instrument.kind == KIND.CURRENCY_PAIR:
            found = self._currency(symbol, days)
        else:
            found = self._days(symbol, days)
        return reading.between(map(_bar, found), start, end)

    def profile(self, instrument: Instrument) -> Company:
        """Describe a listing."""
        found = reading.table(self.client.get_json(f"/tiingo/daily/{self.symbol_of(instrument)}"))
        return Company(
            symbol=instrument.symbol,
            name=reading.text(found.get("name")),
            currency=_DOLLAR,
            mic=instrument.exchange_id or "",
            id=reading.text(found.get("ticker")),
        )

    def search(self, text: str) -> list[Company]:
        """Find listings, best first."""
        found = reading.rows(self.client.get_json("/tiingo/utilities/search", {"query": text}))
        return [
            Company(
                symbol=reading.text(row.get("ticker")).upper(),
                name=reading.text(row.get("name")),
                currency=_DOLLAR if row.get("countryCode") == "US" else "",
                country=reading.text(row.get("countryCode")),
                id=reading.text(row.get("ticker")),
            )
            for row in found
        ]

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell closes of currencies, with a request for each."""
        days = {"startDate": day.isoformat(), "endDate": day.isoformat()}
        found = {}
        for one in quotes:
            rows = reading.between(map(_bar, self._currency(f"{base}{one}".lower(), days)), day, day)
            if rows:
                found[one] = rows[0].close
        return found

    def actions(self, instrument: Instrument, start: date, end: date) -> list[Event]:
        """Tell splits and dividends, which stand in the rows of their days."""
        days = {"startDate": start.isoformat(), "endDate": end.isoformat()}
        made: list[Event | None] = []
        for row in self._days(self.symbol_of(instrument), days):
            on = reading.day(row.get("date"))
            made.append(split_of(instrument, on, row.get("splitFactor"), Decimal(1)))
            made.append(dividend_of(instrument, on, row.get("divCash"), _DOLLAR))
        return within(made, start, end)

    def _days(self, symbol: str, days: Mapping[str, str]) -> list[Mapping[str, Any]]:
        return reading.rows(self.client.get_json(f"/tiingo/daily/{symbol}/prices", days))

    def _currency(self, pair: str, days: Mapping[str, str]) -> list[Mapping[str, Any]]:
        asked = {**days, "resampleFreq": "1day"}
        return reading.rows(self.client.get_json(f"/tiingo/fx/{pair}/prices", asked))

    def _batch(self, place: str, named: Sequence[tuple[str, Instrument]]) -> list[NewQuote]:
        names = dict.fromkeys(name.lower() for name, _one in named)
        rows = reading.rows(self.client.get_json(place, {"tickers": ",".join(names)}))
        told = {reading.text(row.get("ticker")).lower(): row for row in rows}
        read = {_COINS: self._coin, _PAIRS: self._pair}.get(place, self._listing)
        return reading.gathered(
            partial(read, one, told[name.lower()]) for name, one in named if name.lower() in told
        )

    def _listing(self, instrument: Instrument, row: Mapping[str, Any]) -> NewQuote:
        name = "tngoLast" if row.get("tngoLast") is not None else "last"
        return self.told(
            instrument,
            reading.needed(row, name),
            reading.needed_instant(row.get("timestamp"), "timestamp"),
            Quality.LIVE,
            unit=_DOLLAR,
            bid=reading.positive(row.get("bidPrice")),
            ask=reading.positive(row.get("askPrice")),
            previous_close=reading.positive(row.get("prevClose")),
        )

    def _coin(self, instrument: Instrument, row: Mapping[str, Any]) -> NewQuote:
        book = reading.rows(row.get("topOfBookData"), "topOfBookData")
        if not book:
            raise self.unknown(instrument)
        return self.told(
            instrument,
            reading.needed(book[0], "lastPrice"),
            reading.needed_instant(book[0].get("lastSaleTimestamp"), "lastSaleTimestamp"),
            Quality.LIVE,
            unit=reading.text(row.get("quoteCurrency")),
            bid=reading.positive(book[0].get("bidPrice")),
            ask=reading.positive(book[0].get("askPrice")),
        )

    def _pair(self, instrument: Instrument, row: Mapping[str, Any]) -> NewQuote:
        return self.told(
            instrument,
            reading.needed(row, "midPrice"),
            reading.needed_instant(row.get("quoteTimestamp"), "quoteTimestamp"),
            Quality.LIVE,
            unit=reading.text(row.get("ticker"))[3:].upper(),
            bid=reading.positive(row.get("bidPrice")),
            ask=reading.positive(row.get("askPrice")),
        )

    def _symbol(self, instrument: Instrument) -> str:
        if instrument.kind in _PLACES:
            return "".join(pair_of(instrument)).lower()
        return super()._symbol(instrument).replace(".", "-")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.settings.key}"}


def _place(instrument: Instrument) -> str:
    return _PLACES.get(KIND(instrument.kind), "/iex/")


def _bar(row: Mapping[str, Any]) -> BarRow | None:
    others = {name: row.get(name) for name in ("open", "high", "low", "volume")}
    return reading.bar(reading.day(row.get("date")), row.get("close"), **others)
