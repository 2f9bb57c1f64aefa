"""The European Central Bank's history of reference rates (`eurofxref-hist.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Final

BASE: Final = "EUR"
_UNKNOWN: Final = frozenset({"", "N/A"})


def rates(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Read (ISO date, currency, units of it for one euro) from the table with a column per currency.

    The rate is the exact text; a day without a rate for a currency is left out.

    Raises:
        ValueError: the first column is not the date.
    """
    rows = csv.reader(lines)
    header = [cell.strip() for cell in next(rows, [])]
    if header[:1] != ["Date"]:
        raise ValueError("this is not the table of the reference rates")
    for row in rows:
        for currency, cell in zip(header[1:], row[1:], strict=False):
            rate = cell.strip()
            if currency and rate not in _UNKNOWN:
                yield row[0].strip(), currency, rate
