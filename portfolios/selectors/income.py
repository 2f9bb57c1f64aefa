"""What a portfolio paid its owner: by month, by instrument, and what is announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from market.models import CorporateAction, Instrument
from portfolios.domain import income
from portfolios.domain.exact import exact
from portfolios.domain.exact import total as summed
from portfolios.domain.income import Payment, Received, Source
from portfolios.domain.reasons import Figure, Reason
from portfolios.selectors import valuation
from portfolios.selectors.figures import ONE_DAY, Period, book, once
from portfolios.selectors.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Announced:
    """A dividend of what is held that is known and yet to come.

    `amount` is gross, in `currency`: what is held now times `per_unit`; `value` in the portfolio's
    currency at the rate of `rate_day`, None without one.
    """

    instrument: Instrument
    ex_date: date
    pay_date: date | None
    quantity: Decimal
    per_unit: Decimal
    currency: str
    amount: Decimal
    value: Decimal | None
    rate_day: date | None


@dataclass(frozen=True, slots=True)
class Income:
    """The payments of a period ``(start, end]``, oldest first, and what they come to.

    Amounts are in the portfolio's currency. The yields are fractions: what the instruments that are held
    at the end paid, gross, over what all of them cost or are worth; of the period as it is, not a year's.
    """

    period: Period
    payments: list[Payment]
    total: Received
    months: dict[tuple[int, int], Received]
    sources: list[Source]
    yield_on_cost: Figure[Decimal]
    yield_on_value: Figure[Decimal]


def all_payments(ledger: Ledger, until: date) -> list[Payment]:
    """List every dividend and interest up to the end of a day, oldest first."""
    return once(ledger, ("payments", until), lambda: income.payments(book(ledger, until)))


def report(ledger: Ledger, period: Period) -> Income:
    """Answer what a portfolio paid in a period."""
    return once(ledger, ("income", period), lambda: _report(ledger, period))


def _report(ledger: Ledger, period: Period) -> Income:
    rows = [row for row in all_payments(ledger, period.end) if row.day > period.start]
    valued = valuation.at(ledger, period.end)
    held = {one.instrument: (one.cost_basis, one.market_value) for one in valued.positions if one.quantity}
    paid = income.total(row for row in rows if row.instrument in held)
    cost, value = (summed(one[at] for one in held.values()) for at in (0, 1))
    return Income(
        period=period,
        payments=rows,
        total=income.total(rows),
        months=income.by_month(rows),
        sources=income.by_source(rows, held),
        yield_on_cost=income.ratio(paid.gross, cost, Reason.UNKNOWN_COST),
        yield_on_value=income.ratio(paid.gross, value, Reason.NO_PRICE),
    )


def announced(ledger: Ledger, day: date) -> list[Announced]:
    """List the dividends that are known on `day` and paid after it, of what is or was held for them."""
    rows = CorporateAction.objects.filter(
        Q(pay_date__gt=day) | Q(pay_date=None, ex_date__gt=day),
        instrument_id__in=list(ledger.instruments),
        kind=CorporateAction.Kind.DIVIDEND,
    ).order_by("ex_date", "instrument_id")
    with exact():
        found = [_announced(ledger, row, day) for row in rows]
    return [one for one in found if one is not None]


def _announced(ledger: Ledger, row: CorporateAction, day: date) -> Announced | None:
    # who holds the units at the close before the ex-date is paid
    holding = book(ledger, min(day, row.ex_date - ONE_DAY)).holdings.get(row.instrument_id)
    if holding is None or holding.quantity <= 0 or row.amount is None:
        return None
    amount = holding.quantity * row.amount
    rate = ledger.rates.rate(row.currency, day)
    return Announced(
        instrument=ledger.instruments[row.instrument_id],
        ex_date=row.ex_date,
        pay_date=row.pay_date,
        quantity=holding.quantity,
        per_unit=row.amount,
        currency=row.currency,
        amount=amount,
        value=None if rate is None else amount * rate.rate,
        rate_day=None if rate is None else rate.as_of,
    )
