"""Tables of CSV over HTTP as Stooq has them: the last quotes of many symbols, and the days of one.

Source: stooq.com (`/q/l/` and `/q/d/l/`). Its times are those of Warsaw. Its history is adjusted for
dividends too, from which no way leads back to prices as traded: it is not taken. A server of one's own
that has the same tables says in the option `adjusted` what its days are: "none" or "split".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from market.domain.bars import BarRow
from market.domain.basis import RAW, Adjustment, AdjustmentBasis
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.errors import ProviderFailed, ProviderLimited, ProviderRefused, ProviderUnreadable
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, SourceSettings, Wanted
from market.providers.http import KIND, US, HttpProvider, option_wrong, pair_of

SUFFIXES: Final = dict.fromkeys(US, "us") | {
    "XLON": "uk", "AIMX": "uk", "XETR": "de", "XFRA": "de", "XWAR": "", "XHKG": "hk", "XTKS": "jp",
    "XBUD": "hu",
}  # fmt: skip
_EVERYTHING: Final = "all"
_BASES: Final = (Adjustment.NONE, Adjustment.SPLIT, _EVERYTHING)
_NO_DATA: Final = "no data"
_HOUR: Final = 3600


class Stooq(HttpProvider):
    """Stooq, or a server that answers like it. Options: `adjusted`, `zone`."""

    kind: ClassVar[str] = "stooq"
    label: ClassVar[str] = "Stooq (CSV)"
    official: ClassVar[str] = "https://stooq.com"
    per_minute: ClassVar[int] = 10
    per_day: ClassVar[int] = 200
    most_at_once: int = 50
    suffixes = SUFFIXES
    abilities = frozenset({Ability.QUOTES, Ability.HISTORY})

    def __init__(self, settings: SourceSettings) -> None:
        """Read what the days are adjusted for and in which zone the times are.

        Raises:
            ValidationFailed: an option is wrong; the error names it.
        """
        super().__init__(settings)
        self._adjusted = str(settings.options.get("adjusted", _EVERYTHING))
        if self._adjusted not in _BASES:
            raise option_wrong("adjusted", " | ".join(_BASES))
        try:
            self._zone = ZoneInfo(str(settings.options.get("zone", "Europe/Warsaw")))
        except (ZoneInfoNotFoundError, ValueError):
            raise option_wrong("zone", _("the name of a time zone, such as Europe/Warsaw")) from None

    @classmethod
    def offers(cls, options: Mapping[str, Any]) -> frozenset[Ability]:
        """Tell what it offers: days only of a server that says what they are adjusted for."""
        found = super().offers(options)
        is_told = options.get("adjusted", _EVERYTHING) != _EVERYTHING
        return found if is_told else found - {Ability.HISTORY}

    def basis(self, today: date) -> AdjustmentBasis:
        """Say what the option `adjusted` says."""
        return AdjustmentBasis(today) if self._adjusted == Adjustment.SPLIT else RAW

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for up to 50 symbols at once."""
        return self.in_batches(wanted, now, self._batch)

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell daily bars; see `basis`."""
        asked = {
            "s": self.symbol_of(instrument),
            "d1": f"{start:%Y%m%d}",
            "d2": f"{end:%Y%m%d}",
            "i": "d",
        }
        text = self.client.get_text("/q/d/l/", asked)
        if text.strip().lower() == _NO_DATA:
            return []
        return reading.between(map(_bar, self._rows(text, "date", "close")), start, end)

    def _batch(self, _group: str, named: Sequence[tuple[str, Instrument]]) -> list[NewQuote]:
        # symbols are parted by a space, which an address writes as +
        names = dict.fromkeys(name.lower() for name, _one in named)
        asked = {"s": " ".join(names), "f": "sd2t2ohlcv", "h": "", "e": "csv"}
        rows = self._rows(self.client.get_text("/q/l/", asked), "symbol", "date", "time", "close")
        told = {row["symbol"].lower(): row for row in rows}
        return reading.gathered(
            partial(self._quote, one, told[name.lower()]) for name, one in named if name.lower() in told
        )

    def _quote(self, instrument: Instrument, row: Mapping[str, str]) -> NewQuote:
        if reading.number(row["close"]) is None and reading.day(row["date"]) is None:
            raise self.unknown(instrument)  # N/D in every column
        when = f"{row['date']} {row['time']}"
        return self.told(
            instrument,
            reading.needed(row, "close"),
            reading.needed_instant(when, "date, time", self._zone),
            Quality.DELAYED,
            open=reading.positive(row.get("open")),
            high=reading.positive(row.get("high")),
            low=reading.positive(row.get("low")),
            volume=reading.number(row.get("volume")),
        )

    def _rows(self, text: str, *needed: str) -> Iterator[Mapping[str, str]]:
        """Read a table by its head, without regard to case; rows that are cut off are left out.

        Raises:
            ProviderLimited: instead of a table it says that the day's requests are spent.
            ProviderRefused: instead of a table it asks for a key.
            ProviderUnreadable: it is no such table.
        """
        lines = csv.reader(io.StringIO(text))
        try:
            head = [one.strip().lower() for one in next(lines, [])]
            if not set(needed) <= set(head):
                raise self._said(text)
            for line in lines:
                if len(line) == len(head):
                    yield dict(zip(head, line, strict=True))
        except csv.Error:
            raise ProviderUnreadable(_("The answer is not a table of CSV.")) from None

    def _said(self, text: str) -> ProviderFailed:
        told = self.client.clean(text)
        if "exceeded" in told.lower():
            return ProviderLimited(told, retry_after=_HOUR)
        if "apikey" in told.lower():
            return ProviderRefused(told)
        return ProviderUnreadable(_("The answer is not a table of CSV: “%(begins)s”") % {"begins": told})

    def _symbol(self, instrument: Instrument) -> str:
        if instrument.kind == KIND.CURRENCY_PAIR:
            return "".join(pair_of(instrument)).lower()
        plain = super()._symbol(instrument)
        symbol, dot, suffix = plain.rpartition(".")
        if dot and suffix == self.suffixes.get(instrument.exchange_id or ""):
            return f"{symbol.replace('.', '-')}.{suffix}".lower()
        return plain.lower()

    def _params(self) -> dict[str, str]:
        return {"apikey": self.settings.key} if self.settings.key else {}


def _bar(row: Mapping[str, str]) -> BarRow | None:
    others = {name: row.get(name) for name in ("open", "high", "low", "volume")}
    return reading.bar(reading.day(row["date"]), row["close"], **others)
