"""Finnhub: live prices of US listings on its free plan; the rest of the world and history by others.

Source: finnhub.io/docs/api. Candles of a day are adjusted for splits up to the day they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from market.domain.bars import BarRow
from market.domain.basis import AdjustmentBasis
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, Company, Event, Wanted
from market.providers.http import KIND, US, HttpProvider, dividend_of, pair_of, split_of, within

# The ends of Finnhub's symbols, by exchange (finnhub.io/docs/api/stock-symbols).
SUFFIXES: Final = dict.fromkeys(US, "") | {
    "XLON": "L", "AIMX": "L", "XETR": "DE", "XFRA": "F", "XSTU": "SG", "XMUN": "MU", "XHAM": "HM",
    "XHAN": "HA", "XDUS": "DU", "XBER": "BE", "XPAR": "PA", "XAMS": "AS", "XBRU": "BR", "XLIS": "LS",
    "XDUB": "IR", "XMIL": "MI", "MTAA": "MI", "ETFP": "MI", "XMAD": "MC", "XSWX": "SW", "XWBO": "VI",
    "XSTO": "ST", "XHEL": "HE", "XCSE": "CO", "XOSL": "OL", "XICE": "IC", "XWAR": "WA", "XPRA": "PR",
    "XBUD": "BD", "ASEX": "AT", "XIST": "IS", "XTSE": "TO", "XTSX": "V", "XCNQ": "CN", "NEOE": "NE",
    "XMEX": "MX", "BVMF": "SA", "XBUE": "BA", "XSGO": "SN", "XASX": "AX", "XNZE": "NZ", "XHKG": "HK",
    "XTKS": "T", "XKRX": "KS", "XKOS": "KQ", "XSHG": "SS", "XSHE": "SZ", "XTAI": "TW", "ROCO": "TWO",
    "XSES": "SI", "XBOM": "BO", "XNSE": "NS", "XKLS": "KL", "XBKK": "BK", "XIDX": "JK", "XJSE": "JO",
    "XTAE": "TA", "XSAU": "SR", "DSMD": "QA",
}  # fmt: skip
_MICS: Final = {suffix: mic for mic, suffix in reversed(SUFFIXES.items()) if suffix}
_NO_DATA: Final = "no_data"


class Finnhub(HttpProvider):
    """Finnhub over REST; `market.providers.finnhub_stream` has its trades as they happen."""

    kind: ClassVar[str] = "finnhub"
    label: ClassVar[str] = "Finnhub"
    official: ClassVar[str] = "https://finnhub.io/api/v1"
    needs_key: ClassVar[bool] = True
    per_minute: ClassVar[int] = 60
    suffixes = SUFFIXES
    abilities = frozenset(Ability)
    paid = frozenset({Ability.HISTORY, Ability.RATES, Ability.ACTIONS})

    def basis(self, today: date) -> AdjustmentBasis:
        """Say that the candles of days are adjusted for the splits up to today."""
        return AdjustmentBasis(today)

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for one listing after the other: there is no batch."""
        return self.quoted(wanted, now, self._quote)

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell daily bars, adjusted for splits (see `basis`); a plan that is paid for."""
        place = {KIND.CRYPTO: "/crypto/candle", KIND.CURRENCY_PAIR: "/forex/candle"}
        found = reading.table(
            self.client.get_json(
                place.get(KIND(instrument.kind), "/stock/candle"),
                {
                    "symbol": self.symbol_of(instrument),
                    "resolution": "D",
                    "from": _seconds(start),
                    "to": _seconds(end + timedelta(days=1)) - 1,
                },
            )
        )
        if found.get("s") == _NO_DATA:
            return []
        columns = [reading.items(found.get(name), name) for name in ("t", "c", "o", "h", "l")]
        volumes = found.get("v")
        columns.append(volumes if isinstance(volumes, list) else [None] * len(columns[0]))
        return reading.between(
            (
                reading.bar(_day(at), close, open=opened, high=high, low=low, volume=volume)
                for at, close, opened, high, low, volume in zip(*columns, strict=False)
            ),
            start,
            end,
        )

    def profile(self, instrument: Instrument) -> Company:
        """Describe a company. Its `currency` is that of its reports, not of the listing, and left out."""
        found = reading.table(self.client.get_json("/stock/profile2", {"symbol": self.symbol_of(instrument)}))
        if not reading.text(found.get("name")):
            raise self.unknown(instrument)
        return Company(
            symbol=instrument.symbol,
            name=reading.text(found.get("name")),
            currency="",
            mic=instrument.exchange_id or "",
            sector=reading.text(found.get("finnhubIndustry")),
            country=reading.text(found.get("country")),
            website=reading.text(found.get("weburl")),
            logo=reading.text(found.get("logo")),
            id=reading.text(found.get("ticker")),
        )

    def search(self, text: str) -> list[Company]:
        """Find listings; it does not tell their currency."""
        found = reading.table(self.client.get_json("/search", {"q": text}))
        return [_found(row) for row in reading.rows(found.get("result"), "result") if row.get("symbol")]

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell exchange rates of a day; a plan that is paid for."""
        asked = {"base": base, "date": day.isoformat()}
        found = reading.table(self.client.get_json("/forex/rates", asked))
        told = reading.table(found.get("quote"), "quote")
        rates = {one: reading.positive(told.get(one)) for one in quotes}
        return {one: rate for one, rate in rates.items() if rate is not None}

    def actions(self, instrument: Instrument, start: date, end: date) -> list[Event]:
        """Tell splits and dividends as they were paid; a plan that is paid for."""
        asked = {
            "symbol": self.symbol_of(instrument),
            "from": start.isoformat(),
            "to": end.isoformat(),
        }
        splits = reading.rows(self.client.get_json("/stock/split", asked))
        dividends = reading.rows(self.client.get_json("/stock/dividend", asked))
        made: list[Event | None] = [
            split_of(instrument, reading.day(row.get("date")), row.get("toFactor"), row.get("fromFactor"))
            for row in splits
        ]
        made += [
            dividend_of(
                instrument,
                reading.day(row.get("date")),
                row.get("amount"),
                reading.text(row.get("currency")),
            )
            for row in dividends
        ]
        return within(made, start, end)

    def _quote(self, instrument: Instrument) -> NewQuote | None:
        found = reading.table(self.client.get_json("/quote", {"symbol": self.symbol_of(instrument)}))
        price = reading.needed(found, "c")
        if not price and not reading.number(found.get("t")):
            raise self.unknown(instrument)  # it answers with zeros
        return self.told(
            instrument,
            price,
            reading.needed_instant(found.get("t"), "t"),
            Quality.LIVE if _is_live(instrument) else Quality.DELAYED,
            open=reading.positive(found.get("o")),
            high=reading.positive(found.get("h")),
            low=reading.positive(found.get("l")),
            previous_close=reading.positive(found.get("pc")),
        )

    def _symbol(self, instrument: Instrument) -> str:
        if instrument.kind == KIND.CURRENCY_PAIR:
            return "OANDA:{}_{}".format(*pair_of(instrument))
        if instrument.kind == KIND.CRYPTO:
            raise self.unknown(instrument)  # its symbols name an exchange for coins: staff choose one
        return super()._symbol(instrument)

    def _headers(self) -> dict[str, str]:
        return {"X-Finnhub-Token": self.settings.key}


def _is_live(instrument: Instrument) -> bool:
    return (instrument.exchange_id or "") in US or instrument.kind in {KIND.CRYPTO, KIND.CURRENCY_PAIR}


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _day(at: object) -> date | None:
    found = reading.instant(at)
    return found.date() if found else None


def _found(row: Any) -> Company:
    symbol, _dot, suffix = str(row["symbol"]).rpartition(".")
    known = symbol and suffix in _MICS
    return Company(
        symbol=symbol if known else str(row["symbol"]),
        name=reading.text(row.get("description")),
        currency="",
        mic=_MICS[suffix] if known else "",
        id=str(row["symbol"]),
    )
