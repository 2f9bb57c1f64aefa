"""What each way to match lots, and to count fees, makes of the same ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolios.domain.book import Book
from portfolios.domain.exact import ZERO, exact, minus, total_of_known
from portfolios.domain.lots import CostMethod
from portfolios.domain.positions import positions
from portfolios.selectors.figures import ONE_DAY, book_by
from portfolios.selectors.ledger import Ledger


@dataclass(frozen=True, slots=True)
class MethodView:
    """Cost and gains by one method at the end of a day, in the portfolio's currency.

    `realised` and `unrealised` differ from method to method, their sum does not: it is what the prices
    and rates did. `by_year` is the realised gain of the sales of each calendar year. With `fees_in_basis`
    fees are part of cost and gains, else they stand beside them. What is unknown is left out and
    `incomplete`.
    """

    method: CostMethod
    fees_in_basis: bool
    in_use: bool
    cost_basis: Decimal
    realised: Decimal
    unrealised: Decimal
    by_year: Mapping[int, Decimal]
    incomplete: bool


def compare(ledger: Ledger, day: date, *, fees_in_basis: bool | None = None) -> list[MethodView]:
    """Answer what each method says at the end of `day`, in the order in which they are offered.

    `fees_in_basis` None: as the portfolio counts them.
    """
    fees = ledger.portfolio.fees_in_basis if fees_in_basis is None else fees_in_basis
    return [view(ledger, day, method, fees_in_basis=fees) for method in CostMethod]


def view(ledger: Ledger, day: date, method: CostMethod, *, fees_in_basis: bool) -> MethodView:
    """Answer what one method says, with fees in the basis or beside it."""
    folded = book_by(ledger, day, method, fees_in_basis=fees_in_basis)
    ledger.know_prices(list(folded.holdings), [day, day - ONE_DAY])
    views = positions(folded, ledger.splits, ledger.rates, ledger, day)
    held = [one for one in views if one.quantity]
    portfolio = ledger.portfolio
    with exact():
        return MethodView(
            method=method,
            fees_in_basis=fees_in_basis,
            in_use=(method, fees_in_basis) == (portfolio.cost_method, portfolio.fees_in_basis),
            cost_basis=total_of_known(one.cost_basis for one in held),
            realised=total_of_known(one.realised for one in views),
            unrealised=total_of_known(one.unrealised for one in held),
            by_year=_by_year(folded),
            incomplete=any(one.unrealised is None for one in held)
            or any(one.realised is None for one in views),
        )


def _by_year(folded: Book) -> dict[int, Decimal]:
    years: dict[int, Decimal] = defaultdict(Decimal)
    for row in folded.disposals:
        years[row.day.year] += minus(row.proceeds_base, row.cost_base) or ZERO
    return dict(years)
