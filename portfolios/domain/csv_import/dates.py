"""Dates and times as files write them: which part is the day, and what instant a cell means.

``13/04/2024`` proves that days come first, ``04/13/2024`` that months do; ``03/04/2024`` proves
nothing. A column is read by its evidence; without any, by the order in which its rows ascend or
by habit (slashes without a decimal comma: months first; else days), and every cell that could be
read two ways is doubtful. A column whose
rows contradict each other is not guessed at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from portfolios.domain.csv_import.words import simplify

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_PIVOT: Final = 70  # two digits: 70 to 99 are 19xx, as POSIX has it

_CLOCK = (
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_REST = rf"(?:(?:\s*[T,]\s*|\s+){_CLOCK})?"
_ISO = re.compile(rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_REST}")
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[T; ]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})(?P<zone>Z)?)?"
)
_PAIR = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second_part>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){_REST}"
)
_DAY_NAME = re.compile(
    rf"(?P<day>\d{{1,2}})\.?[-\s/]*(?P<name>[^\W\d_]{{3,}})\.?,?[-\s/]*(?P<year>\d{{4}}|\d{{2}}){_REST}"
)
_NAME_DAY = re.compile(
    rf"(?P<name>[^\W\d_]{{3,}})\.?[-\s]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_REST}"
)
_EPOCH = re.compile(r"\d{10}|\d{13}")
_CLOCK_ONLY = re.compile(_CLOCK)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero ene gennaio gen janv jaen januari",
            "feb february februar fevrier fev febrero febbraio fevr februari",
            "mar march maerz marz mars marzo mrz maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei",
            "jun june juni juin junio giugno giu",
            "jul july juli juillet juil julio luglio lug",
            "aug august aout agosto ago augustus",
            "sep september sept septembre septiembre settembre set",
            "oct october okt oktober octobre octubre ottobre ott",
            "nov november novembre noviembre",
            "dec december dez dezember decembre diciembre dic dicembre",
        ),
        start=1,
    )
    for name in names.split()
}


class DateOrder(StrEnum):
    """Which part comes first where a date is three numbers and the year is last."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    MIXED = "mixed"


class DateProblem(StrEnum):
    """Why a cell is not a date."""

    NOT_A_DATE = "not-a-date"
    AMBIGUOUS = "ambiguous-date"
    OUT_OF_RANGE = "date-out-of-range"


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How a column writes dates. `sure` false: nothing in the file proves the order."""

    order: DateOrder
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell says: a date, a time of day if it has one, an offset from UTC if it has one."""

    day: date
    clock: time | None = None
    offset: timedelta | None = None
    doubtful: bool = False


def guess_order(cells: Sequence[str], *, decimal_comma: bool) -> DateStyle:
    """Tell which part of a date comes first in a column.

    Without proof the order in which the rows ascend (or descend) decides, else habit: slashes
    have months first where the file has no decimal comma, dashes days; both stay unsure.
    ``3.4.2024`` with points is day first and sure.
    """
    pairs = [match for cell in cells if (match := _PAIR.fullmatch(cell.strip()))]
    numbers = [(int(match["first"]), int(match["second_part"])) for match in pairs]
    day_first = any(first > 12 for first, _ in numbers)  # noqa: PLR2004 (a year has twelve months)
    month_first = any(second > 12 for _, second in numbers)  # noqa: PLR2004
    if day_first and month_first:
        return DateStyle(DateOrder.MIXED)
    if day_first or month_first:
        return DateStyle(DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST)
    if not pairs or all(match["mark"] == "." for match in pairs):
        return DateStyle(DateOrder.DAY_FIRST)
    american = not decimal_comma and all(match["mark"] == "/" for match in pairs)
    habit = DateOrder.MONTH_FIRST if american else DateOrder.DAY_FIRST
    return DateStyle(_by_sequence(pairs) or habit, sure=False)


def _by_sequence(pairs: Sequence[re.Match[str]]) -> DateOrder | None:
    """Choose the order in which the rows are sorted, if only one of the two sorts them."""
    sorted_in = [order for order in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST) if _is_sorted(pairs, order)]
    return sorted_in[0] if len(sorted_in) == 1 else None


def _is_sorted(pairs: Sequence[re.Match[str]], order: DateOrder) -> bool:
    keys = []
    for match in pairs:
        first, second = int(match["first"]), int(match["second_part"])
        month, day = (second, first) if order is DateOrder.DAY_FIRST else (first, second)
        keys.append((_year(match["year"]), month, day))
    steps = set(pairwise(keys))
    return all(a <= b for a, b in steps) or all(a >= b for a, b in steps)


