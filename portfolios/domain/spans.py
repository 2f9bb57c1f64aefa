"""Periods by name: 1m 3m 6m ytd 1y 3y 5y 10y, a calendar year, or since inception (all)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

ALL: Final = "all"
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_ONE_DAY: Final = timedelta(days=1)
_TWELVE: Final = 12


def back(day: date, months: int) -> date:
    """Go back by calendar months, to the same day or the month's last."""
    year, month = divmod(day.year * _TWELVE + day.month - 1 - months, _TWELVE)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_STARTS: Final[dict[str, Callable[[date], date]]] = {
    "1d": lambda end: end - _ONE_DAY,
    "1w": lambda end: end - timedelta(days=7),
    "1m": lambda end: back(end, 1),
    "3m": lambda end: back(end, 3),
    "6m": lambda end: back(end, 6),
    "ytd": lambda end: end.replace(month=1, day=1) - _ONE_DAY,
    "1y": lambda end: back(end, 12),
    "3y": lambda end: back(end, 36),
    "5y": lambda end: back(end, 60),
    "10y": lambda end: back(end, 120),
}
NAMES: Final = (*_STARTS, ALL)


def is_year(text: str) -> bool:
    """Tell whether a text names a calendar year."""
    return bool(_YEAR.fullmatch(text))


def is_name(text: str) -> bool:
    """Tell whether a text names a period."""
    return text in NAMES or is_year(text)


def span(name: str, first: date, last: date) -> tuple[date, date]:
    """Return start and end of a named period that is asked for on `last`; it is ``(start, end]``.

    `first` is where everything begins. A calendar year that is not over ends on `last`.

    Raises:
        ValueError: there is no such name.
    """
    if name == ALL:
        return first, last
    if name in _STARTS:
        return _STARTS[name](last), last
    if not is_year(name):
        raise ValueError(name)
    start = date(int(name) - 1, 12, 31)
    end = max(min(date(int(name), 12, 31), last), min(start, last))
    return min(start, end), end
