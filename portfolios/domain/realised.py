"""Realised gains by tax year and holding period; docs/algorithms/realised-gains.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from portfolios.domain.book import Book, Disposal
from portfolios.domain.entries import EntryId
from portfolios.domain.exact import exact, minus, plus, total_of_known
from portfolios.domain.lots import CostMethod

YEAR: Final = 365


class Term(StrEnum):
    """How long a lot was held, as tax laws ask."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class TaxRule:
    """When a tax year begins (month, day), and after how many days a holding is long.

    `long_after_days` None: after a full year by the calendar, whatever its number of days.
    """

    year_start: tuple[int, int] = (1, 1)
    long_after_days: int | None = None

    def year(self, day: date) -> int:
        """Return the tax year of a day: the calendar year in which it begins."""
        return day.year if (day.month, day.day) >= self.year_start else day.year - 1

    def span(self, year: int) -> tuple[date, date]:
        """Return the first and the last day of a tax year."""
        month, day = self.year_start
        return date(year, month, day), date(year + 1, month, day) - timedelta(days=1)

    def term(self, acquired: date, sold: date) -> Term:
        """Return whether what was acquired and sold on these days was held for long."""
        if self.long_after_days is not None:
            return Term.LONG if (sold - acquired).days > self.long_after_days else Term.SHORT
        return Term.LONG if sold > _anniversary(acquired) else Term.SHORT


def _anniversary(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)


@dataclass(frozen=True, slots=True)
class RealisedRow:
    """One lot's part of one sale, or of one purchase that closes a short position; in base currency.

    ``gain == proceeds - cost == price gain + currency effect``. `ratio` is the gain over the cost, of a
    short position over what the sale brought; `yearly` the same by the year, if held for one. `days`
    and `term` are None where there is no day of acquisition to count from: the purchase is missing, or
    units come from a pool at average cost. A short position was sold before it was bought: its year is
    that of the purchase, and it is never long.
    """

    disposal: Disposal
    year: int
    sold: date
    acquired: date | None
    sale: EntryId
    purchase: EntryId | None
    short_sale: bool
    quantity: Decimal
    proceeds: Decimal | None
    cost: Decimal | None
    gain: Decimal | None
    ratio: Decimal | None
    yearly: float | None
    days: int | None
    term: Term | None


@dataclass(frozen=True, slots=True)
class YearTotals:
    """A tax year: sums of its rows, in the portfolio's currency; `charges` positive when paid.

    ``gain == gains - losses == short + long + undated``. What is unknown is left out and counted in
    `unknown`; `missing` counts the rows without a purchase, whose cost of 0 is not to be trusted.
    """

    year: int
    start: date
    end: date
    rows: int
    proceeds: Decimal
    cost: Decimal
    gain: Decimal
    gains: Decimal
    losses: Decimal
    short: Decimal
    long: Decimal
    undated: Decimal
    charges: Decimal
    unknown: int
    missing: int


def realised_rows(book: Book, rule: TaxRule) -> list[RealisedRow]:
    """Return every part of every sale of a book, in booking order."""
    pooled = book.method is CostMethod.AVERAGE
    with exact():
        return [_row(one, rule, pooled=pooled) for one in book.disposals]


def _row(one: Disposal, rule: TaxRule, *, pooled: bool) -> RealisedRow:
    short = False
    sold, acquired, sale, purchase = one.day, one.acquired, one.entry_id, one.lot_id
    proceeds, cost = one.proceeds_base, one.cost_base
    if one.quantity < 0 and one.acquired is not None and one.lot_id is not None:
        short = True
        sold, acquired, sale, purchase = one.acquired, one.day, one.lot_id, one.entry_id
        proceeds, cost = _opposite(cost), _opposite(proceeds)
    gain = minus(proceeds, cost)
    staked = proceeds if short else cost
    ratio = gain / staked if gain is not None and staked else None
    days = None if pooled or one.acquired is None else (one.day - one.acquired).days
    return RealisedRow(
        disposal=one,
        year=rule.year(one.day),
        sold=sold,
        acquired=acquired,
        sale=sale,
        purchase=purchase,
        short_sale=short,
        quantity=one.quantity.copy_abs(),
        proceeds=proceeds,
        cost=cost,
        gain=gain,
        ratio=ratio,
        yearly=None if ratio is None or days is None else _yearly(float(ratio), days),
        days=days,
        term=_term(one, rule, pooled=pooled),
    )


def _opposite(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else -amount


def _term(one: Disposal, rule: TaxRule, *, pooled: bool) -> Term | None:
    if pooled or one.acquired is None:
        return None
    return Term.SHORT if one.quantity < 0 else rule.term(one.acquired, one.day)


def _yearly(ratio: float, days: int) -> float | None:
    """Return the yearly rate that makes `ratio` in so many days; None under a year, or where all is lost."""
    return float((1 + ratio) ** (YEAR / days) - 1) if days >= YEAR and ratio > -1 else None


def by_year(rows: Iterable[RealisedRow], rule: TaxRule) -> list[YearTotals]:
    """Return the totals of each tax year that has a sale, the latest first."""
    years: dict[int, list[RealisedRow]] = {}
    for row in rows:
        years.setdefault(row.year, []).append(row)
    with exact():
        return [_totals(year, years[year], *rule.span(year)) for year in sorted(years, reverse=True)]


def between(rows: Iterable[RealisedRow], start: date, end: date) -> tuple[list[RealisedRow], YearTotals]:
    """Return the rows of a period ``(start, end]`` and their totals; they count on the day of the gain."""
    inside = [row for row in rows if start < row.disposal.day <= end]
    with exact():
        return inside, _totals(end.year, inside, start, end)


def _totals(year: int, rows: list[RealisedRow], start: date, end: date) -> YearTotals:
    known = [row for row in rows if row.gain is not None]
    return YearTotals(
        year=year,
        start=start,
        end=end,
        rows=len(rows),
        proceeds=total_of_known(row.proceeds for row in known),
        cost=total_of_known(row.cost for row in known),
        gain=total_of_known(row.gain for row in known),
        gains=total_of_known(row.gain for row in known if row.gain is not None and row.gain > 0),
        losses=-total_of_known(row.gain for row in known if row.gain is not None and row.gain < 0),
        short=total_of_known(row.gain for row in known if row.term is Term.SHORT),
        long=total_of_known(row.gain for row in known if row.term is Term.LONG),
        undated=total_of_known(row.gain for row in known if row.term is None),
        charges=total_of_known(plus(row.disposal.acquisition_charges, row.disposal.charges) for row in rows),
        unknown=len(rows) - len(known),
        missing=sum(row.disposal.missing for row in rows),
    )
