"""What the open pages of a person show of now: one portfolio, or everything; read anew as prices move."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from portfolios.domain.allocation import Slice
from portfolios.selectors import figures, overview, periods, valuation
from portfolios.selectors.figures import ONE_DAY, Period
from portfolios.selectors.ledger import Ledger, load
from portfolios.selectors.overview import HoldingRow
from portfolios.selectors.portfolios import get
from portfolios.selectors.positions import PositionTable, table
from portfolios.selectors.tags import labels
from portfolios.selectors.valuation import NetWorth, Valuation


@dataclass(frozen=True, slots=True)
class PortfolioNow:
    """A portfolio as its page shows it; `day_return` is a fraction, None where there is none."""

    ledger: Ledger
    valued: Valuation
    table: PositionTable
    day_change: Decimal
    day_return: float | None
    slices: list[Slice[str]]


@dataclass(frozen=True, slots=True)
class EverythingNow:
    """Everything a person has, as the dashboard shows it, in their base currency."""

    found: NetWorth
    holdings: list[HoldingRow]
    slices: list[Slice[str]]


def portfolio_now(user: Any, portfolio_id: UUID, by: str) -> PortfolioNow:
    """Value a portfolio that `user` may see, at its last day; `by` is one of `valuation.GROUPINGS`.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    ledger = load(get(user, portfolio_id))
    valued = valuation.at(ledger, periods.last_day(ledger))
    day = Period(valued.day - ONE_DAY, valued.day)
    return PortfolioNow(
        ledger=ledger,
        valued=valued,
        table=table(ledger, valued),
        day_change=figures.state(ledger, day).lines.gain(),
        day_return=figures.performance(ledger, day).time_weighted.value if ledger.entries else None,
        slices=valuation.allocation(ledger, valued, by, labels(user.pk, by)),
    )


def everything_now(user: Any, by: str) -> EverythingNow:
    """Value everything that `user` has; `by` is one of `valuation.GROUPINGS`."""
    found = valuation.net_worth(user)
    return EverythingNow(found, overview.holdings(found), overview.spread(found, by, labels(user.pk, by)))
