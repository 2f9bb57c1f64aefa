"""Alpha Vantage: 25 requests a day on its free plan, prices of the last close.

Source: alphavantage.co/documentation. It answers 200 to everything; that a limit is reached, a key is
wrong or a plan is too small it says in fields of their own, some with the key in the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core import clock
from market.domain.bars import BarRow
from market.domain.prices import Quality
from market.domain.quotes import NewQuote, day_of
from market.errors import ProviderFailed, ProviderLimited, ProviderRefused, ProviderUnknown
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, Company, Event, Wanted
from market.providers.http import (
    KIND,
    US,
    HttpProvider,
    dividend_of,
    end_of,
    pair_of,
    split_of,
    within,
    zone_of,
)

SUFFIXES: Final = dict.fromkeys(US, "") | {
    "XLON": "LON", "AIMX": "LON", "XETR": "DEX", "XFRA": "FRK", "XTSE": "TRT", "XTSX": "TRV",
    "XSHG": "SHH", "XSHE": "SHZ", "XBOM": "BSE", "XPAR": "PAR", "XAMS": "AMS", "BVMF": "SAO",
}  # fmt: skip
_MICS: Final = {suffix: mic for mic, suffix in reversed(SUFFIXES.items()) if suffix}
_COMPACT_DAYS: Final = 130  # what it calls compact are the last 100 trading days
_MINUTE: Final = 60
_HOUR: Final = 3600
_ISO_COUNTRY_LENGTH: Final = 2


class AlphaVantage(HttpProvider):
    """Alpha Vantage; bars are raw, as traded."""

    kind: ClassVar[str] = "alphavantage"
    label: ClassVar[str] = "Alpha Vantage"
    official: ClassVar[str] = "https://www.alphavantage.co"
    needs_key: ClassVar[bool] = True
    per_minute: ClassVar[int] = 5
    per_day: ClassVar[int] = 25
    suffixes = SUFFIXES
    abilities = frozenset(Ability)

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for one after the other: closes of listings, newest prices of coins and currencies."""
        return self.quoted(wanted, now, lambda one: self._quote(one, now))

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell raw daily bars; those of more than 100 days ago are a plan that is paid for."""
        if instrument.kind in {KIND.CURRENCY_PAIR, KIND.CRYPTO}:
            base, quote = pair_of(instrument)
            return self._series(*_pair_series(instrument, base, quote), start, end)
        asked = {"function": "TIME_SERIES_DAILY", "symbol": self.symbol_of(instrument)}
        return self._series(asked, "Time Series (Daily)", start, end)

    def profile(self, instrument: Instrument) -> Company:
        """Describe a company."""
        found = self._ask({"function": "OVERVIEW", "symbol": self.symbol_of(instrument)})
        if not reading.text(found.get("Name")):
            raise self.unknown(instrument)
        country = reading.text(found.get("Country"))
        return Company(
            symbol=instrument.symbol,
            name=reading.text(found.get("Name")),
            currency=reading.unit_of(reading.text(found.get("Currency")))[0],
            mic=instrument.exchange_id or "",
            sector=reading.text(found.get("Sector")).capitalize(),
            country={"USA": "US"}.get(country, country if len(country) == _ISO_COUNTRY_LENGTH else ""),
            website=reading.text(found.get("OfficialSite")),
            id=reading.text(found.get("Symbol")),
        )

    def search(self, text: str) -> list[Company]:
        """Find listings, best first."""
        found = self._ask({"function": "SYMBOL_SEARCH", "keywords": text})
        return [_found(row) for row in reading.rows(found.get("bestMatches"), "bestMatches")]

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell closes of currencies, with a request for each."""
        found: dict[str, Decimal] = {}
        for one in quotes:
            asked = {"function": "FX_DAILY", "from_symbol": base, "to_symbol": one}
            bars = self._series(asked, "Time Series FX (Daily)", day, day)
            if bars:
                found[one] = bars[0].close
        return found

    def actions(self, instrument: Instrument, start: date, end: date) -> list[Event]:
        """Tell splits and dividends; it does not say in which currency: it is the listing's.

        Of a listing in pence nobody can tell which of the two units a dividend is in.
        """
        symbol = self.symbol_of(instrument)
        splits = self._ask({"function": "SPLITS", "symbol": symbol})
        dividends = self._ask({"function": "DIVIDENDS", "symbol": symbol})
        made: list[Event | None] = [
            split_of(instrument, reading.day(row.get("effective_date")), row.get("split_factor"), Decimal(1))
            for row in reading.rows(splits.get("data"), "data")
        ]
        made += [
            dividend_of(instrument, reading.day(row.get("ex_dividend_date")), row.get("amount"), "")
            for row in reading.rows(dividends.get("data"), "data")
        ]
        return within(made, start, end)

    def _quote(self, instrument: Instrument, now: datetime) -> NewQuote | None:
        if instrument.kind in {KIND.CURRENCY_PAIR, KIND.CRYPTO}:
            return self._rate(instrument)
        found = reading.table(
            self._ask({"function": "GLOBAL_QUOTE", "symbol": self.symbol_of(instrument)}).get("Global Quote"),
            "Global Quote",
        )
        if not found:
            raise self.unknown(instrument)
        name = "07. latest trading day"
        at = reading.needed_instant(found.get(name), name, zone_of(instrument))
        day = day_of(at, zone_of(instrument))
        over = day < day_of(now, zone_of(instrument))
        return self.told(
            instrument,
            reading.needed(found, "05. price"),
            end_of(day, instrument, now),
            Quality.CLOSE if over else Quality.DELAYED,
            open=reading.positive(found.get("02. open")),
            high=reading.positive(found.get("03. high")),
            low=reading.positive(found.get("04. low")),
            volume=reading.number(found.get("06. volume")),
            previous_close=reading.positive(found.get("08. previous close")),
        )

    def _rate(self, instrument: Instrument) -> NewQuote:
        base, quote = pair_of(instrument)
        asked = {"function": "CURRENCY_EXCHANGE_RATE", "from_currency": base, "to_currency": quote}
        name = "Realtime Currency Exchange Rate"
        found = reading.table(self._ask(asked).get(name), name)
        return self.told(
            instrument,
            reading.needed(found, "5. Exchange Rate"),
            reading.needed_instant(
                found.get("6. Last Refreshed"), "6. Last Refreshed", _zone(found.get("7. Time Zone"))
            ),
            Quality.LIVE,
            unit=reading.text(found.get("3. To_Currency Code")),
            bid=reading.positive(found.get("8. Bid Price")),
            ask=reading.positive(found.get("9. Ask Price")),
        )

    def _series(self, asked: Mapping[str, str], name: str, start: date, end: date) -> list[BarRow]:
        recent = start > clock.today("UTC") - timedelta(days=_COMPACT_DAYS)
        size = (
            {} if asked["function"].startswith("DIGITAL") else {"outputsize": "compact" if recent else "full"}
        )
        found = reading.table(self._ask({**asked, **size}).get(name), name)
        return reading.between(
            (_bar(on, row) for on, row in found.items() if isinstance(row, Mapping)), start, end
        )

    def _ask(self, params: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask and look for what it says instead of an answer.

        Raises:
            ProviderLimited: the requests of the minute or the day are spent.
            ProviderRefused: the key is wrong, or the plan does not have this.
            ProviderUnknown: it knows no such symbol.
        """
        found = reading.table(self.client.get_json("/query", params))
        for name in ("Note", "Information", "Error Message"):
            said = reading.text(found.get(name))
            if said:
                raise self._said(name, said)
        return found

    def _said(self, name: str, said: str) -> ProviderFailed:
        plain, told = said.lower(), self.client.clean(said)
        if "premium" in plain and "rate limit" not in plain and "per day" not in plain:
            return ProviderRefused(told)
        if "apikey is invalid" in plain or "api key is invalid" in plain or "demo" in plain:
            return ProviderRefused(told)
        if name == "Error Message":
            return ProviderUnknown(told)
        return ProviderLimited(told, retry_after=_HOUR if "per day" in plain else _MINUTE)

    def _params(self) -> dict[str, str]:
        entitlement = self.settings.options.get("entitlement")
        more = {"entitlement": str(entitlement)} if entitlement else {}
        return {"apikey": self.settings.key, **more}

    def _symbol(self, instrument: Instrument) -> str:
        symbol = super()._symbol(instrument)
        return symbol.replace(".", "-") if (instrument.exchange_id or "") in US else symbol


def _pair_series(instrument: Instrument, base: str, quote: str) -> tuple[dict[str, str], str]:
    if instrument.kind == KIND.CRYPTO:
        asked = {"function": "DIGITAL_CURRENCY_DAILY", "symbol": base, "market": quote}
        return asked, "Time Series (Digital Currency Daily)"
    return {"function": "FX_DAILY", "from_symbol": base, "to_symbol": quote}, "Time Series FX (Daily)"


def _bar(on: object, row: Mapping[str, Any]) -> BarRow | None:
    return reading.bar(
        reading.day(on),
        row.get("4. close"),
        open=row.get("1. open"),
        high=row.get("2. high"),
        low=row.get("3. low"),
        volume=row.get("5. volume"),
    )


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(reading.text(name) or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _found(row: Mapping[str, Any]) -> Company:
    full = reading.text(row.get("1. symbol"))
    symbol, _dot, suffix = full.rpartition(".")
    known = bool(symbol) and suffix in _MICS
    return Company(
        symbol=symbol if known else full,
        name=reading.text(row.get("2. name")),
        currency=reading.unit_of(reading.text(row.get("8. currency")))[0],
        mic=_MICS[suffix] if known else "",
        id=full,
    )
