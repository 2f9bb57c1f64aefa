"""Which periods a page may ask about, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import ranges
from core.errors import ValidationFailed
from portfolios.domain import spans
from portfolios.domain.reasons import Figure
from portfolios.domain.returns import DAYS_PER_YEAR
from portfolios.selectors.figures import (
    ONE_DAY,
    Performance,
    Period,
    book,
    dated_flows,
    inception,
    once,
)
from portfolios.selectors.ledger import Ledger, today
from portfolios.selectors.valuation import STALE_AFTER

SEPARATOR: Final = ".."
FIRST_YEAR: Final = 1900


@dataclass(frozen=True, slots=True)
class Window:
    """A named period: `usable` names and `years` have data; `ended` says that prices end before today."""

    name: str
    period: Period
    usable: list[str]
    years: list[int]
    ended: bool


def last_day(ledger: Ledger) -> date:
    """Tell the day up to which a portfolio is shown: today, or its last news when all its prices are old.

    The prices are old when not one of what is held is younger than a week; the last news is then the
    newest of those prices or the last transaction.
    """
    return once(ledger, ("last day", today(ledger.portfolio)), lambda: _last_day(ledger))


def _last_day(ledger: Ledger) -> date:
    now = today(ledger.portfolio)
    held = [one.instrument for one in book(ledger, now).holdings.values() if one.quantity]
    newest = [date.fromordinal(int(ledger.closes[one].days[-1])) for one in held if one in ledger.closes]
    if not newest:
        return now
    last = max([*newest, *(entry.day for entry in ledger.entries)])
    return now if now - last <= STALE_AFTER else last


def window(ledger: Ledger, asked: str) -> Window:
    """Answer the period that a range's name means for a portfolio; an unknown name means the default.

    Raises:
        ValidationFailed: it names a year or days that are no period.
    """
    return window_of([ledger], asked)


def window_of(ledgers: Sequence[Ledger], asked: str) -> Window:
    """Answer the period that a range's name means for portfolios together."""
    filled = [one for one in ledgers if one.entries] or ledgers[:1]
    end = max(last_day(one) for one in filled)
    now = max(today(one.portfolio) for one in ledgers)
    whole = Period(min(inception(one, end).start for one in filled), end)
    return named(asked, whole, now=now, ended=end != now)


def named(asked: str, whole: Period, *, now: date | None = None, ended: bool = False) -> Window:
    """Choose a period within `whole` by its range's name, by a calendar year, or by its days.

    Days of one's own are written ``2024-01-01..2024-06-30`` and end `now` at last. A range that begins
    before everything is not usable, because it would be ``All`` under another name; one that is asked for
    all the same is answered with ``All``.

    Raises:
        ValidationFailed: names ``range``, ``from`` or ``to``.
    """
    usable = ranges.usable(whole.start, whole.end)
    if spans.is_year(asked):
        return Window(asked, _year(asked, whole), usable, years(whole), ended)
    if SEPARATOR in asked:
        return Window(asked, _days(asked, now or whole.end), usable, years(whole), ended)
    name = ranges.choose(asked, usable)
    start = ranges.start_of(name, whole.start, whole.end)
    return Window(name, Period(start, whole.end), usable, years(whole), ended)


def years(whole: Period) -> list[int]:
    """List the calendar years that a period touches, the latest first."""
    first = min(whole.start + ONE_DAY, whole.end).year
    return list(range(whole.end.year, first - 1, -1))


def _year(name: str, whole: Period) -> Period:
    if int(name) not in years(whole):
        message = _("There is nothing in %(year)s.") % {"year": name}
        raise ValidationFailed.of("range", message, "year")
    return Period(*spans.span(name, whole.start, whole.end))


def _days(asked: str, now: date) -> Period:
    first, _dots, last = asked.partition(SEPARATOR)
    start, end = _day("from", first), _day("to", last)
    if start >= end:
        raise ValidationFailed.of("to", _("The period must end after it starts."), "order")
    if end > now:
        message = _("This day is yet to come; the last one is %(day)s.")
        raise ValidationFailed.of("to", message % {"day": date_format(now, "DATE_FORMAT")}, "future")
    return Period(start, end)


def _day(name: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise ValidationFailed.of(name, _("This is no day of the calendar."), "day") from error
    if found.year < FIRST_YEAR:
        message = _("The first day must be after %(year)s.") % {"year": FIRST_YEAR - 1}
        raise ValidationFailed.of(name, message, "early")
    return found


def is_yearly(found: Performance) -> bool:
    """Tell whether a period is long enough to show its returns as rates a year."""
    return found.period.days >= DAYS_PER_YEAR


def money_weighted(found: Performance) -> Figure[float]:
    """Answer the money-weighted return: a year's rate, and that of the period itself where it is shorter.

    A rate of some days, blown up to a year, says nothing; ``(1 + XIRR)^(days / 365) - 1`` takes it back,
    over the days from the first flow to the end.
    """
    rate = found.money_weighted.value
    if rate is None or is_yearly(found):
        return found.money_weighted
    return Figure(float((1.0 + rate) ** (days_invested(found) / DAYS_PER_YEAR) - 1.0))


def days_invested(found: Performance) -> int:
    """Count the days from the first flow (or opening value) of a period to its end."""
    flows = dated_flows(found.series)
    return (found.period.end - flows[0][0]).days if flows else 0
