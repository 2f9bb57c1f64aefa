"""A source that staff describe: JSON or CSV over HTTP, with what stands where in its options.

The address is theirs, so it is checked like any other that a person gives (`core.outbound`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from market.domain.bars import BarRow
from market.domain.basis import RAW, Adjustment, AdjustmentBasis
from market.domain.quotes import NewQuote
from market.errors import ProviderUnreadable
from market.models import Instrument
from market.providers import reading
from market.providers.base import Ability, SourceSettings, Wanted
from market.providers.generic_options import CSV, KEY, VALUE, Part, key_place, parts_of, wrong
from market.providers.http import HttpProvider

_ABILITIES: Final = {"quotes": Ability.QUOTES, "history": Ability.HISTORY, "rates": Ability.RATES}
_MOST_AT_ONCE: Final = 50
_PRICES: Final = ("bid", "ask", "open", "high", "low", "previous_close")


class Generic(HttpProvider):
    """A source by its options; what they do not describe it does not offer. docs/market/providers.md.

    `key_header` and `key_param` say where the key goes; without them it goes nowhere.
    """

    kind: ClassVar[str] = "generic"
    label: ClassVar[str] = "JSON / CSV"
    elsewhere: ClassVar[bool] = True
    most_at_once: int = _MOST_AT_ONCE
    abilities = frozenset(_ABILITIES.values())

    def __init__(self, settings: SourceSettings) -> None:
        """Read the options.

        Raises:
            ValidationFailed: something of them is wrong; the error names it.
        """
        self._parts = parts_of(settings.options)
        most = settings.options.get("most_at_once", _MOST_AT_ONCE)
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise wrong("most_at_once", _("a whole number from 1 on"))
        self.most_at_once = most
        self._key_places = {name: key_place(settings.options, name) for name in ("key_header", "key_param")}
        super().__init__(settings)

    @classmethod
    def offers(cls, options: Mapping[str, Any]) -> frozenset[Ability]:
        """Tell what it offers: what the options describe."""
        return super().offers(options) & {_ABILITIES[name] for name in _ABILITIES if name in options}

    def basis(self, today: date) -> AdjustmentBasis:
        """Say what the option `history.adjusted` says."""
        part = self._parts.get("history")
        split = part is not None and part.adjusted == Adjustment.SPLIT
        return AdjustmentBasis(today) if split else RAW

    def quotes(self, wanted: Sequence[Wanted], now: datetime) -> list[NewQuote]:
        """Ask for all at once where the address takes many symbols, else one after the other."""
        part = self._parts["quotes"]
        if part.is_batch:
            return self.in_batches(wanted, now, partial(self._batch, part, now))
        return self.quoted(wanted, now, lambda one: self._one(part, one, now))

    def history(self, instrument: Instrument, start: date, end: date) -> list[BarRow]:
        """Tell daily bars; see `basis`."""
        part = self._parts["history"]
        rows = list(
            self._rows(
                part,
                symbol=self.symbol_of(instrument),
                start=start.isoformat(),
                end=end.isoformat(),
            )
        )
        bars = reading.between((_bar(part, row) for row in rows), start, end)
        unit = _value(rows[0], part.fields.get("currency", "")) if rows else None
        return self.scaled(instrument, bars, reading.text(unit) or part.unit)

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell exchange rates of a day."""
        part = self._parts["rates"]
        found: dict[str, Decimal] = {}
        for row in self._rows(part, base=base, quotes=",".join(quotes), day=day.isoformat()):
            currency = str(_value(row, part.fields["currency"])).upper()
            rate = reading.positive(part.number(_value(row, part.fields["rate"])))
            if currency in quotes and rate is not None:
                found[currency] = rate
        return found

    def _one(self, part: Part, instrument: Instrument, now: datetime) -> NewQuote:
        symbol = self.symbol_of(instrument)
        rows = list(self._rows(part, symbol=symbol))
        if "symbol" in part.fields:
            rows = [row for row in rows if str(_value(row, part.fields["symbol"])) == symbol]
        if not rows:
            raise self.unknown(instrument)
        return self._quote(part, instrument, rows[-1], now)

    def _batch(
        self, part: Part, now: datetime, _group: str, named: Sequence[tuple[str, Instrument]]
    ) -> list[NewQuote]:
        rows = self._rows(part, symbols=",".join(dict.fromkeys(name for name, _one in named)))
        told = {str(_value(row, part.fields["symbol"])): row for row in rows}
        return reading.gathered(
            partial(self._quote, part, one, told[name], now) for name, one in named if name in told
        )

    def _quote(self, part: Part, instrument: Instrument, row: Mapping[str, Any], now: datetime) -> NewQuote:
        fields = part.fields
        price = reading.number(part.number(_value(row, fields["price"])))
        if price is None:
            names = {"field": fields["price"]}
            raise ProviderUnreadable(_("The answer has no number in “%(field)s”.") % names)
        at = part.instant(_value(row, fields["time"])) if "time" in fields else now
        if at is None:
            raise ProviderUnreadable(_("The answer has no time in “%(field)s”.") % {"field": fields["time"]})
        others = {
            name: reading.positive(part.number(_value(row, fields[name])))
            for name in _PRICES
            if name in fields
        }
        if "volume" in fields:
            others["volume"] = reading.number(part.number(_value(row, fields["volume"])))
        unit = reading.text(_value(row, fields["currency"])) if "currency" in fields else ""
        return self.told(instrument, price, at, part.quality, unit=unit or part.unit, **others)

    def _rows(self, part: Part, **values: str) -> Iterator[Mapping[str, Any]]:
        address = part.address(**values)
        if part.format == CSV:
            yield from _table(part, self.client.get_text(address))
            return
        found = _value(self.client.get_json(address), part.rows)
        if isinstance(found, Mapping):
            # one row, or many that stand under their names
            by_name = KEY in part.fields.values()
            found = [_named(name, row) for name, row in found.items()] if by_name else [found]
        yield from reading.rows(found, part.rows)

    def _symbol(self, instrument: Instrument) -> str:
        return str(instrument.symbol)

    def _official(self) -> str:
        parts = urlsplit(next(iter(self._parts.values())).url)
        return f"{parts.scheme}://{parts.netloc}"

    def _headers(self) -> dict[str, str]:
        return self._keyed("key_header")

    def _params(self) -> dict[str, str]:
        return self._keyed("key_param")

    def _keyed(self, option: str) -> dict[str, str]:
        name = self._key_places[option]
        return {name: self.settings.key} if name and self.settings.key else {}


