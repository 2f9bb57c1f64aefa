"""What a portfolio paid its owner: by month, by instrument, and payment by payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from market.models import Instrument
from portfolios.domain import income as domain
from portfolios.domain import spans
from portfolios.domain.income import Payment, Received, Source
from portfolios.selectors import income, periods
from portfolios.selectors.ledger import Ledger, load
from portfolios.selectors.portfolios import get
from portfolios.views.asking import ask, asking_context
from portfolios.views.common import frame
from portfolios.views.words import range_text, reason_text

CURRENT = "portfolio-income"
PAYMENTS_A_PAGE = 50
MONTHS_DRAWN = 24


@dataclass(frozen=True, slots=True)
class Year:
    """A row of the table: gross by month (None: nothing came, or no rate), and the year's sums."""

    year: int
    months: list[Received | None]
    total: Received


@dataclass(frozen=True, slots=True)
class Payer:
    """A row of the instruments: yields as fractions, None with their reason in words."""

    instrument: Instrument | None
    source: Source
    cost_reason: str
    value_reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """A payment and who paid it; `instrument` None: interest on cash."""

    payment: Payment
    instrument: Instrument | None


@require_safe
@login_required
def portfolio_income(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show what came in a period, this year and ever, what it is of the cost, and what is announced."""
    owned = get(request.user, portfolio_id)
    ledger = load(owned)
    day = periods.last_day(ledger)
    asking = ask(request, [owned], scopes=False)
    year = income.report(ledger, asking.window.period)
    rows = income.all_payments(ledger, day)
    newest = [Row(one, _instrument(ledger, one.instrument)) for one in reversed(year.payments)]
    context = {
        **frame(owned, CURRENT),
        **asking_context(asking),
        "range_words": range_text(asking.window.name),
        "day": day,
        "year": year,
        "this_year": domain.total(row for row in rows if row.day.year == day.year),
        "ever": domain.total(rows),
        "since": rows[0].day if rows else day,
        "cost_reason": reason_text(year.yield_on_cost.reason),
        "value_reason": reason_text(year.yield_on_value.reason),
        "month_names": [(date_format(date(2000, number, 1), "M"), MONTHS[number]) for number in MONTHS],
        "years": years(rows),
        "bars": bars(rows, day),
        "payers": [_payer(ledger, one) for one in year.sources],
        "announced": income.announced(ledger, day),
        "page": Paginator(newest, PAYMENTS_A_PAGE).get_page(request.GET.get("page")),
        "page_url": f"{request.path}?range={asking.window.name}&page=",
    }
    return render(request, "portfolios/income.html", context, status=asking.status)


def years(rows: list[Payment]) -> list[Year]:
    """Lay payments out by year, the newest first, each with its twelve months."""
    months = domain.by_month(rows)
    found = []
    for year in sorted({year for year, _ in months}, reverse=True):
        total = domain.total(row for row in rows if row.day.year == year)
        found.append(Year(year, [months.get((year, month)) for month in MONTHS], total))
    return found


def bars(rows: list[Payment], day: date) -> list[tuple[str, Decimal | None]]:
    """Name the last 24 calendar months, the oldest first, each with its gross income (None: no rate)."""
    months = domain.by_month(rows)
    found = []
    for back in reversed(range(MONTHS_DRAWN)):
        first = spans.back(day.replace(day=1), back)
        received = months.get((first.year, first.month))
        found.append((date_format(first, "M Y"), received.gross if received else Decimal(0)))
    return found


def _payer(ledger: Ledger, one: Source) -> Payer:
    return Payer(
        _instrument(ledger, one.instrument),
        one,
        reason_text(one.yield_on_cost.reason),
        reason_text(one.yield_on_value.reason),
    )


def _instrument(ledger: Ledger, key: int | None) -> Instrument | None:
    return None if key is None else ledger.instruments[key]
