"""JSON shapes of the realised-gains report."""

from __future__ import annotations

from typing import Any

from portfolios.domain.exact import exact, plus
from portfolios.domain.realised import RealisedRow, TaxRule, YearTotals
from portfolios.payloads import amount, made_by, ratio
from portfolios.selectors.ledger import Ledger
from portfolios.selectors.realised import RealisedReport, label

YEAR_AMOUNTS = ("proceeds", "cost", "gain", "gains", "losses", "short", "long", "undated", "charges")


def report(ledger: Ledger, found: RealisedReport) -> dict[str, Any]:
    """Write the report without its rows: the rules it follows and the totals of each tax year."""
    portfolio = ledger.portfolio
    return {
        "currency": ledger.base,
        "cost_method": portfolio.cost_method,
        "fees_in_basis": portfolio.fees_in_basis,
        "tax_year_start": portfolio.tax_year_start,
        "long_after_days": portfolio.long_after_days,
        "years": [_year(found.rule, one) for one in found.years],
        "period": _totals(found.period) if found.period else None,
    }


def _year(rule: TaxRule, one: YearTotals) -> dict[str, Any]:
    return {"year": one.year, "label": label(rule, one.year), **_totals(one)}


def _totals(one: YearTotals) -> dict[str, Any]:
    return {
        "start": one.start,
        "end": one.end,
        "rows": one.rows,
        **{name: amount(getattr(one, name)) for name in YEAR_AMOUNTS},
        "unknown": one.unknown,
        "missing_acquisitions": one.missing,
    }


def row(ledger: Ledger, one: RealisedRow) -> dict[str, Any]:
    """Write one lot's part of one sale; all amounts in the portfolio's currency."""
    sold, instrument = one.disposal, ledger.instruments[one.disposal.instrument]
    made, purchase = made_by(one.sale), made_by(one.purchase)
    with exact():
        charges = plus(sold.acquisition_charges, sold.charges)
    return {
        "year": one.year,
        "instrument": instrument.uuid,
        "symbol": instrument.symbol,
        "isin": instrument.isin,
        "name": instrument.name,
        "sale": made["transaction"],
        "corporate_action": made["corporate_action"] or purchase["corporate_action"],
        "purchase": purchase["transaction"],
        "sold": one.sold,
        "acquired": one.acquired,
        "short_sale": one.short_sale,
        "days_held": one.days,
        "term": None if one.term is None else one.term.value,
        "quantity": amount(one.quantity),
        "proceeds": amount(one.proceeds),
        "cost": amount(one.cost),
        "gain": amount(one.gain),
        "return": ratio(one.ratio),
        "return_annualised": ratio(one.yearly),
        "price_gain": amount(sold.price_gain),
        "currency_effect": amount(sold.currency_effect),
        "charges": amount(charges),
        "missing_acquisition": sold.missing,
    }
