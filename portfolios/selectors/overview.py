"""Everything a user has, across their real portfolios, in their base currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from core.models import LIVE_WORLD
from core.templatetags.pieces import MAX_SLICES
from market.models import Instrument
from market.selectors import rates
from portfolios.domain.allocation import Slice, allocation
from portfolios.domain.arrays import Floats, Ints, day_number
from portfolios.domain.exact import ZERO, exact
from portfolios.domain.positions import PositionView
from portfolios.domain.prices import PriceUsed
from portfolios.selectors import valuation
from portfolios.selectors.benchmarks import stepped
from portfolios.selectors.figures import Period, daily, inception
from portfolios.selectors.positions import quality_of_used
from portfolios.selectors.valuation import NetWorth, NetWorthPart


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """One instrument across portfolios; amounts in the user's currency, None where one is unknown.

    `share` is the fraction of all that is worth something, cash included. `portfolios` holds it.
    """

    instrument: Instrument
    quantity: Decimal
    price: PriceUsed | None
    quality: str
    value: Decimal | None
    unrealised: Decimal | None
    day_change: Decimal | None
    share: Decimal | None
    portfolios: list[NetWorthPart]


def day_return(found: NetWorth) -> Decimal | None:
    """Tell the day's change as a fraction of what it was earned with; None where there was nothing."""
    before = found.total - found.day_change
    return found.day_change / before if before > 0 else None


def spread(found: NetWorth, by: str, tags: valuation.Tags = valuation.NO_TAGS) -> list[Slice[str]]:
    """Group everything as `valuation.GROUPINGS` allows; the shares add up to 1."""
    parts = [(one.ledger, one.valued, one.rate) for one in found.parts if one.rate is not None]
    return valuation.spread(parts, by, tags)


def shown(slices: Sequence[Slice[str]]) -> list[dict[str, Any]]:
    """Keep as many slices as the donut has colours; the small ones become one, what is owed stays."""
    owned = [one for one in slices if one.share is not None]
    rows = [{"label": one.key, "share": one.share, "value": one.value} for one in slices]
    if len(owned) <= MAX_SLICES:
        return rows
    rest = owned[MAX_SLICES - 1 :]
    other = {
        "label": _("%(number)s others") % {"number": len(rest)},
        "share": sum((one.share or ZERO for one in rest), ZERO),
        "value": sum((one.value for one in rest), ZERO),
    }
    return [*rows[: MAX_SLICES - 1], other, *(row for row in rows if row["share"] is None)]


def holdings(found: NetWorth) -> list[HoldingRow]:
    """List what is held by instrument, the largest value first; what has no price comes last."""
    groups: dict[int, list[tuple[NetWorthPart, PositionView]]] = defaultdict(list)
    for part in found.parts:
        for one in part.valued.positions:
            if one.quantity:
                groups[one.instrument].append((part, one))
    shares = _shares(found)
    with exact():
        rows = [_row(found.day, group, shares) for group in groups.values()]
    return sorted(rows, key=lambda row: (row.value is None, -(row.value or ZERO), row.instrument.symbol))


def _shares(found: NetWorth) -> dict[int | str, Decimal | None]:
    rows: list[tuple[int | str, Decimal]] = []
    with exact():
        for part in found.parts:
            if part.rate is None:
                continue
            rows += [
                (one.instrument, one.market_value * part.rate)
                for one in part.valued.positions
                if one.market_value
            ]
            rows += [("cash", one.value * part.rate) for one in part.valued.cash if one.value is not None]
    return {one.key: one.share for one in allocation(rows)}


def _row(
    day: date, group: list[tuple[NetWorthPart, PositionView]], shares: dict[int | str, Decimal | None]
) -> HoldingRow:
    part, first = group[0]
    price = first.price
    return HoldingRow(
        instrument=part.ledger.instruments[first.instrument],
        quantity=sum((one.quantity for _, one in group), ZERO),
        price=price,
        quality=quality_of_used(price, day) if price else "missing",
        value=_converted(group, "market_value"),
        unrealised=_converted(group, "unrealised"),
        day_change=_converted(group, "day_change"),
        share=shares.get(first.instrument),
        portfolios=[part for part, _ in group],
    )


def _converted(group: list[tuple[NetWorthPart, PositionView]], name: str) -> Decimal | None:
    total = ZERO
    for part, one in group:
        amount: Decimal | None = getattr(one, name)
        if amount is None or part.rate is None:
            return None
        total += amount * part.rate
    return total


def since(found: NetWorth) -> Period:
    """Tell the period from the first entry of any portfolio to today."""
    starts = [inception(part.ledger, found.day).start for part in found.parts if part.ledger.entries]
    return Period(min(starts, default=found.day), found.day)


def net_worth_series(user: Any, found: NetWorth, period: Period) -> tuple[Ints, Floats]:
    """Return the days of a period and what everything was worth at the end of each, base currency.

    Day numbers since 1970-01-01 and float64, both of shape (days + 1,). A portfolio without a rate on
    a day is left out of it.
    """
    days = np.arange(day_number(period.start), day_number(period.end) + 1, dtype=np.int64)
    total = np.zeros(len(days))
    currencies = {part.portfolio.currency for part in found.parts}
    table = rates.rate_table(user.pk, LIVE_WORLD, currencies, found.currency)
    for part in found.parts:
        series = daily(part.ledger, period.end)
        at = days - int(series.days[0])
        inside = (at >= 0) & (at < len(series.days))
        value = np.where(inside, series.value[np.clip(at, 0, len(series.days) - 1)], 0.0)
        total += np.nan_to_num(value * stepped(*table.series(part.portfolio.currency), days))
    return days, total
