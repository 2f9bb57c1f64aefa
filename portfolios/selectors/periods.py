"""Which periods a page may ask about, and where they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core import ranges
from portfolios.domain.reasons import Figure
from portfolios.domain.returns import DAYS_PER_YEAR
from portfolios.selectors.figures import (
    Performance,
    Period,
    book,
    dated_flows,
    inception,
    once,
)
from portfolios.selectors.ledger import Ledger, today
from portfolios.selectors.valuation import STALE_AFTER


@dataclass(frozen=True, slots=True)
class Window:
    """A named period: `usable` are the names that have data; `ended` says that prices end before today."""

    name: str
    period: Period
    usable: list[str]
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
    """Answer the period that a range's name means for a portfolio; an unknown name means the default."""
    end = last_day(ledger)
    return named(asked, inception(ledger, end), ended=end != today(ledger.portfolio))


def named(asked: str, whole: Period, *, ended: bool = False) -> Window:
    """Choose a period within `whole` by its range's name.

    A range that begins before everything is not usable, because it would be ``All`` under another
    name; one that is asked for all the same is answered with ``All``.
    """
    usable = ranges.usable(whole.start, whole.end)
    name = ranges.choose(asked, usable)
    start = ranges.start_of(name, whole.start, whole.end)
    return Window(name, Period(start, whole.end), usable, ended)


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
