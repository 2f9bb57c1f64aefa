"""What each way to match lots makes of the same ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolios.domain.exact import ZERO, exact
from portfolios.domain.lots import CostMethod
from portfolios.domain.positions import positions
from portfolios.selectors.figures import ONE_DAY, book_by
from portfolios.selectors.ledger import Ledger


@dataclass(frozen=True, slots=True)
class MethodView:
    """Cost and gains by one method at the end of a day, in the portfolio's currency, before charges.

    `realised` and `unrealised` differ from method to method, their sum does not: it is what the prices
    and rates did. What is unknown is left out and `incomplete`.
    """

    method: CostMethod
    in_use: bool
    cost_basis: Decimal
    realised: Decimal
    unrealised: Decimal
    incomplete: bool


def compare(ledger: Ledger, day: date) -> list[MethodView]:
    """Answer what each method says at the end of `day`, in the order in which they are offered."""
    return [_view(ledger, day, method) for method in CostMethod]


def _view(ledger: Ledger, day: date, method: CostMethod) -> MethodView:
    folded = book_by(ledger, day, method)
    ledger.know_prices(list(folded.holdings), [day, day - ONE_DAY])
    views = positions(folded, ledger.splits, ledger.rates, ledger, day)
    held = [one for one in views if one.quantity]
    with exact():
        return MethodView(
            method=method,
            in_use=method == ledger.portfolio.cost_method,
            cost_basis=_sum(one.cost_basis for one in held),
            realised=_sum(one.realised for one in views),
            unrealised=_sum(one.unrealised for one in held),
            incomplete=any(one.unrealised is None for one in held)
            or any(one.realised is None for one in views),
        )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((one for one in amounts if one is not None), ZERO)
