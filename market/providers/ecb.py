"""The reference rates of the European Central Bank, of every working day since 1999, without a key.

Source: ecb.europa.eu, "Euro foreign exchange reference rates": published around 16:00 in Frankfurt, units
of a currency for one euro.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar, Final

from django.utils.translation import gettext as _

from core import clock
from core.outbound import MOST_BYTES
from market.domain import ecb
from market.errors import ProviderUnreadable
from market.providers import reading
from market.providers.base import Ability
from market.providers.http import HttpProvider

_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
    ValueError,
    IndexError,
    EOFError,
    RuntimeError,  # a password, or a way of packing that is not known
)
_FRANKFURT: Final = "Europe/Berlin"
_QUARTER_DAYS: Final = 85  # what is called 90 days is a little less at times
# a day's table, and a row of it; a pattern, because a parser of XML can be made to work for long
_CUBE: Final = re.compile(
    r"<Cube\s+(?:time=['\"](\d{4}-\d\d-\d\d)['\"]|currency=['\"]([A-Z]{3})['\"]\s+rate=['\"]([\d.]{1,30})['\"])"
)


class EcbRates(HttpProvider):
    """The ECB's reference rates; those into other currencies than the euro are crosses."""

    kind: ClassVar[str] = "ecb"
    label: ClassVar[str] = "ECB"
    official: ClassVar[str] = "https://www.ecb.europa.eu/stats/eurofxref"
    abilities = frozenset({Ability.RATES})

    def rates(self, base: str, quotes: Sequence[str], day: date) -> dict[str, Decimal]:
        """Tell the rates of a day; none on weekends and holidays, and before they are published."""
        table = self.rates_between(day, day).get(day)
        own = table.get(base) if table else None
        if table is None or own is None:
            return {}
        return {
            one: table[one] if base == ecb.BASE else reading.quotient(table[one], own)
            for one in quotes
            if one in table and one != base
        }

    def rates_between(self, start: date, end: date) -> dict[date, dict[str, Decimal]]:
        """Tell the units of each currency for one euro, by day; from the smallest file that has them."""
        age = (clock.today(_FRANKFURT) - start).days
        if start == end and age <= 1:
            found = _of_xml(self.client.get_text("/eurofxref-daily.xml"))
            if start in found:
                return {start: found[start]}
        if age <= _QUARTER_DAYS:
            found = _of_xml(self.client.get_text("/eurofxref-hist-90d.xml"))
        else:
            found = _of_zip(self.client.get_bytes("/eurofxref-hist.zip"))
        return {day: found[day] for day in sorted(found) if start <= day <= end}


def _of_xml(text: str) -> dict[date, dict[str, Decimal]]:
    """Read a file of the bank's.

    Raises:
        ProviderUnreadable: it has no rates.
    """
    found: dict[date, dict[str, Decimal]] = {}
    table: dict[str, Decimal] = {}
    for time, currency, rate in _CUBE.findall(text):
        on = reading.day(time) if time else None
        if on is not None:
            table = found.setdefault(on, {ecb.BASE: Decimal(1)})
        value = reading.positive(rate)
        if currency and value is not None:
            table[currency] = value
    return _some(found)


def _of_zip(content: bytes) -> dict[date, dict[str, Decimal]]:
    """Read the whole history, a packed table with a column for each currency.

    Raises:
        ProviderUnreadable: it is damaged or has no rates.
    """
    found: dict[date, dict[str, Decimal]] = {}
    try:
        for day, currency, rate in ecb.rates(_lines(content)):
            on, value = reading.day(day), reading.positive(rate)
            if on is not None and value is not None:
                found.setdefault(on, {ecb.BASE: Decimal(1)})[currency] = value
    except _DAMAGED:
        raise ProviderUnreadable(_("The file of all rates is damaged.")) from None
    return _some(found)


def _lines(content: bytes) -> Iterator[str]:
    """Unpack the first file, up to so many bytes that a bomb does no harm."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(archive.namelist()[0]) as file:
        yield from io.TextIOWrapper(io.BytesIO(file.read(MOST_BYTES)), encoding="utf-8-sig", newline="")


def _some(found: dict[date, dict[str, Decimal]]) -> dict[date, dict[str, Decimal]]:
    if not found:
        raise ProviderUnreadable(_("The answer has no rates."))
    return found
