"""CoinGecko: coins, many at once; without a key, with one of the demo plan, or of a paid one.

Source: docs.coingecko.com. Options: `plan`, "demo" (default) or "pro".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from core import clock
from market.domain.bars import BarRow
from market.domain.prices import Quality
from market.domain.quotes import NewQuote
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, Company, SourceSettings, Wanted
from market.providers.http import HttpProvider

DEMO: Final = "demo"
PRO: Final = "pro"
_PRO_ADDRESS: Final = "https://pro-api.coingecko.com/api/v3"
_DEMO_DAYS: Final = 364  # how far back the demo plan reaches
_POINT: Final = 2


class CoinGecko(HttpProvider):
    """CoinGecko. An instrument's `coin_id` is its name there."""

    kind: ClassVar[str] = "coingecko"
    label: ClassVar[str] = "CoinGecko"
    official: ClassVar[str] = "https://api.coingecko.com/api/v3"
    per_minute: ClassVar[int] = 30
    most_at_once: int = 100
    abilities = frozenset({Ability.QUOTES, Ability.HISTORY, Ability.PROFILE, Ability.SEARCH})

    plans = (DEMO, PRO)

    def __init__(self, settings: SourceSettings) -> None:
        """Note the plan, which decides the address.

        Raises:
            ValidationFailed: the plan is none of the two.
        """
        self._plan = str(settings.options.get("plan", DEMO))
        super().__init__(settings)

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for all coins of a currency at once, up to 100 a request."""
        return self.in_batches(wanted, now, self._batch, _currency)

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell the closes of days (UTC); on the demo plan of the last 364 days.

        Its points are of midnight, the first moment of a day: that is the close of the day before.
        """
        if self._plan == DEMO:
            start = max(start, clock.today("UTC") - timedelta(days=_DEMO_DAYS))
        asked = {
            "vs_currency": instrument.currency.lower(),
            "from": _midnight(start + timedelta(days=1)),
            "to": _midnight(end + timedelta(days=1)) + 1,
            "interval": "daily",
            "precision": "full",
        }
        if start > end:
            return []
        found = reading.table(
            self.client.get_json(f"/coins/{self.symbol_of(instrument)}/market_chart/range", asked)
        )
        return reading.between(_closes(reading.items(found.get("prices"), "prices")), start, end)

    def profile(self, instrument: Instrument) -> Company:
        """Describe a coin."""
        without = ("localization", "tickers", "market_data", "community_data", "developer_data")
        found = reading.table(
            self.client.get_json(f"/coins/{self.symbol_of(instrument)}", dict.fromkeys(without, "false"))
        )
        links, image = found.get("links"), found.get("image")
        pages = links.get("homepage") if isinstance(links, Mapping) else None
        return Company(
            symbol=reading.text(found.get("symbol")).upper(),
            name=reading.text(found.get("name")),
            currency="",
            website=reading.text(pages[0]) if isinstance(pages, list) and pages else "",
            logo=reading.text(image.get("large")) if isinstance(image, Mapping) else "",
            id=reading.text(found.get("id")),
        )

    def search(self, text: str) -> list[Company]:
        """Find coins, the largest first."""
        found = reading.table(self.client.get_json("/search", {"query": text}))
        return [
            Company(
                symbol=reading.text(row.get("symbol")).upper(),
                name=reading.text(row.get("name")),
                currency="",
                logo=reading.text(row.get("large")),
                id=reading.text(row.get("id")),
            )
            for row in reading.rows(found.get("coins"), "coins")
        ]

    def _batch(self, currency: str, named: Sequence[tuple[str, Instrument]]) -> list[NewQuote]:
        asked = {
            "ids": ",".join(dict.fromkeys(name for name, _one in named)),
            "vs_currencies": currency,
            "include_last_updated_at": "true",
            "precision": "full",
        }
        found = reading.table(self.client.get_json("/simple/price", asked))
        return reading.gathered(
            partial(self._quote, one, found[name]) for name, one in named if name in found
        )

    def _quote(self, instrument: Instrument, row: Any) -> NewQuote:
        told = reading.table(row)
        currency = instrument.currency.lower()
        return self.told(
            instrument,
            reading.needed(told, currency),
            reading.needed_instant(told.get("last_updated_at"), "last_updated_at"),
            Quality.LIVE,
            unit=instrument.currency,
        )

    def _symbol(self, instrument: Instrument) -> str:
        if not instrument.coin_id:
            raise self.unknown(instrument)
        return str(instrument.coin_id)

    def _headers(self) -> dict[str, str]:
        return {f"x-cg-{self._plan}-api-key": self.settings.key} if self.settings.key else {}

    def _official(self) -> str:
        return _PRO_ADDRESS if self._plan == PRO else self.official


def _currency(instrument: Instrument) -> str:
    return str(instrument.currency).lower()


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _closes(points: Sequence[Any]) -> Iterator[BarRow | None]:
    for point in points:
        if isinstance(point, list) and len(point) == _POINT:
            at = reading.instant(point[0])
            # the last point is of now, which closes nothing
            if at is not None and at.time() == time():
                yield reading.bar(at.date() - timedelta(days=1), point[1])
