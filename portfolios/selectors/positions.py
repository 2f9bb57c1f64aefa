"""The table of positions: amounts rounded together, so that its columns and rows add up as shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core import clock
from core.money import minor_units, round_amount, round_parts
from market.domain.prices import quality_of, quality_of_quote
from market.models import Instrument
from portfolios.domain.allocation import allocation
from portfolios.domain.exact import ZERO, minus
from portfolios.domain.positions import PositionView
from portfolios.domain.prices import TRADE, PriceUsed
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.valuation import Valuation

AMOUNTS = (
    "cost", "value", "unrealised", "unrealised_price", "unrealised_currency", "day_change", "realised",
    "income",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One line of the table; amounts in the portfolio's currency, in its minor unit, None: not known.

    ``unrealised == value - cost == unrealised_price + unrealised_currency``, as shown. `share` is the
    fraction of all that is worth something, `gain_ratio` the unrealised gain over its cost.
    """

    instrument: Instrument
    view: PositionView
    quality: str
    share: Decimal | None
    gain_ratio: Decimal | None
    cost: Decimal | None
    value: Decimal | None
    unrealised: Decimal | None
    unrealised_price: Decimal | None
    unrealised_currency: Decimal | None
    day_change: Decimal | None
    realised: Decimal | None
    income: Decimal | None


@dataclass(frozen=True, slots=True)
class PositionTable:
    """What is held, what was held, and the totals of what is held, by the name of the column."""

    held: list[PositionRow]
    closed: list[PositionRow]
    totals: dict[str, Decimal]


def table(ledger: Ledger, valued: Valuation) -> PositionTable:
    """Lay the positions of a valuation out as a table."""
    shares = _shares(valued)
    held = _rows(ledger, valued, [one for one in valued.positions if one.quantity], shares)
    closed = _rows(ledger, valued, [one for one in valued.positions if not one.quantity], shares)
    return PositionTable(held, closed, _totals(held))


def _totals(rows: list[PositionRow]) -> dict[str, Decimal]:
    return {name: sum((getattr(row, name) or ZERO for row in rows), ZERO) for name in AMOUNTS}


def _shares(valued: Valuation) -> dict[int | None, Decimal | None]:
    rows: list[tuple[int | None, Decimal]] = [
        (one.instrument, one.market_value) for one in valued.positions if one.market_value is not None
    ]
    rows += [(None, one.value) for one in valued.cash if one.value is not None]
    return {one.key: one.share for one in allocation(rows)}


def _rows(
    ledger: Ledger, valued: Valuation, views: list[PositionView], shares: dict[int | None, Decimal | None]
) -> list[PositionRow]:
    places = minor_units(ledger.base)
    columns = {
        name: _rounded(views, read, places)
        for name, read in (
            ("cost", lambda one: one.cost_basis),
            ("value", lambda one: one.market_value),
            ("day_change", lambda one: one.day_change),
            ("realised", lambda one: one.realised),
            ("income", lambda one: one.income),
        )
    }
    return [
        _row(ledger, valued, one, {name: column[at] for name, column in columns.items()}, shares)
        for at, one in enumerate(views)
    ]


def _rounded(
    views: list[PositionView], read: Callable[[PositionView], Decimal | None], places: int
) -> list[Decimal | None]:
    """Round a column by largest remainder; what is not known stays so."""
    amounts = [read(one) for one in views]
    parts = iter(round_parts([one for one in amounts if one is not None], places))
    return [None if one is None else next(parts) for one in amounts]


def _row(
    ledger: Ledger,
    valued: Valuation,
    view: PositionView,
    shown: dict[str, Decimal | None],
    shares: dict[int | None, Decimal | None],
) -> PositionRow:
    unrealised = minus(shown["value"], shown["cost"])
    by_price = view.unrealised_price
    price_part = None if by_price is None else round_amount(by_price, minor_units(ledger.base))
    return PositionRow(
        instrument=ledger.instruments[view.instrument],
        view=view,
        quality=quality(view, valued),
        share=shares.get(view.instrument) if view.quantity else None,
        gain_ratio=_ratio(view.unrealised, view.cost_basis),
        unrealised=unrealised,
        unrealised_price=None if unrealised is None else price_part,
        unrealised_currency=minus(unrealised, price_part),
        **shown,
    )


def quality(view: PositionView, valued: Valuation) -> str:
    """Tell how sure a position's price is; ``missing`` where there is none, ``manual`` for an own trade's."""
    return "missing" if view.price is None else quality_of_used(view.price, valued.day)


def quality_of_used(price: PriceUsed, day: date) -> str:
    """Tell how sure a price is that is used for `day`; ``manual`` for an own trade's."""
    if price.at is not None:
        return quality_of_quote(price.quality, price.at, price.as_of, clock.now())
    return quality_of("manual" if price.source == TRADE else price.source, price.as_of, day)


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return part / whole if part is not None and whole else None
