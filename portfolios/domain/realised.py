"""Realised gains by tax year and holding period; docs/algorithms/realised-gains.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from typing import Final, NamedTuple

from portfolios.domain.book import Book, Disposal
from portfolios.domain.entries import EntryId
from portfolios.domain.exact import EXACT, ZERO, exact, minus, plus
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


class RealisedRow(NamedTuple):
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
    days: int | None
    term: Term | None

    @property
    def ratio(self) -> Decimal | None:
        """The gain over what was staked, as a fraction; None where either is unknown or nothing was."""
        staked = self.proceeds if self.short_sale else self.cost
        return None if self.gain is None or not staked else EXACT.divide(self.gain, staked)

    @property
    def yearly(self) -> float | None:
        """The rate a year that makes `ratio` in so many days; None under a year, or where all is lost."""
        ratio = self.ratio
        if ratio is None or self.days is None or self.days < YEAR or ratio <= -1:
            return None
        return float((1 + float(ratio)) ** (YEAR / self.days) - 1)


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


class Realised(NamedTuple):
    """Every part of every sale of a book, in booking order, and each tax year that has one, latest first."""

    rows: list[RealisedRow]
    years: list[YearTotals]


def realised(book: Book, rule: TaxRule, former: Realised | None = None) -> Realised:
    """Return what the sales of a book gained.

    `former`: the same of a book by the same rule and method that begins alike. What comes from the sales
    that both begin with stays as it is.
    """
    known = former or Realised([], [])
    rows = realised_rows(book, rule, known.rows)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(rows, known.rows, strict=False)))
    changed = {row.year for row in (*rows[same:], *known.rows[same:])}
    standing = [one for one in known.years if one.year not in changed]
    anew = by_year((row for row in rows if row.year in changed), rule)
    return Realised(rows, sorted([*anew, *standing], key=lambda one: one.year, reverse=True))


def realised_rows(book: Book, rule: TaxRule, known: Sequence[RealisedRow] = ()) -> list[RealisedRow]:
    """Return every part of every sale of a book; of those that it begins with, the `known` rows."""
    pooled = book.method is CostMethod.AVERAGE
    kept = sum(
        1
        for _ in takewhile(lambda pair: pair[0].disposal is pair[1], zip(known, book.disposals, strict=False))
    )
    with exact():
        return [*known[:kept], *(_row(one, rule, pooled=pooled) for one in book.disposals[kept:])]


def _row(one: Disposal, rule: TaxRule, *, pooled: bool) -> RealisedRow:
    short = False
    sold, acquired, sale, purchase = one.day, one.acquired, one.entry_id, one.lot_id
    proceeds, cost = one.proceeds_base, one.cost_base
    if one.quantity < 0 and one.acquired is not None and one.lot_id is not None:
        short = True
        sold, acquired, sale, purchase = one.acquired, one.day, one.lot_id, one.entry_id
        proceeds, cost = _opposite(cost), _opposite(proceeds)
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
        gain=minus(proceeds, cost),
        days=days,
        term=_term(one, rule, pooled=pooled),
    )


def _opposite(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else -amount


def _term(one: Disposal, rule: TaxRule, *, pooled: bool) -> Term | None:
    if pooled or one.acquired is None:
        return None
    return Term.SHORT if one.quantity < 0 else rule.term(one.acquired, one.day)


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
    proceeds = cost = gains = losses = charges = ZERO
    terms: dict[Term | None, Decimal] = {Term.SHORT: ZERO, Term.LONG: ZERO, None: ZERO}
    unknown = 0
    for row in rows:
        charges += plus(row.disposal.acquisition_charges, row.disposal.charges) or ZERO
        gain = row.gain
        if gain is None or row.proceeds is None or row.cost is None:
            unknown += 1
            continue
        proceeds += row.proceeds
        cost += row.cost
        terms[row.term] += gain
        if gain > 0:
            gains += gain
        else:
            losses -= gain
    return YearTotals(
        year=year,
        start=start,
        end=end,
        rows=len(rows),
        proceeds=proceeds,
        cost=cost,
        gain=proceeds - cost,
        gains=gains,
        losses=losses,
        short=terms[Term.SHORT],
        long=terms[Term.LONG],
        undated=terms[None],
        charges=charges,
        unknown=unknown,
        missing=sum(row.disposal.missing for row in rows),
    )
