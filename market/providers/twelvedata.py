"""Twelve Data: listings of most exchanges, currencies and coins, many at once.

Source: twelvedata.com/docs. A request costs a credit for each symbol, some 10 or 20; errors come in the
body too, with their code, also where the answer says 200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.utils.translation import gettext as _

from market.domain.actions import Split
from market.domain.bars import BarRow
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import (
    ProviderFailed,
    ProviderLimited,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnknown,
)
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, Company, Event, Unread, Wanted
from market.providers.http import KIND, US, HttpProvider, dividend_of, pair_of, split_of, within

_MOST_BARS: Final = 5000
_PROFILE_COST: Final = 10
_ACTIONS_COST: Final = 20
_MINUTE: Final = 60
_HOUR: Final = 3600
_NO_DATA: Final = "no data is available"
_SPLIT: Final = re.compile(r"(\d+(?:\.\d+)?)-for-(\d+(?:\.\d+)?)")


class TwelveData(HttpProvider):
    """Twelve Data; it takes exchanges by their MIC. Bars are asked for without any adjustment."""

    kind: ClassVar[str] = "twelvedata"
    label: ClassVar[str] = "Twelve Data"
    official: ClassVar[str] = "https://api.twelvedata.com"
    needs_key: ClassVar[bool] = True
    per_minute: ClassVar[int] = 8
    per_day: ClassVar[int] = 800
    most_at_once: int = 8  # as many credits as a minute has
    abilities = frozenset(Ability)
    paid = frozenset({Ability.PROFILE, Ability.ACTIONS})

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for all listings of an exchange at once; each costs a credit."""
        return self.in_batches(wanted, now, self._batch, _mic)

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell raw daily bars."""
        asked = {
            **self._named(instrument),
            "interval": "1day",
            "start_date": start.isoformat(),
            "end_date": (end + timedelta(days=1)).isoformat(),
            "outputsize": _MOST_BARS,
            "adjust": "none",
            "order": "ASC",
        }
        try:
            found = self._ask("/time_series", asked)
        except ProviderFailed as error:
            if _NO_DATA in error.detail.lower():
                return []
            raise
        meta = reading.table(found.get("meta"), "meta")
        bars = reading.between(
            (
                reading.bar(reading.day(row.get("datetime")), row.get("close"), **_range(row))
                for row in reading.rows(found.get("values"), "values")
            ),
            start,
            end,
        )
        return self.scaled(instrument, bars, reading.text(meta.get("currency")))

    def profile(self, instrument: Instrument) -> Company:
        """Describe a company and say where its logo is; a plan that is paid for."""
        found = self._ask("/profile", self._named(instrument), cost=_PROFILE_COST)
        logo = self._ask("/logo", self._named(instrument))
        return Company(
            symbol=instrument.symbol,
            name=reading.text(found.get("name")),
            currency="",
            mic=reading.text(found.get("mic_code")),
            sector=reading.text(found.get("sector")),
            country=reading.text(found.get("country")),
            website=reading.text(found.get("website")),
            logo=reading.text(logo.get("url")),
            id=reading.text(found.get("symbol")),
        )

    def search(self, text: str) -> list[Company]:
        """Find listings, best first."""
        found = self._ask("/symbol_search", {"symbol": text, "outputsize": 30})
        return [
            Company(
                symbol=reading.text(row.get("symbol")),
                name=reading.text(row.get("instrument_name")),
                currency=reading.unit_of(reading.text(row.get("currency")))[0],
                mic=reading.text(row.get("mic_code")),
                id=reading.text(row.get("symbol")),
            )
            for row in reading.rows(found.get("data"), "data")
        ]

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell exchange rates of a day, each for a credit."""
        pairs = {f"{base}/{one}": one for one in quotes}
        if not pairs:
            return {}
        asked = {"symbol": ",".join(pairs), "date": day.isoformat()}
        found = self._ask("/exchange_rate", asked, cost=len(pairs))
        told = dict.fromkeys(pairs, found) if len(pairs) == 1 else found
        rates = {
            one: reading.positive(told[pair].get("rate"))
            for pair, one in pairs.items()
            if isinstance(told.get(pair), Mapping)
        }
        return {one: rate for one, rate in rates.items() if rate is not None}

    def actions(self, instrument: Instrument, start: date, end: date) -> list[Event]:
        """Tell splits and dividends; a plan that is paid for."""
        asked = {
            **self._named(instrument),
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
        }
        # counted together: half of it is of no use, and would be spent again and again
        splits = self._ask("/splits", asked, cost=2 * _ACTIONS_COST)
        dividends = self._ask("/dividends", asked, cost=0)
        meta = reading.table(dividends.get("meta"), "meta")
        unit = reading.text(meta.get("currency"))
        made: list[Event | None] = [
            _split(instrument, row) for row in reading.rows(splits.get("splits"), "splits")
        ]
        made += [
            dividend_of(instrument, reading.day(row.get("ex_date")), row.get("amount"), unit)
            for row in reading.rows(dividends.get("dividends"), "dividends")
        ]
        return within(made, start, end)

    def _batch(self, mic: str, named: Sequence[tuple[str, Instrument]]) -> list[NewQuote]:
        names = list(dict.fromkeys(name for name, _one in named))
        found = self._ask("/quote", {"symbol": ",".join(names), "mic_code": mic or None}, cost=len(names))
        told = {names[0]: found} if len(names) == 1 else found
        return reading.gathered(partial(self._quote, one, told[name]) for name, one in named if name in told)

    def _quote(self, instrument: Instrument, row: Any) -> NewQuote:
        told = self._checked(reading.table(row))
        live = (instrument.exchange_id or "") in US or instrument.kind in {
            KIND.CRYPTO,
            KIND.CURRENCY_PAIR,
        }
        last, opened = told.get("last_quote_at"), told.get("timestamp")
        # `timestamp` is when the day's candle began: no time of its last price
        quality = Quality.CLOSE if last is None else Quality.LIVE if live else Quality.DELAYED
        return self.told(
            instrument,
            reading.needed(told, "close"),
            reading.needed_instant(last or opened, "last_quote_at"),
            quality,
            unit=reading.text(told.get("currency")) or _quoted_in(told),
            previous_close=reading.positive(told.get("previous_close")),
            **{name: reading.positive(told.get(name)) for name in ("open", "high", "low")},
            volume=reading.number(told.get("volume")),
        )

    def _named(self, instrument: Instrument) -> dict[str, Any]:
        return {
            "symbol": self.symbol_of(instrument),
            "mic_code": instrument.exchange_id or None,
        }

    def _symbol(self, instrument: Instrument) -> str:
        if instrument.kind in {KIND.CRYPTO, KIND.CURRENCY_PAIR}:
            return "{}/{}".format(*pair_of(instrument))
        if not instrument.exchange_id:
            raise self.unknown(instrument)  # without an exchange it would choose one of its own
        return instrument.symbol

    def _ask(self, path: str, params: Mapping[str, Any], *, cost: int = 1) -> Mapping[str, Any]:
        return self._checked(reading.table(self.client.get_json(path, params, cost=cost)))

    def _checked(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an answer that is none of its errors.

        Raises:
            ProviderFailed: it is one; by its code the kind that fits.
        """
        if found.get("status") != "error":
            return found
        code = reading.number(found.get("code"))
        detail = self.client.clean(found.get("message", ""))
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _HOUR if "day" in detail.lower() else _MINUTE
            raise ProviderLimited(detail, retry_after=wait)
        if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise ProviderRefused(detail)
        if code is not None and code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ProviderUnavailable(detail)
        raise (ProviderUnknown if code == HTTPStatus.NOT_FOUND else ProviderFailed)(detail)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"apikey {self.settings.key}"}


def _mic(instrument: Instrument) -> str:
    coins = instrument.kind in {KIND.CRYPTO, KIND.CURRENCY_PAIR}
    return "" if coins else instrument.exchange_id or ""


def _range(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in ("open", "high", "low", "volume")}


def _quoted_in(told: Mapping[str, Any]) -> str:
    """Tell the second currency of a pair; `currency_quote` is its name, in words."""
    _base, _slash, quote = reading.text(told.get("symbol")).partition("/")
    return quote


def _split(instrument: Instrument, row: Mapping[str, Any]) -> Split | Unread | None:
    """Read a split by its description: the factors stand one way round or the other."""
    on = reading.day(row.get("date"))
    found = _SPLIT.search(reading.text(row.get("description")).lower())
    if found is None:
        told = _("A split does not say how many units there are for how many.")
        return Unread(on, told) if on is not None else None
    return split_of(instrument, on, found[1], found[2])
