"""The named periods of charts: 1D 1W 1M YTD 1Y 5Y All, counted back from a last day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

ALL: Final = "All"
DEFAULT: Final = "1Y"
_ONE_DAY: Final = timedelta(days=1)


def _year_before(day: date, years: int) -> date:
    """Go back by calendar years; 29 February becomes the 28th."""
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if leap else day.day)


def _month_before(day: date) -> date:
    """Go back to the same day of the month before, or to that month's last day."""
    last = day.replace(day=1) - _ONE_DAY
    return last.replace(day=min(day.day, last.day))


STARTS: Final[dict[str, Callable[[date], date]]] = {
    "1D": lambda end: end - _ONE_DAY,
    "1W": lambda end: end - timedelta(days=7),
    "1M": _month_before,
    "YTD": lambda end: end.replace(month=1, day=1) - _ONE_DAY,
    "1Y": lambda end: _year_before(end, 1),
    "5Y": lambda end: _year_before(end, 5),
}
RANGES: Final = (*STARTS, ALL)


def usable(first: date, last: date) -> list[str]:
    """List the ranges that begin on or after the first day; what begins earlier would be ``All`` again."""
    return [name for name, start in STARTS.items() if start(last) >= first] + [ALL]


def choose(asked: str, names: list[str]) -> str:
    """Choose among usable ranges: the one asked for, else a year, else all there is."""
    wanted = asked if asked in RANGES else DEFAULT
    return wanted if wanted in names else ALL


def start_of(name: str, first: date, last: date) -> date:
    """Tell on which day a range begins: the value of that day's evening is what it starts from."""
    return first if name == ALL else STARTS[name](last)
