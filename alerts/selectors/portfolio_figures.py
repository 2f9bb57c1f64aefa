"""The figures of a portfolio that clauses are about, as they are now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Final

from alerts.domain.portfolio_clauses import PortfolioFigures, drawdown, percent
from alerts.domain.rules import Kind
from market.domain.prices import Quality
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.positions import PositionView
from portfolios.models import AllocationTarget, Portfolio
from portfolios.selectors import figures, valuation
from portfolios.selectors.figures import Period
from portfolios.selectors.ledger import Ledger, load, today
from portfolios.selectors.positions import quality_of_used
from portfolios.selectors.valuation import Valuation

_HUNDRED: Final = Decimal(100)
_DAY: Final = timedelta(days=1)


def figures_of(portfolio: Portfolio, kinds: Collection[str]) -> PortfolioFigures:
    """Work out what clauses of some kinds ask of a portfolio; what hangs on a stale price is not known."""
    ledger = load(portfolio)
    day = today(portfolio)
    with exact():
        valued = valuation.at(ledger, day)
        cash = _cash(ledger, valued)
        if not _is_known(valued):
            return PortfolioFigures(cash=cash)
        return PortfolioFigures(
            value=valued.total,
            cash=cash,
            day_change=_day_change(ledger, valued) if Kind.PORTFOLIO_DAY_CHANGE in kinds else None,
            drawdown=_drawdown(ledger, valued) if Kind.PORTFOLIO_DRAWDOWN in kinds else None,
            weights=_weights(valued),
            of_total=_of(valued, valued.total),
            targets=_targets(portfolio) if Kind.WEIGHT_DRIFT in kinds else {},
        )


def _cash(ledger: Ledger, valued: Valuation) -> Decimal | None:
    known = ledger.tracks_cash and all(one.value is not None for one in valued.cash)
    return valued.cash_value if known else None


def _is_known(valued: Valuation) -> bool:
    """Tell whether everything that is held has a price that is not stale, and a rate."""
    held = [one for one in valued.positions if one.quantity]
    return not valued.incomplete and not any(_is_stale(one, valued) for one in held)


def _is_stale(view: PositionView, valued: Valuation) -> bool:
    return view.price is None or quality_of_used(view.price, valued.day) == Quality.STALE


def _day_change(ledger: Ledger, valued: Valuation) -> Decimal | None:
    if not ledger.entries:
        return None
    found = figures.performance(ledger, Period(valued.day - _DAY, valued.day)).time_weighted.value
    return None if found is None else percent(found)


def _drawdown(ledger: Ledger, valued: Valuation) -> Decimal | None:
    """Tell how far the time-weighted index is below its peak; None from a day on that began in debt."""
    if not ledger.entries:
        return None
    found = figures.performance(ledger, figures.inception(ledger, valued.day))
    if found.time_weighted.value is None or found.defined < len(found.cumulative):
        return None
    return drawdown(found.cumulative)


def _weights(valued: Valuation) -> dict[int, Decimal]:
    """Tell the share of each position in all that is worth something, in per cent."""
    worth = [one.market_value for one in valued.positions if one.quantity]
    worth += [one.value for one in valued.cash]
    return _of(valued, sum((one for one in worth if one is not None and one > 0), ZERO))


def _of(valued: Valuation, whole: Decimal) -> dict[int, Decimal]:
    if whole <= 0:
        return {}
    return {
        one.instrument: one.market_value / whole * _HUNDRED
        for one in valued.positions
        if one.quantity and one.market_value is not None
    }


def _targets(portfolio: Portfolio) -> dict[int, Decimal]:
    """Tell what share each instrument is to have, in per cent, where the portfolio says so."""
    rows = AllocationTarget.objects.filter(
        portfolio=portfolio, grouping=AllocationTarget.Grouping.INSTRUMENT, instrument__isnull=False
    )
    return {key: weight * _HUNDRED for key, weight in rows.values_list("instrument_id", "weight")}
