"""JSON shapes of figures: decimal strings, ISO dates, and a reason for each figure that is null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from core.money import plain, round_amount, round_parts
from market.models import Instrument
from portfolios.domain.allocation import Slice
from portfolios.domain.arrays import day_of
from portfolios.domain.book import Disposal, Problem
from portfolios.domain.corporate.moves import action_of
from portfolios.domain.entries import EntryId
from portfolios.domain.positions import PositionView
from portfolios.domain.reasons import Figure
from portfolios.domain.series import ValueSeries
from portfolios.domain.statement import Statement
from portfolios.selectors.cost_methods import MethodView
from portfolios.selectors.figures import Performance
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.lots import LotView
from portfolios.selectors.positions import quality_of_used
from portfolios.selectors.valuation import NetWorth, Valuation

SIGNIFICANT = 15
PLACES = 18
POSITION_AMOUNTS = (
    "quantity", "cost_basis", "cost_basis_quote", "average_cost", "charges", "market_value",
    "market_value_quote", "unrealised", "unrealised_price", "unrealised_currency", "realised",
    "realised_price", "realised_currency",
    "income", "fees", "taxes", "day_change", "rate",
)  # fmt: skip


def amount(value: Decimal | None) -> str | None:
    """Write an exact amount; one with more than 18 places is rounded half-up to them."""
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    too_fine = isinstance(exponent, int) and -exponent > PLACES
    return plain(round_amount(value, PLACES) if too_fine else value)


def ratio(value: float | Decimal | None) -> str | None:
    """Write a fraction (0.05 is 5 %) with 15 significant digits."""
    return None if value is None else plain(Decimal(format(value, f".{SIGNIFICANT}g")))


def figures(**named: Figure[Any]) -> dict[str, Any]:
    """Write figures by name, and under `reasons` why some are null."""
    shown: dict[str, Any] = {name: ratio(figure.value) for name, figure in named.items()}
    shown["reasons"] = {name: figure.reason.value for name, figure in named.items() if figure.reason}
    return shown


class Named(Protocol):
    """What figures are of: a ledger or a report of several; `base` is their currency."""

    @property
    def base(self) -> str: ...

    @property
    def instruments(self) -> Mapping[int, Instrument]: ...


def performance(found: Performance, currency: str, stated: Statement) -> dict[str, Any]:
    """Write the returns of a period; fractions, and money in `currency`, exact from its statement.

    `incomplete`: on some day a price or a rate was missing, and what needs it was left out. Where the
    statement leaves something out as a whole, the amounts are those of the daily values.
    """
    series = found.series
    return {
        "start": found.period.start,
        "end": found.period.end,
        "days": found.period.days,
        "currency": currency,
        **figures(
            time_weighted=found.time_weighted,
            time_weighted_annualised=found.annualised,
            money_weighted=found.money_weighted,
            simple=found.simple,
        ),
        **_amounts(series, stated),
        "incomplete": bool(series.incomplete.any()),
    }


def _amounts(series: ValueSeries, stated: Statement) -> dict[str, Any]:
    if stated.left_out:
        return {
            "opening_value": ratio(series.value[0]),
            "closing_value": ratio(series.value[-1]),
            "inflows": ratio(series.inflow[1:].sum()),
            "outflows": ratio(series.outflow[1:].sum()),
        }
    return {
        "opening_value": amount(stated.lines.opening),
        "closing_value": amount(stated.lines.closing),
        "inflows": amount(stated.inflows),
        "outflows": amount(stated.outflows),
    }


def series(found: Performance, currency: str) -> dict[str, Any]:
    """Write a period day by day: end-of-day value, flows of the day, cumulative return (null: undefined)."""
    rows = found.series
    columns = zip(
        rows.days,
        rows.value,
        rows.cash,
        rows.inflow,
        rows.outflow,
        found.cumulative,
        rows.incomplete,
        strict=True,
    )
    return {
        "currency": currency,
        "start": found.period.start,
        "end": found.period.end,
        "items": [
            {
                "date": day_of(day),
                "value": ratio(value),
                "cash": ratio(cash),
                "inflow": ratio(inflow),
                "outflow": ratio(outflow),
                "time_weighted": ratio(cumulative) if at < found.defined else None,
                "incomplete": bool(incomplete),
            }
            for at, (day, value, cash, inflow, outflow, cumulative, incomplete) in enumerate(columns)
        ],
    }


def statement(ledger: Named, found: Statement) -> dict[str, Any]:
    """Write where the change in value came from, in the portfolio's currency.

    What has more than 18 places is rounded together, so that what is written adds up exactly.
    """
    lines = found.lines.rounded(PLACES)
    by_rate, by_sale, by_cash = round_parts(
        [found.currency_of_unrealised, found.currency_of_realised, found.currency_of_cash],
        PLACES,
        lines.currency_effect,
    )
    inflows, outflows = round_parts([found.inflows, found.outflows.copy_negate()], PLACES, lines.net_flows)
    return {
        "start": found.start,
        "end": found.end,
        "currency": ledger.base,
        "opening_value": amount(lines.opening),
        "unrealised": amount(lines.unrealised),
        "realised": amount(lines.realised),
        "income": amount(lines.income),
        "fees": amount(lines.fees),
        "taxes": amount(lines.taxes),
        "currency_effect": amount(lines.currency_effect),
        "net_flows": amount(lines.net_flows),
        "closing_value": amount(lines.closing),
        "gain": amount(lines.gain()),
        "parts": {
            "currency_of_unrealised": amount(by_rate),
            "currency_of_realised": amount(by_sale),
            "currency_of_cash": amount(by_cash),
            "inflows": amount(inflows),
            "outflows": amount(outflows.copy_negate()),
        },
        "left_out": [
            {
                "instrument": None if gap.instrument is None else ledger.instruments[gap.instrument].uuid,
                "currency": gap.currency,
                "reason": gap.reason.value,
            }
            for gap in found.left_out
        ],
    }


def lot(ledger: Ledger, view: LotView) -> dict[str, Any]:
    """Write an open lot; `cost` in the instrument's currency, all other amounts in the portfolio's."""
    instrument, row = view.instrument, view.lot
    return {
        "instrument": ledger.instruments[instrument].uuid,
        "symbol": ledger.instruments[instrument].symbol,
        "transaction": row.entry_id,
        "acquired": row.acquired,
        "bought_as": None if (one := ledger.bought_as(instrument, row.entry_id)) is None else one.symbol,
        "quantity": amount(row.quantity),
        "cost": amount(row.cost),
        "cost_base": amount(row.cost_base),
        "charges": amount(row.charges),
        "market_value": amount(view.value),
        "unrealised": amount(view.unrealised),
        "days_held": view.days,
        "term": None if view.term is None else view.term.value,
        "currency": ledger.instruments[instrument].currency,
    }


def made_by(entry_id: EntryId | None) -> dict[str, Any]:
    """Name the transaction, or the corporate action, that a row comes from; null where it is the other."""
    action = None if entry_id is None else action_of(entry_id)
    return {"transaction": None if action else entry_id, "corporate_action": action}


def disposal(ledger: Ledger, row: Disposal) -> dict[str, Any]:
    """Write one matched sale: what a lot's part brought, cost and gained."""
    return {
        "instrument": ledger.instruments[row.instrument].uuid,
        "symbol": ledger.instruments[row.instrument].symbol,
        **made_by(row.entry_id),
        "date": row.day,
        "acquired": row.acquired,
        "acquired_by": row.lot_id,
        "quantity": amount(row.quantity),
        "proceeds": amount(row.proceeds),
        "proceeds_base": amount(row.proceeds_base),
        "cost": amount(row.cost),
        "cost_base": amount(row.cost_base),
        "price_gain": amount(row.price_gain),
        "currency_effect": amount(row.currency_effect),
        "acquisition_charges": amount(row.acquisition_charges),
        "charges": amount(row.charges),
        "currency": ledger.instruments[row.instrument].currency,
        "missing_acquisition": row.missing,
    }


