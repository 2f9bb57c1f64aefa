"""The realised-gains report of a portfolio, exact and as a page or a file shows it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.cells import csv_cell
from core.money import minor_units, plain, round_amount, round_parts
from market.models import Instrument
from portfolios.domain.exact import ZERO, minus, total_of_known
from portfolios.domain.realised import RealisedRow, TaxRule, Term, YearTotals, between, realised
from portfolios.models import Portfolio
from portfolios.selectors.figures import Period, book
from portfolios.selectors.ledger import REALISED, Ledger

COLUMNS = (
    "tax_year", "symbol", "isin", "name", "quantity", "acquired", "sold", "short_sale", "days_held", "term",
    "currency",
    "proceeds", "cost", "gain", "price_gain", "currency_effect", "charges_of_purchase", "charges_of_sale",
    "fees_in_basis", "missing_acquisition", "sale", "purchase",
)  # fmt: skip
PLACES = 18


@dataclass(frozen=True, slots=True)
class RealisedReport:
    """Sales until a day by tax year, the latest year first; `rows` are those of the year asked for, or all.

    Amounts are exact, in the portfolio's currency. `year` None: all years. `period` are the totals of
    the period that was asked for instead, whose rows these are.
    """

    rule: TaxRule
    year: int | None
    years: list[YearTotals]
    rows: list[RealisedRow]
    period: YearTotals | None = None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as a page shows it: in the minor unit, rounded so that the columns add up."""

    row: RealisedRow
    instrument: Instrument
    proceeds: Decimal | None
    cost: Decimal | None
    gain: Decimal | None


@dataclass(frozen=True, slots=True)
class ShownYear:
    """A tax year as a page shows it; the totals are the sums of what the rows show."""

    totals: YearTotals
    rows: list[ShownRow]
    proceeds: Decimal
    cost: Decimal
    gain: Decimal
    short: Decimal
    long: Decimal
    undated: Decimal
    charges: Decimal


def rule_of(portfolio: Portfolio) -> TaxRule:
    """Answer when the portfolio's tax years begin and which holdings are long."""
    month, day = (int(part) for part in portfolio.tax_year_start.split("-"))
    return TaxRule((month, day), portfolio.long_after_days)


def label(rule: TaxRule, year: int) -> str:
    """Name a tax year: 2024, or 2024/25 where it does not begin with January."""
    return str(year) if rule.year_start == (1, 1) else f"{year}/{(year + 1) % 100:02}"


def report(ledger: Ledger, day: date, year: int | None = None) -> RealisedReport:
    """Answer the sales until the end of `day`, of one tax year or of all."""
    rule = rule_of(ledger.portfolio)
    key = REALISED, day, rule
    found = ledger.onward(key, lambda former: realised(book(ledger, day), rule, former))
    return RealisedReport(rule, year, found.years, [row for row in found.rows if year in {None, row.year}])


def of_period(ledger: Ledger, day: date, period: Period) -> RealisedReport:
    """Answer the sales of a period ``(start, end]``, and beside them the tax years until `day`."""
    found = report(ledger, day)
    rows, totals = between(found.rows, period.start, period.end)
    return replace(found, rows=rows, period=totals)


def shown(ledger: Ledger, found: RealisedReport, totals: YearTotals) -> ShownYear:
    """Round the rows of a year so that they add up to its totals, and its gains to proceeds less cost.

    Of a report on a period all its rows are shown.
    """
    places = minor_units(ledger.base)
    rows = [row for row in found.rows if found.period or row.year == totals.year]
    known = [row for row in rows if row.gain is not None]
    proceeds = iter(round_parts([row.proceeds or ZERO for row in known], places))
    costs = iter(round_parts([row.cost or ZERO for row in known], places))
    laid = []
    for row in rows:
        got, paid = (None, None) if row.gain is None else (next(proceeds), next(costs))
        instrument = ledger.instruments[row.disposal.instrument]
        laid.append(ShownRow(row, instrument, got, paid, minus(got, paid)))
    return ShownYear(
        totals=totals,
        rows=laid,
        proceeds=total_of_known(one.proceeds for one in laid),
        cost=total_of_known(one.cost for one in laid),
        gain=total_of_known(one.gain for one in laid),
        short=total_of_known(one.gain for one in laid if one.row.term is Term.SHORT),
        long=total_of_known(one.gain for one in laid if one.row.term is Term.LONG),
        undated=total_of_known(one.gain for one in laid if one.row.term is None),
        charges=round_amount(totals.charges, places),
    )


def export_csv(ledger: Ledger, found: RealisedReport) -> str:
    """Write the rows as CSV: ISO dates, plain decimals with a point, money in `currency`, lines CR LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(ledger, found.rule, row) for row in found.rows)
    return out.getvalue()


def _cells(ledger: Ledger, rule: TaxRule, row: RealisedRow) -> list[str]:
    one, instrument = row.disposal, ledger.instruments[row.disposal.instrument]
    amounts = (
        row.proceeds, row.cost, row.gain, one.price_gain, one.currency_effect,
        one.acquisition_charges, one.charges,
    )  # fmt: skip
    return [
        label(rule, row.year),
        *(csv_cell(text) for text in (instrument.symbol, instrument.isin, instrument.name)),
        plain(row.quantity),
        csv_cell(row.acquired),
        csv_cell(row.sold),
        csv_cell(row.short_sale),
        csv_cell(row.days),
        str(row.term or ""),
        ledger.base,
        *("" if value is None else plain(round_amount(value, PLACES)) for value in amounts),
        csv_cell(ledger.portfolio.fees_in_basis),
        csv_cell(one.missing),
        csv_cell(row.sale),
        csv_cell(row.purchase),
    ]
