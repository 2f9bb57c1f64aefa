"""What is held, lot by lot: exact, and as a page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import minor_units, round_parts
from portfolios.domain.exact import exact, minus, times
from portfolios.domain.lots import CostMethod, Lot
from portfolios.domain.positions import PositionView
from portfolios.domain.realised import Term
from portfolios.selectors.figures import book
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.positions import PositionRow, table
from portfolios.selectors.realised import rule_of
from portfolios.selectors.valuation import Valuation


@dataclass(frozen=True, slots=True)
class LotView:
    """An open lot at the close of a day; amounts in the portfolio's currency, exact, None: unknown.

    `days` and `term` are None where there is no day of purchase to count from: at average cost, and of
    what was sold short. ``unrealised == value - cost``.
    """

    instrument: int
    lot: Lot
    value: Decimal | None
    unrealised: Decimal | None
    days: int | None
    term: Term | None


@dataclass(frozen=True, slots=True)
class ShownLot:
    """A lot as a page shows it, in the minor unit: cost and value add up to those of the position."""

    view: LotView
    cost: Decimal | None
    value: Decimal | None
    gain: Decimal | None
    ratio: Decimal | None


def lots(ledger: Ledger, valued: Valuation) -> Iterator[LotView]:
    """List the open lots of a valuation, instrument by instrument as first bought, each by acquisition."""
    views = {view.instrument: view for view in valued.positions}
    for instrument in book(ledger, valued.day).holdings:
        yield from of_position(ledger, views[instrument], valued.day)


def of_position(ledger: Ledger, view: PositionView, day: date) -> list[LotView]:
    """List the open lots of one position."""
    rule = rule_of(ledger.portfolio)
    dated = view.quantity > 0 and ledger.portfolio.cost_method != CostMethod.AVERAGE
    price = view.price.price if view.price else None
    with exact():
        unit = times(price, view.rate)
        values = [(lot, times(lot.quantity, unit)) for lot in view.lots]
        return [
            LotView(
                instrument=view.instrument,
                lot=lot,
                value=value,
                unrealised=minus(value, lot.cost_base),
                days=(day - lot.acquired).days if dated else None,
                term=rule.term(lot.acquired, day) if dated else None,
            )
            for lot, value in values
        ]


def shown(ledger: Ledger, valued: Valuation) -> list[tuple[PositionRow, list[ShownLot]]]:
    """Lay what is held out as a page does: each position with its lots."""
    rows = table(ledger, valued).held
    return [(row, _shown(ledger, row, of_position(ledger, row.view, valued.day))) for row in rows]


def _shown(ledger: Ledger, row: PositionRow, found: list[LotView]) -> list[ShownLot]:
    places = minor_units(ledger.base)
    costs = _rounded([one.lot.cost_base for one in found], places, row.cost)
    values = _rounded([one.value for one in found], places, row.value)
    return [
        ShownLot(
            view=one,
            cost=cost,
            value=value,
            gain=minus(value, cost),
            ratio=one.unrealised / abs(one.lot.cost_base) if one.unrealised and one.lot.cost_base else None,
        )
        for one, cost, value in zip(found, costs, values, strict=True)
    ]


def _rounded(amounts: list[Decimal | None], places: int, total: Decimal | None) -> list[Decimal | None]:
    """Round so that the parts add up to `total`; where one is unknown there is no total to add up to."""
    known = [one for one in amounts if one is not None]
    whole = total if len(known) == len(amounts) else None
    parts = iter(round_parts(known, places, whole))
    return [None if one is None else next(parts) for one in amounts]