def problems(ledger: Ledger, rows: Iterable[Problem]) -> list[dict[str, Any]]:
    """Write what could not be known, each with the day, entry, instrument or currency it is about."""
    return [
        {
            "kind": row.kind.value,
            "date": row.day,
            **made_by(row.entry_id),
            "instrument": None if row.instrument is None else ledger.instruments[row.instrument].uuid,
            "currency": row.currency,
            "quantity": amount(row.quantity),
        }
        for row in rows
    ]


def valuation(ledger: Ledger, found: Valuation) -> dict[str, Any]:
    """Write what a portfolio is worth, in its currency; what it holds and its cash make up `total`."""
    market_value, cash_value = round_parts([found.market_value, found.cash_value], PLACES, found.total)
    return {
        "date": found.day,
        "currency": ledger.base,
        "total": amount(found.total),
        "market_value": amount(market_value),
        "cash_value": amount(cash_value),
        "cost_basis": amount(found.cost_basis),
        "unrealised": amount(found.unrealised),
        "realised": amount(found.realised),
        "income": amount(found.income),
        "fees": amount(found.fees),
        "taxes": amount(found.taxes),
        "fees_in_basis": ledger.portfolio.fees_in_basis,
        "day_change": amount(found.day_change),
        "cash": [
            {"currency": row.currency, "amount": amount(row.amount), "value": amount(row.value)}
            for row in found.cash
        ],
        "as_of": found.as_of,
        "incomplete": found.incomplete,
        "problems": problems(ledger, found.problems),
    }