def _value(row: Any, path: str) -> Any:
    """Follow a path such as data.0.price; None where it leads nowhere."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for step in path.split(".") if path else ():
        if isinstance(row, Mapping):
            row = row.get(step)
        elif isinstance(row, list) and step.isdigit() and int(step) < len(row):
            row = row[int(step)]
        else:
            return None
    return row


def _named(name: str, row: Any) -> dict[str, Any]:
    return {KEY: name, VALUE: row, **(row if isinstance(row, Mapping) else {})}


def _table(part: Part, text: str) -> Iterator[dict[str, str]]:
    """Read CSV by its head or by the option `columns`; rows that are cut off are left out.

    Raises:
        ProviderUnreadable: it is no table, or lacks a column that the options name.
    """
    lines = csv.reader(io.StringIO(text), delimiter=part.separator)
    try:
        head = list(part.columns) or [one.strip() for one in next(lines, [])]
        missing = sorted(set(part.fields.values()) - set(head))
        if missing:
            raise ProviderUnreadable(_("The table has no column “%(field)s”.") % {"field": missing[0]})
        for line in lines:
            if len(line) == len(head):
                yield dict(zip(head, line, strict=True))
    except csv.Error:
        raise ProviderUnreadable(_("The answer is not a table of CSV.")) from None


def _bar(part: Part, row: Mapping[str, Any]) -> BarRow | None:
    values = {
        name: part.number(_value(row, part.fields[name]))
        for name in ("open", "high", "low", "volume")
        if name in part.fields
    }
    at = part.instant(_value(row, part.fields["date"]))
    on = at.astimezone(part.zone).date() if at else None
    return reading.bar(on, part.number(_value(row, part.fields["close"])), **values)
