"""What a person holds of one instrument, portfolio by portfolio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.models import Instrument
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import periods, positions, valuation
from portfolios.selectors.ledger import load_all
from portfolios.selectors.portfolios import real_of
from portfolios.selectors.positions import PositionRow


@dataclass(frozen=True, slots=True)
class HeldIn:
    """A portfolio's position; amounts in the portfolio's currency."""

    portfolio: Portfolio
    row: PositionRow


def held_in(user: Any, instrument: Instrument) -> list[HeldIn]:
    """List the person's own real portfolios that hold an instrument today, by name."""
    trading = Transaction.objects.filter(instrument=instrument, deleted_at=None).values("portfolio")
    named = real_of(user).filter(pk__in=trading).order_by("name", "pk")
    found = []
    for ledger in load_all(list(named)):
        table = positions.table(ledger, valuation.at(ledger, periods.last_day(ledger)))
        found += [HeldIn(ledger.portfolio, row) for row in table.held if row.instrument.pk == instrument.pk]
    return found