def position(ledger: Ledger, row: PositionView, day: date) -> dict[str, Any]:
    """Write one position on `day`; what ends in ``_quote``, `average_cost`, `price` are in its `currency`."""
    instrument = ledger.instruments[row.instrument]
    shown: dict[str, Any] = {
        "instrument": instrument.uuid,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "currency": row.currency,
        "price": amount(row.price.price) if row.price else None,
        "price_as_of": row.price.as_of if row.price else None,
        "price_at": row.price.at if row.price else None,
        "price_source": row.price.source if row.price else None,
        "price_quality": quality_of_used(row.price, day) if row.price else "missing",
        "delisted_on": ledger.delisted(row.instrument, day),
        "incomplete": row.incomplete,
        "reasons": {name: reason.value for name, reason in row.reasons.items()},
    }
    return shown | {name: amount(getattr(row, name)) for name in POSITION_AMOUNTS}


def allocation(
    day: date, currency: str, by: str, total: Decimal, slices: Iterable[Slice[str]]
) -> dict[str, Any]:
    """Write how a value in `currency` is spread; `share` is a fraction."""
    return {
        "date": day,
        "currency": currency,
        "by": by,
        "total": amount(total),
        "items": [{"key": row.key, "value": amount(row.value), "share": amount(row.share)} for row in slices],
    }


def net_worth(found: NetWorth) -> dict[str, Any]:
    """Write everything a user has, in their base currency, portfolio by portfolio."""
    return {
        "date": found.day,
        "currency": found.currency,
        "total": amount(found.total),
        "day_change": amount(found.day_change),
        "incomplete": found.incomplete,
        "portfolios": [
            {
                "id": part.portfolio.pk,
                "name": part.portfolio.name,
                "currency": part.portfolio.currency,
                "total": amount(part.total),
                "value": amount(part.value),
                "day_change": amount(part.day_change),
                "as_of": part.as_of,
                "incomplete": part.incomplete,
            }
            for part in found.parts
        ],
    }


def chart_points(days: np.ndarray, values: np.ndarray) -> list[list[str]]:
    """Write a series as ``[date, value]`` pairs."""
    return [[_iso(day), ratio(value) or "0"] for day, value in zip(days, values, strict=True)]


def _iso(number: Any) -> str:
    day: date = day_of(number)
    return day.isoformat()


def cost_methods(ledger: Ledger, day: date, views: Iterable[MethodView]) -> dict[str, Any]:
    """Write what each way to match lots says."""
    rows = [
        {
            "cost_method": str(one.method),
            "fees_in_basis": one.fees_in_basis,
            "in_use": one.in_use,
            "cost_basis": amount(one.cost_basis),
            "realised": amount(one.realised),
            "unrealised": amount(one.unrealised),
            "years": [{"year": year, "realised": amount(gain)} for year, gain in sorted(one.by_year.items())],
            "incomplete": one.incomplete,
        }
        for one in views
    ]
    return {"date": day.isoformat(), "currency": ledger.base, "methods": rows}