def parse(text: str, style: DateStyle) -> Moment | DateProblem:
    """Read a cell as a date, with a time and offset if it has them."""
    cell = " ".join(text.split()).partition(" as of ")[0]
    try:
        found = _numeric(cell, style) or _named(cell) or _epoch(cell) or DateProblem.NOT_A_DATE
    except (ValueError, OverflowError):
        return DateProblem.NOT_A_DATE
    if isinstance(found, Moment) and not FIRST_YEAR <= found.day.year <= LAST_YEAR:
        return DateProblem.OUT_OF_RANGE
    return found


def parse_clock(text: str) -> Moment | DateProblem:
    """Read a cell of a column that holds only the time of day; the date says nothing."""
    match = _CLOCK_ONLY.fullmatch(text.strip())
    if match is None:
        return DateProblem.NOT_A_DATE
    try:
        return _moment(date(2000, 1, 1), match)
    except ValueError:
        return DateProblem.NOT_A_DATE


def joined(day: Moment, clock: Moment | DateProblem) -> Moment | DateProblem:
    """Put a date and the time of day of another column together."""
    if isinstance(clock, DateProblem):
        return clock
    return Moment(day.day, clock.clock, clock.offset, day.doubtful)


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """Place a moment on the time line (UTC).

    A time without an offset is `zone`'s; a date without a time is its first minute there, as in
    the platform's forms and API.
    """
    offset = zone if moment.offset is None else timezone(moment.offset)
    return datetime.combine(moment.day, moment.clock or time.min, offset).astimezone(UTC)


def _numeric(cell: str, style: DateStyle) -> Moment | DateProblem | None:
    match = _ISO.fullmatch(cell) or _COMPACT.fullmatch(cell)
    if match is not None:
        return _moment(date(int(match["year"]), int(match["month"]), int(match["day"])), match)
    match = _PAIR.fullmatch(cell)
    return None if match is None else _pair(match, style)


def _pair(match: re.Match[str], style: DateStyle) -> Moment | DateProblem:
    first, second = int(match["first"]), int(match["second_part"])
    either = first <= 12 and second <= 12 and first != second  # noqa: PLR2004 (a year has twelve months)
    order = style.order
    if order is DateOrder.MIXED:
        if either:
            return DateProblem.AMBIGUOUS
        order = DateOrder.DAY_FIRST if first > 12 or first == second else DateOrder.MONTH_FIRST  # noqa: PLR2004
    month, day = (second, first) if order is DateOrder.DAY_FIRST else (first, second)
    return _moment(date(_year(match["year"]), month, day), match, doubtful=either and not style.sure)


def _named(cell: str) -> Moment | None:
    match = _DAY_NAME.fullmatch(cell) or _NAME_DAY.fullmatch(cell)
    if match is None:
        return None
    month = _MONTHS.get(simplify(match["name"].replace("ä", "ae").replace("Ä", "ae")))
    return None if month is None else _moment(date(_year(match["year"]), month, int(match["day"])), match)


def _epoch(cell: str) -> Moment | None:
    """Read seconds or milliseconds since 1970 (UTC), as exchanges of coins write them."""
    if not _EPOCH.fullmatch(cell):
        return None
    seconds, milliseconds = divmod(int(cell), 1000) if len(cell) > 10 else (int(cell), 0)  # noqa: PLR2004
    at = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
    return Moment(at.date(), at.time(), timedelta(0))


def _moment(day: date, match: re.Match[str], *, doubtful: bool = False) -> Moment:
    parts = match.groupdict()
    if not parts.get("hour"):
        return Moment(day, doubtful=doubtful)
    fraction = (parts.get("fraction") or "")[:6].ljust(6, "0")
    clock = time(_hour(parts), int(parts["minute"]), int(parts.get("second") or 0), int(fraction))
    return Moment(day, clock, _offset(parts.get("zone")), doubtful)


def _hour(parts: dict[str, str | None]) -> int:
    """Turn 12 hours with a half into 24.

    Raises:
        ValueError: 0 or more than 12 hours with a half.
    """
    hour, half = int(parts["hour"] or 0), (parts.get("half") or "")[:1].lower()
    if not half:
        return hour
    if not 1 <= hour <= 12:  # noqa: PLR2004 (a half day has twelve hours)
        raise ValueError
    return hour % 12 + (12 if half == "p" else 0)


def _offset(zone: str | None) -> timedelta | None:
    if not zone:
        return None
    if zone in {"Z", "UTC", "GMT"}:
        return timedelta(0)
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0  # noqa: PLR2004
    return (1 if zone[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:  # noqa: PLR2004
        return year
    return year + (1900 if year >= _PIVOT else 2000)
